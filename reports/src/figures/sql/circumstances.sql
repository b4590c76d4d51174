select
    school_id,
    sum(case when study_mode = '住校' then pupils else 0 end) as boarding,
    sum(case when migrant = '是' then pupils else 0 end) as migrant,
    sum(case when left_behind = '是' then pupils else 0 end) as left_behind,
    sum(case when disability is not null and disability not in ('', '无', '无残疾') then pupils else 0 end) as disabled
from enrolment
where {within}
group by school_id
