select
    class_sizes.county_id, class_sizes.school_id, schools.name as school, class_sizes.class_id, class_sizes.stage, class_sizes.grade,
    class_sizes.pupils, class_sizes.standard, class_sizes.excess, class_sizes.grading
from class_sizes
left join schools on class_sizes.school_id = schools.school_id
where class_sizes.grading <> 'within'
order by class_sizes.excess desc, class_sizes.school_id, class_sizes.class_id
