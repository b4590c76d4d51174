/*
What    headcount of pupils 在读 on any day, as known at any run, by school and every dimension
Grain   prefecture_id, county_id, school_id, central_school_id, school_kind, ownership, urban_rural, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability
Takes   day, run_id
For     WH-03, WH-04, ORG-01, ORG-02
Column pupils: headcount
*/
with

counted as (

    select
        school_id, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability,
        sum(sign) as pupils

    from ledger
    where status = '在读'
        and effective_on <= $day
        and run_id <= $run_id
    group by school_id, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability
    having sum(sign) <> 0

)

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
    counted.stage,
    counted.grade,
    ---------- person
    counted.sex,
    counted.ethnicity,
    counted.hukou_kind,
    counted.study_mode,
    counted.migrant,
    counted.left_behind,
    counted.disability,
    ---------- count
    counted.pupils

from counted
inner join places on counted.school_id = places.school_id
