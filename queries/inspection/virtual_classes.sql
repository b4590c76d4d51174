/*
What    classes that look like none: nobody leads them, or nobody sits in them
Grain   county_id, school_id, class_id, signal
For     CLS-02
Test    unique(school_id, class_id, signal)
Test    not_null(county_id, school_id, class_id, signal, pupils)
Test    accepted(signal, no_homeroom_teacher, empty)
Column county_id: the county-level unit the school is counted under
Column school_id: 学校标识码
Column class_id: 班号
Column signal: no_homeroom_teacher (班主任 not stated) or empty (no pupil 在读)
Column pupils: headcount on the run's day
*/
with

numbered as (

    select classes.*, row_number() over (partition by school_id, class_id order by source_day desc, source) as nth
    from classes

),

leaderless as (

    select school_id, class_id
    from numbered
    where nth = 1 and (homeroom_teacher is null or trim(homeroom_teacher) = '')

)

select sizes.county_id, sizes.school_id, sizes.class_id, 'no_homeroom_teacher' as signal, sizes.pupils
from class_sizes as sizes
inner join leaderless on sizes.school_id = leaderless.school_id and sizes.class_id = leaderless.class_id

union all

select county_id, school_id, class_id, 'empty' as signal, pupils
from class_sizes
where pupils = 0
