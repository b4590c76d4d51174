/*
What    学籍管理维护费: the October headcount of each fee year times the rate, for every unit of the tree
Grain   fee_year, level, unit_id
For     FEE-01, FEE-02
Test    unique(fee_year, level, unit_id)
Test    not_null(fee_year, level, unit_id, snapshot_on, pupils, rate_fen, amount_fen, due_on)
Test    accepted(level, province, prefecture, county, school)
Test    no_rows: select * from fees where amount_fen <> pupils * rate_fen
Test    no_rows: with totals as (select fee_year, level, sum(pupils) as pupils, sum(amount_fen) as amount_fen from fees group by fee_year, level)
          select fee_year from totals group by fee_year
          having min(pupils) <> max(pupils) or min(amount_fen) <> max(amount_fen) or count(*) <> 4
Column fee_year: 收费年度
Column level: province, prefecture, county or school
Column unit_id: the unit, as in `units`
Column snapshot_on: the day whose headcount is billed
Column pupils: headcount 在读 on that day
Column rate_fen: whole fen for each pupil and year
Column amount_fen: 应缴金额, whole fen
Column due_on: the last day for payment
*/
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
