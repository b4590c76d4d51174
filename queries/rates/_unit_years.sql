/*
What    what happened in each unit and stage in each statistical school year, and what it added to the stocks
Grain   school_year, level, unit_id, stage
For     WH-05
*/
with

marked as (

    select
        _unit_flows.*,
        phase = 'start' or kind = '期初' as opens,
        grade in (1, 7, 10) as first_grade,
        grade in (6, 9, 12) as leaving_grade,
        status in ('在读', '休学', '辍学保留') as registered

    from _unit_flows

)

select
    ---------- keys
    school_year,
    level,
    unit_id,
    stage,
    ---------- stocks: what the start of the year (and openings in it) adds, and what the whole year adds
    sum(case when status = '在读' and opens then net else 0 end) as enrolled_start,
    sum(case when status = '在读' then net else 0 end) as enrolled_net,
    sum(case when status = '休学' and opens then net else 0 end) as suspended_start,
    sum(case when status = '休学' then net else 0 end) as suspended_net,
    sum(case when status = '辍学保留' then net else 0 end) as dropped_net,
    sum(case when status = '在读' and first_grade and opens then net else 0 end) as first_start,
    sum(case when status = '在读' and first_grade then net else 0 end) as first_net,
    sum(case when status = '在读' and leaving_grade and opens then net else 0 end) as leaving_start,
    sum(case when status = '在读' and leaving_grade then net else 0 end) as leaving_net,
    ---------- transfers over the unit's border
    sum(case when registered and direction = 'in' and not inside and kind in ('省内转学', '跨省转入', '跨境转入')
        then movements else 0 end) as transfer_in,
    sum(case
            when direction = 'out' and not inside and kind = '省内转学' then movements
            when direction = 'out' and registered and kind in ('跨省转出', '跨境转出') then movements
            else 0
        end) as transfer_out,
    ---------- other movements
    sum(case when status = '在读' and direction = 'out' and kind = '休学' then movements else 0 end) as suspension,
    sum(case when status = '在读' and direction = 'in' and kind = '复学' then movements else 0 end) as resumption,
    sum(case
            when status = '在读' and direction = 'out' and kind = '毕业' then movements
            when status = '在读' and direction = 'out' and kind = '升级' and leaving_grade then movements
            else 0
        end) as graduation,
    sum(case when status = '在读' and direction = 'out' and kind = '结业' then movements else 0 end) as completion,
    sum(case when status = '在读' and direction in ('in', 'within') and kind = '留级' then movements else 0 end) as repetition,
    sum(case when status = '在读' and direction = 'out' and kind in ('升级', '跳级') then movements else 0 end) as promotion,
    sum(case
            when status <> '在读' or direction = 'within' then 0
            when kind in ('招生入学', '期初', '升级', '留级', '跳级', '调班', '毕业', '结业', '基本信息变更', '关键信息变更') then 0
            when direction = 'out' then movements
            else -movements
        end) as net_loss,
    ---------- entrants of the stage's first grade
    sum(case when status = '在读' and direction = 'in' and kind in ('招生入学', '升级') and first_grade and phase = 'august'
        then movements else 0 end) as entered_in_august,
    sum(case when status = '在读' and direction = 'in' and kind in ('招生入学', '升级') and first_grade and phase in ('start', 'autumn')
        then movements else 0 end) as entered_in_autumn

from marked
group by school_year, level, unit_id, stage
