/*
What    how many pupils entered and left the enrolled (在读) of each school and grade, month by month and by kind
Grain   school_year, month, kind, explained, direction, prefecture_id, county_id, school_id, stage, grade
For     WH-05, WH-07
Test    unique(school_year, month, kind, explained, direction, school_id, stage, grade)
Test    not_null(school_year, month, kind, explained, direction, prefecture_id, county_id, school_id, stage, grade, pupils)
Test    accepted(direction, in, out)
Test    relates_to(school_id, places.school_id)
Column school_year: the policy's school year, 2013-2014
Column month: the month of the effective day, 2013-09
Column kind: 变动类别, or 期初, 无据出现, 无据变动, 无据消失
Column explained: whether somebody's change record (or the opening of a source) explains them
Column direction: in or out of 在读 in this school and grade
Column prefecture_id: the prefecture the school is counted under
Column county_id: the county-level unit the school is counted under
Column school_id: 学校标识码
Column stage: 学段
Column grade: 年级
Column pupils: number of movements, those taken back deducted
*/
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
        to_char(effective_on, '%Y-%m') as month,
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
