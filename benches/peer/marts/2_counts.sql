-- ==> enrolment: headcount of pupils 在读 on the run's day, by school and every dimension
-- test unique(prefecture_id, county_id, school_id, central_school_id, school_kind, ownership, urban_rural, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability)
-- test not_null(prefecture_id, county_id, school_id, central_school_id, stage, grade, sex, ethnicity, pupils)
-- test accepted(stage, 小学, 初中, 高中)
-- test relates_to(school_id, places.school_id)
-- test no_rows: select * from enrolment where pupils < 0
select
    ---------- place
    places.prefecture_id,
    places.county_id,
    places.school_id,
    places.central_school_id,
    places.school_kind,
    places.ownership,
    places.urban_rural,
    ---------- schooling
    ledger.stage,
    ledger.grade,
    ---------- person
    ledger.sex,
    ledger.ethnicity,
    ledger.hukou_kind,
    ledger.study_mode,
    ledger.migrant,
    ledger.left_behind,
    ledger.disability,
    ---------- count
    sum(ledger.sign) as pupils
from ledger
inner join places on ledger.school_id = places.school_id
where ledger.status = '在读'
    and ledger.effective_on <= getvariable('day')
group by
    places.prefecture_id, places.county_id, places.school_id, places.central_school_id, places.school_kind,
    places.ownership, places.urban_rural, ledger.stage, ledger.grade, ledger.sex, ledger.ethnicity,
    ledger.hukou_kind, ledger.study_mode, ledger.migrant, ledger.left_behind, ledger.disability
having sum(ledger.sign) <> 0

-- ==> class_sizes: each class on the run's day: its pupils 在读 against the standard of its stage
-- test unique(school_id, class_id)
-- test not_null(prefecture_id, county_id, school_id, class_id, grade, stage, pupils, standard, grading, excess)
-- test accepted(grading, within, over, large, oversize)
-- test no_rows: with classed as (select school_id, sum(pupils) as pupils from class_sizes group by school_id), counted as (select school_id, sum(pupils) as pupils from enrolment group by school_id) select * from classed full outer join counted on classed.school_id = counted.school_id where coalesce(classed.pupils, 0) <> coalesce(counted.pupils, 0)
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
    where ledger.status = '在读' and ledger.effective_on <= getvariable('day')
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

-- ==> movements: how many pupils entered and left the enrolled (在读) of each school and grade, month by month and by kind
-- test unique(school_year, month, kind, explained, direction, school_id, stage, grade)
-- test not_null(school_year, month, kind, explained, direction, prefecture_id, county_id, school_id, stage, grade, pupils)
-- test accepted(direction, in, out)
-- test relates_to(school_id, places.school_id)
with
crossing as (
    select effective_on, kind, explained, direction, school_id, stage, grade, movements as pupils
    from flows
    where status = '在读' and direction <> 'within'
),
-- School, grade and status stayed, the stage was corrected: rare, but without it the balance would not close.
restaged_net as (
    select effective_on, kind, explained, school_id, stage, grade, sum(net) as net
    from flows
    where status = '在读' and direction = 'within' and net <> 0
    group by effective_on, kind, explained, school_id, stage, grade
),
restaged as (
    select
        effective_on, kind, explained,
        case when net > 0 then 'in' else 'out' end as direction,
        school_id, stage, grade,
        case when net > 0 then net else -net end as pupils
    from restaged_net
),
crossings as (select * from crossing union all select * from restaged),
dated as (
    select
        school_year(effective_on) as school_year,
        strftime(effective_on, '%Y-%m') as month,
        kind, explained, direction, school_id, stage, grade, pupils
    from crossings
)
select
    ---------- keys
    dated.school_year,
    dated.month,
    dated.kind,
    dated.explained,
    dated.direction,
    places.prefecture_id,
    places.county_id,
    dated.school_id,
    dated.stage,
    dated.grade,
    ---------- count
    sum(dated.pupils) as pupils
from dated
inner join places on dated.school_id = places.school_id
group by
    dated.school_year, dated.month, dated.kind, dated.explained, dated.direction,
    places.prefecture_id, places.county_id, dated.school_id, dated.stage, dated.grade
having sum(dated.pupils) <> 0

-- ==> balance: 在校生变动情况: opening + in − out = closing, by school, stage and grade for every school year up to the run's day
-- test unique(school_year, school_id, stage, grade, line)
-- test not_null(school_year, prefecture_id, county_id, school_id, stage, grade, line, pupils)
-- test balances(line, pupils by school_year, school_id, stage, grade)
-- test balances(line, pupils by school_year, county_id)
-- test balances(line, pupils by school_year)
-- test no_rows: with closing as (select year.next_year, b.school_id, b.stage, b.grade, b.pupils from balance b inner join (select school_year, lead(school_year) over (order by first_day) as next_year from _school_years) year on b.school_year = year.school_year where b.line = 'closing' and year.next_year is not null), opening as (select school_year, school_id, stage, grade, pupils from balance where line = 'opening') select * from closing full outer join opening on closing.next_year = opening.school_year and closing.school_id = opening.school_id and closing.stage = opening.stage and closing.grade = opening.grade where coalesce(closing.pupils, 0) <> coalesce(opening.pupils, 0)
-- test no_rows: with closing as (select b.school_id, b.stage, b.grade, b.pupils from balance b where b.line = 'closing' and b.school_year = (select max(school_year) from _school_years)), counted as (select school_id, stage, grade, sum(pupils) as pupils from enrolment group by school_id, stage, grade) select * from closing full outer join counted on closing.school_id = counted.school_id and closing.stage = counted.stage and closing.grade = counted.grade where coalesce(closing.pupils, 0) <> coalesce(counted.pupils, 0)
with
moved as (
    select
        school_year, prefecture_id, county_id, school_id, stage, grade, kind, direction,
        sum(pupils) as pupils
    from movements
    group by school_year, prefecture_id, county_id, school_id, stage, grade, kind, direction
),
yearly as (
    select
        school_year, prefecture_id, county_id, school_id, stage, grade,
        sum(case when direction = 'in' then pupils else -pupils end) as net
    from moved
    group by school_year, prefecture_id, county_id, school_id, stage, grade
),
stocks as (
    select
        years.school_year, yearly.prefecture_id, yearly.county_id, yearly.school_id, yearly.stage, yearly.grade,
        sum(case when yearly.school_year < years.school_year then yearly.net else 0 end) as opening,
        sum(yearly.net) as closing
    from yearly
    inner join _school_years as years on yearly.school_year <= years.school_year
    group by
        years.school_year, yearly.prefecture_id, yearly.county_id, yearly.school_id, yearly.stage, yearly.grade
),
ends as (select 'opening' as line union all select 'closing'),
stock_lines as (
    select
        stocks.school_year, stocks.prefecture_id, stocks.county_id, stocks.school_id, stocks.stage, stocks.grade,
        ends.line,
        case ends.line when 'opening' then stocks.opening else stocks.closing end as pupils
    from stocks
    cross join ends
)
select school_year, prefecture_id, county_id, school_id, stage, grade, line, pupils
from stock_lines
where pupils <> 0
union all
select
    school_year, prefecture_id, county_id, school_id, stage, grade,
    concat(direction, ':', kind) as line,
    pupils
from moved
where pupils <> 0

-- ==> transfer_flows: transfers between counties, and over the border of the province and of the country, by school year
-- test unique(school_year, from_unit, to_unit, kind, stage)
-- test not_null(school_year, from_unit, to_unit, kind, stage, pupils)
-- test accepted(kind, 省内转学, 跨省转入, 跨省转出, 跨境转入, 跨境转出)
with
arrived as (
    select effective_on, kind, stage, other_school_id as from_school_id, school_id as to_school_id, movements as pupils
    from flows
    where direction = 'in'
        and status in ('在读', '休学', '辍学保留')
        and kind in ('省内转学', '跨省转入', '跨境转入')
        and (other_school_id is distinct from school_id)
),
departed as (
    select effective_on, kind, stage, school_id as from_school_id, cast(null as varchar) as to_school_id, movements as pupils
    from flows
    where direction = 'out'
        and status in ('在读', '休学', '辍学保留')
        and kind in ('跨省转出', '跨境转出')
),
transfers as (select * from arrived union all select * from departed),
located as (
    select
        school_year(transfers.effective_on) as school_year,
        transfers.kind,
        transfers.stage,
        case transfers.kind
            when '跨省转入' then '外省'
            when '跨境转入' then '境外'
            else coalesce(origin.county_id, '未知')
        end as from_unit,
        case transfers.kind
            when '跨省转出' then '外省'
            when '跨境转出' then '境外'
            else coalesce(target.county_id, '未知')
        end as to_unit,
        transfers.pupils
    from transfers
    left join places as origin on transfers.from_school_id = origin.school_id
    left join places as target on transfers.to_school_id = target.school_id
)
select school_year, from_unit, to_unit, kind, stage, sum(pupils) as pupils
from located
group by school_year, from_unit, to_unit, kind, stage
having sum(pupils) <> 0

-- ==> fees: 学籍管理维护费: the October headcount of each fee year times the rate, for every unit of the tree
-- test unique(fee_year, level, unit_id)
-- test not_null(fee_year, level, unit_id, snapshot_on, pupils, rate_fen, amount_fen, due_on)
-- test accepted(level, province, prefecture, county, school)
-- test no_rows: select * from fees where amount_fen <> pupils * rate_fen
-- test no_rows: with totals as (select fee_year, level, sum(pupils) as pupils, sum(amount_fen) as amount_fen from fees group by fee_year, level) select fee_year from totals group by fee_year having min(pupils) <> max(pupils) or min(amount_fen) <> max(amount_fen) or count(*) <> 4
with
daily as (
    select effective_on, school_id, sum(net) as net
    from flows
    where status = '在读'
    group by effective_on, school_id
),
billed as (
    select
        policy.fee_year, policy.snapshot_on, policy.due_on, policy.rate_fen,
        daily.school_id,
        sum(daily.net) as pupils
    from daily
    inner join _fee_policy as policy on daily.effective_on <= policy.snapshot_on
    group by policy.fee_year, policy.snapshot_on, policy.due_on, policy.rate_fen, daily.school_id
    having sum(daily.net) <> 0
),
seen as (
    select
        billed.*,
        levels.level,
        case levels.level
            when 'school' then places.school_id
            when 'county' then places.county_id
            when 'prefecture' then places.prefecture_id
            else places.province_id
        end as unit_id
    from billed
    inner join places on billed.school_id = places.school_id
    cross join levels
)
select
    fee_year,
    level,
    unit_id,
    snapshot_on,
    sum(pupils) as pupils,
    rate_fen,
    sum(pupils) * rate_fen as amount_fen,
    due_on
from seen
group by fee_year, level, unit_id, snapshot_on, rate_fen, due_on

-- ==> unexplained: movements that no change record explains and no later run took back: a pupil who appeared, changed or vanished
-- test unique(movement_id)
-- test not_null(movement_id, pupil_id, kind, effective_on, school_id, county_id)
-- test accepted(kind, 无据出现, 无据变动, 无据消失)
with
sides as (
    select
        ledger.*,
        case when ledger.reverses then -1 else 1 end as times
    from ledger
    where not ledger.explained
        and ledger.kind in ('无据出现', '无据变动', '无据消失')
        and ((ledger.sign > 0) <> ledger.reverses) = (ledger.kind <> '无据消失')
        and ledger.effective_on <= getvariable('day')
),
standing as (
    select
        movement_id, pupil_id, kind, effective_on, school_id,
        min(class_id) as class_id,
        min(grade) as grade,
        min(status) as status,
        min(other_school_id) as other_school_id,
        min(other_grade) as other_grade,
        min(other_status) as other_status
    from sides
    group by movement_id, pupil_id, kind, effective_on, school_id
    having sum(times) > 0
)
select
    standing.movement_id,
    standing.pupil_id,
    standing.kind,
    standing.effective_on,
    coalesce(places.county_id, '未知') as county_id,
    standing.school_id,
    standing.class_id,
    standing.grade,
    standing.status,
    standing.other_school_id,
    standing.other_grade,
    standing.other_status
from standing
left join places on standing.school_id = places.school_id

-- ==> virtual_classes: classes that look like none: nobody leads them, or nobody sits in them
-- test unique(school_id, class_id, signal)
-- test not_null(county_id, school_id, class_id, signal, pupils)
-- test accepted(signal, no_homeroom_teacher, empty)
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
