/*
What    transfers between counties, and over the border of the province and of the country, by school year
Grain   school_year, from_unit, to_unit, kind, stage
For     WH-07
Test    unique(school_year, from_unit, to_unit, kind, stage)
Test    not_null(school_year, from_unit, to_unit, kind, stage, pupils)
Test    accepted(kind, 省内转学, 跨省转入, 跨省转出, 跨境转入, 跨境转出)
Column school_year: the policy's school year, 2013-2014
Column from_unit: the county-level unit left; 外省 another province, 境外 another country, 未知 where the record does not tell
Column to_unit: the county-level unit entered, with the same words
Column kind: 变动类别
Column stage: 学段 of the account entered (of the account left where the pupil leaves the province)
Column pupils: transfers completed; those still on the way are in `problems` as in_transit
*/
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
