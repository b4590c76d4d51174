/*
What    flows by statistical school year as each unit of the tree sees them, with the stages summed up
Grain   school_year, phase, level, unit_id, stage, kind, direction, grade, status, other_status, inside
For     WH-05
*/
with

dated as (

    select
        years.school_year,
        case
            when flows.effective_on = years.first_day then 'start'
            when date_part('month', flows.effective_on) >= 9 then 'autumn'
            when date_part('month', flows.effective_on) = 8 then 'august'
            else 'later'
        end as phase,
        flows.*

    from flows
    inner join _statistics_years as years on statistics_year(flows.effective_on) = years.school_year

),

summed as (

    select
        school_year, phase, kind, direction, school_id, stage, grade, status, other_school_id, other_status,
        sum(movements) as movements,
        sum(net) as net

    from dated
    group by school_year, phase, kind, direction, school_id, stage, grade, status, other_school_id, other_status

),

seen as (

    select
        summed.*,
        levels.level,
        case levels.level
            when 'school' then here.school_id
            when 'county' then here.county_id
            when 'prefecture' then here.prefecture_id
            else here.province_id
        end as unit_id,
        case levels.level
            when 'school' then there.school_id
            when 'county' then there.county_id
            when 'prefecture' then there.prefecture_id
            else there.province_id
        end as other_unit_id

    from summed
    inner join places as here on summed.school_id = here.school_id
    left join places as there on summed.other_school_id = there.school_id
    cross join levels

)

select
    seen.school_year,
    seen.phase,
    seen.level,
    seen.unit_id,
    groups.stage_group as stage,
    seen.kind,
    seen.direction,
    seen.grade,
    seen.status,
    seen.other_status,
    (seen.unit_id is not distinct from seen.other_unit_id) as inside,
    sum(seen.movements) as movements,
    sum(seen.net) as net

from seen
inner join _stage_groups as groups on seen.stage = groups.stage
group by
    seen.school_year, seen.phase, seen.level, seen.unit_id, groups.stage_group, seen.kind, seen.direction,
    seen.grade, seen.status, seen.other_status, (seen.unit_id is not distinct from seen.other_unit_id)
