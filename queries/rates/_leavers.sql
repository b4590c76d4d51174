/*
What    persons who left before finishing (辍学 by the persons' definition), by unit, stage and statistical school year
Grain   school_year, level, unit_id, stage
For     WH-05
*/
with

entries as (

    select
        ledger.*,
        (ledger.sign > 0) <> ledger.reverses as enters,
        case when ledger.reverses then -1 else 1 end as times

    from ledger
    cross join _run
    where ledger.effective_on <= _run.day

),

-- A transfer that has left and not arrived counts; its arrival in the same year takes it back.
gone as (

    select statistics_year(effective_on) as school_year, pupil_id, school_id, stage
    from entries
    where (status = '在读' and not enters and kind in ('辍学', '休学', '退学', '肄业', '无据消失'))
        or (status = '转出' and (kind = '省内转学' or not enters))
    group by statistics_year(effective_on), pupil_id, school_id, stage
    having sum(case when status = '转出' then sign else times end) > 0

),

seen as (

    select
        gone.school_year,
        gone.pupil_id,
        levels.level,
        case levels.level
            when 'school' then places.school_id
            when 'county' then places.county_id
            when 'prefecture' then places.prefecture_id
            else places.province_id
        end as unit_id,
        groups.stage_group as stage

    from gone
    inner join places on gone.school_id = places.school_id
    inner join _stage_groups as groups on gone.stage = groups.stage
    cross join levels

)

select school_year, level, unit_id, stage, count(distinct pupil_id) as persons
from seen
group by school_year, level, unit_id, stage
