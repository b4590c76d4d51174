/*
What    every unit for which figures are given, with its name and the unit above it
Grain   level, unit_id
For     ORG-01
Test    unique(level, unit_id)
Test    not_null(level, unit_id, name)
Test    accepted(level, province, prefecture, county, school)
Column level: province, prefecture, county or school
Column unit_id: 6-digit division code of an authority, 学校标识码 of a school
Column name: its name
Column parent_id: the unit of the next level above; none for a province
*/
with

units_of_schools as (

    select 'school' as level, school_id as unit_id, county_id as parent_id, school_name as name from places
    union all
    select distinct 'county', county_id, prefecture_id, cast(null as varchar) from places
    union all
    select distinct 'prefecture', prefecture_id, province_id, cast(null as varchar) from places
    union all
    select distinct 'province', province_id, cast(null as varchar), cast(null as varchar) from places

),

authority_names as (select authority_id, min(name) as name from authorities group by authority_id)

select
    units_of_schools.level,
    units_of_schools.unit_id,
    min(coalesce(units_of_schools.name, authority_names.name, units_of_schools.unit_id)) as name,
    min(units_of_schools.parent_id) as parent_id

from units_of_schools
left join authority_names on units_of_schools.unit_id = authority_names.authority_id
group by units_of_schools.level, units_of_schools.unit_id
