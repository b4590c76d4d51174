/*
What    rates of dropout, transfer, suspension, retention, progression and graduation by the ministry's definitions
Grain   school_year, level, unit_id, stage, indicator
For     WH-05
Test    unique(school_year, level, unit_id, stage, indicator)
Test    not_null(school_year, counted_on, level, unit_id, stage, indicator, numerator, denominator, complete)
Test    accepted(level, province, prefecture, county, school)
Test    accepted(stage, 小学, 初中, 高中, 义务教育, 全部)
Test    accepted(indicator, dropout_net, dropout_persons, dropout_registered, transfer_in, transfer_out, net_transfer, suspension, resumption, retention, progression, graduation, completion, repetition, promotion)
Test    no_rows: select * from rates where (value is null) <> (denominator = 0)
Column school_year: the statistical school year (1 September to 31 August unless the policy says otherwise), 2013-2014
Column counted_on: the day on which its start was counted (统计时点)
Column complete: whether the year was over on the run's day; a running year shows what has happened so far
Column level: province, prefecture, county or school
Column unit_id: the unit, as in `units`
Column stage: 小学, 初中, 高中, 义务教育 (the first two together) or 全部
Column indicator: what is measured; docs/definitions.md has every formula
Column numerator: persons or movements
Column denominator: persons
Column value: numerator ÷ denominator (1 is 100 %); none where the denominator is 0
*/
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
    all_rates.last_day <= _run.day as complete,
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
cross join _run
where all_rates.numerator <> 0 or all_rates.denominator <> 0
