/*
What    在校生变动情况: opening + in − out = closing, by school, stage and grade for every school year up to the run's day
Grain   school_year, prefecture_id, county_id, school_id, stage, grade, line
For     WH-05, WH-15
Test    unique(school_year, school_id, stage, grade, line)
Test    not_null(school_year, prefecture_id, county_id, school_id, stage, grade, line, pupils)
Test    balances(line, pupils by school_year, school_id, stage, grade)
Test    balances(line, pupils by school_year, county_id)
Test    balances(line, pupils by school_year)
Test    no_rows: with closing as (select year.next_year, b.school_id, b.stage, b.grade, b.pupils
            from balance b inner join (select school_year, lead(school_year) over (order by first_day) as next_year from _school_years) year
            on b.school_year = year.school_year where b.line = 'closing' and year.next_year is not null),
          opening as (select school_year, school_id, stage, grade, pupils from balance where line = 'opening')
          select * from closing full outer join opening on closing.next_year = opening.school_year and closing.school_id = opening.school_id
            and closing.stage = opening.stage and closing.grade = opening.grade
          where coalesce(closing.pupils, 0) <> coalesce(opening.pupils, 0)
Test    no_rows: with closing as (select b.school_id, b.stage, b.grade, b.pupils from balance b
            where b.line = 'closing' and b.school_year = (select max(school_year) from _school_years)),
          counted as (select school_id, stage, grade, sum(pupils) as pupils from enrolment group by school_id, stage, grade)
          select * from closing full outer join counted on closing.school_id = counted.school_id
            and closing.stage = counted.stage and closing.grade = counted.grade
          where coalesce(closing.pupils, 0) <> coalesce(counted.pupils, 0)
Column school_year: the policy's school year, 2013-2014; the last one runs to the run's day
Column prefecture_id: the prefecture the school is counted under
Column county_id: the county-level unit the school is counted under
Column school_id: 学校标识码
Column stage: 学段
Column grade: 年级
Column line: opening (期初在校生), in:<变动类别>, out:<变动类别>, closing (期末在校生); lines of zero are left out
Column pupils: headcount or number of movements
*/
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
