/*
What    each class on the run's day: its pupils 在读 against the standard of its stage and kind of school
Grain   prefecture_id, county_id, school_id, class_id
For     WH-06, CLS-01
Test    unique(school_id, class_id)
Test    not_null(prefecture_id, county_id, school_id, class_id, grade, stage, pupils, standard, grading, excess)
Test    accepted(grading, within, over, large, oversize)
Test    no_rows: with classed as (select school_id, sum(pupils) as pupils from class_sizes group by school_id),
          counted as (select school_id, sum(pupils) as pupils from enrolment group by school_id)
          select * from classed full outer join counted on classed.school_id = counted.school_id
          where coalesce(classed.pupils, 0) <> coalesce(counted.pupils, 0)
Column prefecture_id: the prefecture the school is counted under
Column county_id: the county-level unit the school is counted under
Column school_id: 学校标识码
Column class_id: 班号
Column class_name: 班级名称; none where no source names the class any more
Column grade: 年级 of the class
Column stage: 学段 of the class
Column pupils: headcount; 0 for a class that stands empty
Column standard: 标准班额 of the stage and the kind of school by the policy
Column grading: within, over (above the standard), large (大班额) or oversize (超大班额) by the policy's limits
Column excess: pupils above the standard
*/
with

numbered as (

    select classes.*, row_number() over (partition by school_id, class_id order by source_day desc, source) as nth
    from classes

),

named as (select school_id, class_id, name, grade, stage from numbered where nth = 1),

counted as (

    select
        ledger.school_id,
        ledger.class_id,
        max(ledger.grade) as grade,
        max(ledger.stage) as stage,
        sum(ledger.sign) as pupils

    from ledger
    cross join _run
    where ledger.status = '在读' and ledger.effective_on <= _run.day
    group by ledger.school_id, ledger.class_id

),

filled as (

    select
        coalesce(named.school_id, counted.school_id) as school_id,
        coalesce(named.class_id, counted.class_id) as class_id,
        named.name as class_name,
        coalesce(named.grade, counted.grade) as grade,
        coalesce(named.stage, counted.stage) as stage,
        coalesce(counted.pupils, 0) as pupils

    from named
    full outer join counted on named.school_id = counted.school_id and named.class_id = counted.class_id
    where named.class_id is not null or counted.pupils <> 0

)

select
    ---------- keys
    coalesce(places.prefecture_id, '未知') as prefecture_id,
    coalesce(places.county_id, '未知') as county_id,
    filled.school_id,
    filled.class_id,
    filled.class_name,
    filled.grade,
    filled.stage,
    ---------- counts
    filled.pupils,
    policy.standard,
    greatest(filled.pupils - policy.standard, 0) as excess,
    ---------- category
    case
        when policy.oversize_from <= filled.pupils then 'oversize'
        when policy.large_from <= filled.pupils then 'large'
        when policy.standard < filled.pupils then 'over'
        else 'within'
    end as grading

from filled
left join places on filled.school_id = places.school_id
inner join _class_size_policy as policy
    on filled.stage = policy.stage and (coalesce(places.school_kind, '') = '教学点') = policy.teaching_point
