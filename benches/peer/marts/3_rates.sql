-- ==> _stage_groups: the stages for which rates are given: each 学段 by itself, 义务教育 and 全部
select '小学' as stage, '小学' as stage_group
union all select '小学', '义务教育'
union all select '小学', '全部'
union all select '初中', '初中'
union all select '初中', '义务教育'
union all select '初中', '全部'
union all select '高中', '高中'
union all select '高中', '全部'

-- ==> _unit_flows: flows by statistical school year as each unit of the tree sees them, with the stages summed up
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

-- ==> _unit_years: what happened in each unit and stage in each statistical school year, and what it added to the stocks
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

-- ==> _measures: the numbers rates are made of: stocks at the start of each statistical school year and the movements in it
select
    ---------- keys
    years.school_year,
    years.first_day as counted_on,
    years.last_day,
    years.year_number,
    units.level,
    units.unit_id,
    units.stage,
    ---------- stocks
    sum(case when units.school_year < years.school_year then units.enrolled_net else units.enrolled_start end) as enrolled,
    sum(case when units.school_year < years.school_year then units.suspended_net else units.suspended_start end) as suspended,
    sum(case when units.school_year < years.school_year then units.first_net else units.first_start end) as first_grade,
    sum(case when units.school_year < years.school_year then units.leaving_net else units.leaving_start end) as leaving_grade,
    sum(units.dropped_net) as dropped,
    ---------- movements of the year
    sum(case when units.school_year = years.school_year then units.transfer_in else 0 end) as transfer_in,
    sum(case when units.school_year = years.school_year then units.transfer_out else 0 end) as transfer_out,
    sum(case when units.school_year = years.school_year then units.suspension else 0 end) as suspension,
    sum(case when units.school_year = years.school_year then units.resumption else 0 end) as resumption,
    sum(case when units.school_year = years.school_year then units.graduation else 0 end) as graduation,
    sum(case when units.school_year = years.school_year then units.completion else 0 end) as completion,
    sum(case when units.school_year = years.school_year then units.repetition else 0 end) as repetition,
    sum(case when units.school_year = years.school_year then units.promotion else 0 end) as promotion,
    sum(case when units.school_year = years.school_year then units.net_loss else 0 end) as net_loss,
    sum(case when units.school_year = years.school_year then units.entered_in_august else 0 end) as entered_in_august,
    sum(case when units.school_year = years.school_year then units.entered_in_autumn else 0 end) as entered_in_autumn
from _unit_years as units
inner join _statistics_years as years on units.school_year <= years.school_year
group by
    years.school_year, years.first_day, years.last_day, years.year_number, units.level, units.unit_id, units.stage

-- ==> _leavers: persons who left before finishing (辍学 by the persons' definition), by unit, stage and statistical school year
with
entries as (
    select
        ledger.*,
        (ledger.sign > 0) <> ledger.reverses as enters,
        case when ledger.reverses then -1 else 1 end as times
    from ledger
    where ledger.effective_on <= getvariable('day')
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

-- ==> rates: rates of dropout, transfer, suspension, retention, progression and graduation by the ministry's definitions
-- test unique(school_year, level, unit_id, stage, indicator)
-- test not_null(school_year, counted_on, level, unit_id, stage, indicator, numerator, denominator, complete)
-- test accepted(level, province, prefecture, county, school)
-- test accepted(stage, 小学, 初中, 高中, 义务教育, 全部)
-- test accepted(indicator, dropout_net, dropout_persons, dropout_registered, transfer_in, transfer_out, net_transfer, suspension, resumption, retention, progression, graduation, completion, repetition, promotion)
-- test no_rows: select * from rates where (value is null) <> (denominator = 0)
with
indicators as (
    select 'dropout_net' as indicator
    union all select 'dropout_persons'
    union all select 'dropout_registered'
    union all select 'transfer_in'
    union all select 'transfer_out'
    union all select 'net_transfer'
    union all select 'suspension'
    union all select 'resumption'
    union all select 'graduation'
    union all select 'completion'
    union all select 'repetition'
    union all select 'promotion'
),
yearly as (
    select
        measures.school_year, measures.counted_on, measures.last_day,
        measures.level, measures.unit_id, measures.stage, indicators.indicator,
        case indicators.indicator
            when 'dropout_net' then measures.net_loss
            when 'dropout_persons' then coalesce(leavers.persons, 0)
            when 'dropout_registered' then measures.dropped
            when 'transfer_in' then measures.transfer_in
            when 'transfer_out' then measures.transfer_out
            when 'net_transfer' then measures.transfer_in - measures.transfer_out
            when 'suspension' then measures.suspension
            when 'resumption' then measures.resumption
            when 'graduation' then measures.graduation
            when 'completion' then measures.completion
            when 'repetition' then measures.repetition
            else measures.promotion
        end as numerator,
        case
            when indicators.indicator = 'resumption' then measures.suspended
            when indicators.indicator in ('graduation', 'completion') then measures.leaving_grade
            else measures.enrolled
        end as denominator
    from _measures as measures
    cross join indicators
    left join _leavers as leavers
        on measures.school_year = leavers.school_year
        and measures.level = leavers.level
        and measures.unit_id = leavers.unit_id
        and measures.stage = leavers.stage
),
spans as (
    select '小学' as stage, 5 as years
    union all select '初中', 2
    union all select '高中', 2
    union all select '义务教育', 8
),
next_stages as (select '小学' as stage, '初中' as next_stage union all select '初中', '高中'),
-- The leaving class of a stage against the entering class of its cohort; compulsory education joins grade 9 to grade 1.
cohorts as (
    select
        leaving.school_year, leaving.counted_on, leaving.last_day, leaving.level, leaving.unit_id, spans.stage,
        leaving.leaving_grade as numerator,
        entering.first_grade as denominator
    from spans
    inner join _measures as leaving
        on leaving.stage = case spans.stage when '义务教育' then '初中' else spans.stage end
    inner join _measures as entering
        on entering.stage = case spans.stage when '义务教育' then '小学' else spans.stage end
        and entering.level = leaving.level
        and entering.unit_id = leaving.unit_id
        and entering.year_number = leaving.year_number - spans.years
    where entering.first_grade > 0
),
-- Who finished in the year against who entered the next stage in August of it or in the autumn after it.
successions as (
    select
        finished.school_year, finished.counted_on, finished.last_day, finished.level, finished.unit_id, finished.stage,
        coalesce(ended.entered_in_august, 0) + coalesce(began.entered_in_autumn, 0) as numerator,
        finished.graduation as denominator
    from _measures as finished
    inner join next_stages on finished.stage = next_stages.stage
    inner join _statistics_years as following on following.year_number = finished.year_number + 1
    left join _measures as ended
        on ended.stage = next_stages.next_stage
        and ended.level = finished.level
        and ended.unit_id = finished.unit_id
        and ended.year_number = finished.year_number
    left join _measures as began
        on began.stage = next_stages.next_stage
        and began.level = finished.level
        and began.unit_id = finished.unit_id
        and began.year_number = following.year_number
    where finished.level <> 'school' and finished.graduation > 0
),
all_rates as (
    select school_year, counted_on, last_day, level, unit_id, stage, indicator, numerator, denominator from yearly
    union all
    select school_year, counted_on, last_day, level, unit_id, stage, 'retention', numerator, denominator from cohorts
    union all
    select school_year, counted_on, last_day, level, unit_id, stage, 'progression', numerator, denominator from successions
)
select
    ---------- keys
    all_rates.school_year,
    all_rates.counted_on,
    all_rates.last_day <= getvariable('day') as complete,
    all_rates.level,
    all_rates.unit_id,
    all_rates.stage,
    all_rates.indicator,
    ---------- figures
    all_rates.numerator,
    all_rates.denominator,
    case when all_rates.denominator <> 0
        then cast(all_rates.numerator as double) / cast(all_rates.denominator as double)
    end as value
from all_rates
where all_rates.numerator <> 0 or all_rates.denominator <> 0
