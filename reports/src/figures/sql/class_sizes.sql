with

names as (select school_id, class_id, min(name) as name from classes group by school_id, class_id),
sizes as (select * from class_sizes where {within})

select
    sizes.school_id,
    sizes.class_id,
    names.name,
    sizes.grade,
    sizes.stage,
    sizes.pupils,
    sizes.standard,
    sizes.grading,
    sizes.excess
from sizes
left join names on sizes.school_id = names.school_id and sizes.class_id = names.class_id
