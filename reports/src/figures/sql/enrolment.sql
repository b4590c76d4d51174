select school_id, stage, grade, sex, sum(pupils) as pupils
from enrolment
where {within}
group by school_id, stage, grade, sex
