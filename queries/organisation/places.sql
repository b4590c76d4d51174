/*
What    where each school stands in the tree: county, prefecture, province, and the central school that keeps its records
Grain   school_id
For     ORG-01, ORG-02
Test    unique(school_id)
Test    not_null(school_id, school_name, central_school_id, county_id, prefecture_id, province_id)
Column school_id: 学校标识码
Column school_name: 学校名称; the identifier where the ledger knows a school that no source names any more
Column central_school_id: the central school (学区中心校) of a branch or teaching point; the school itself otherwise
Column county_id: the county-level unit it is counted under; 未知 where no source names the school any more
Column prefecture_id: the prefecture it is counted under, or 未知
Column province_id: the province it is counted under, or 未知
Column school_kind: 学校类别
Column ownership: 学校办别
Column urban_rural: 驻地城乡类型
Column schooling_years: 学制, in years
*/
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
    left anti join named on counted.school_id = named.school_id

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
