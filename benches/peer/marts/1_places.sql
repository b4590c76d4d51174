-- The marts, each with its grain and its tests. A mart named with `_` is a step and is not written.
-- `==> name` begins a mart; `test` lines say what must hold of it, a query behind `no_rows:` may find nothing.

-- ==> flows: the pupil ledger without pupils: how many moved between which accounts on which day, up to the run's day
-- test unique(effective_on, kind, explained, direction, school_id, stage, grade, status, other_school_id, other_grade, other_status)
-- test not_null(effective_on, kind, direction, school_id, stage, grade, status, movements, net)
-- test accepted(direction, in, out, within)
with
entries as (
    select
        ledger.*,
        case when ledger.reverses then -1 else 1 end as times,
        case when (ledger.sign > 0) <> ledger.reverses then 'in' else 'out' end as side,
        (ledger.school_id is not distinct from ledger.other_school_id)
            and (ledger.grade is not distinct from ledger.other_grade)
            and (ledger.status is not distinct from ledger.other_status) as stays
    from ledger
    where ledger.effective_on <= getvariable('day')
)
select
    ---------- keys
    effective_on,
    kind,
    explained,
    case when stays then 'within' else side end as direction,
    school_id,
    stage,
    grade,
    status,
    other_school_id,
    other_grade,
    other_status,
    ---------- counts
    sum(case when stays and side = 'out' then 0 else times end) as movements,
    sum(sign) as net
from entries
group by
    effective_on, kind, explained, case when stays then 'within' else side end,
    school_id, stage, grade, status, other_school_id, other_grade, other_status
having sum(case when stays and side = 'out' then 0 else times end) <> 0 or sum(sign) <> 0

-- ==> levels: the four levels at which figures are given
-- test unique(level)
select 'province' as level
union all
select 'prefecture'
union all
select 'county'
union all
select 'school'

-- ==> places: where each school stands in the tree: county, prefecture, province, and the central school that keeps its records
-- test unique(school_id)
-- test not_null(school_id, school_name, central_school_id, county_id, prefecture_id, province_id)
with
numbered as (
    select
        schools.*,
        row_number() over (partition by school_id order by source_day desc, source) as nth
    from schools
),
named as (select * from numbered where nth = 1),
counted as (select distinct school_id from flows),
unnamed as (
    select counted.school_id
    from counted
    anti join named on counted.school_id = named.school_id
)
select
    school_id,
    name as school_name,
    coalesce(parent_school_id, school_id) as central_school_id,
    county_id,
    prefecture_id,
    concat(substr(prefecture_id, 1, 2), '0000') as province_id,
    kind as school_kind,
    ownership,
    urban_rural,
    schooling_years
from named
union all
select
    school_id,
    school_id as school_name,
    school_id as central_school_id,
    '未知' as county_id,
    '未知' as prefecture_id,
    '未知' as province_id,
    cast(null as varchar) as school_kind,
    cast(null as varchar) as ownership,
    cast(null as varchar) as urban_rural,
    cast(null as int) as schooling_years
from unnamed

-- ==> units: every unit for which figures are given, with its name and the unit above it
-- test unique(level, unit_id)
-- test not_null(level, unit_id, name)
-- test accepted(level, province, prefecture, county, school)
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
