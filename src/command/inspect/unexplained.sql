select
    unexplained.county_id, unexplained.school_id, schools.name as school, unexplained.class_id, unexplained.grade, unexplained.pupil_id,
    unexplained.kind, unexplained.effective_on, unexplained.status, unexplained.other_school_id, unexplained.other_status
from unexplained
left join schools on unexplained.school_id = schools.school_id
order by unexplained.county_id, unexplained.school_id, unexplained.effective_on, unexplained.pupil_id
