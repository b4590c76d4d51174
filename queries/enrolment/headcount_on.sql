/*
What    headcount of pupils 在读 on any day, as known at any run, by school and every dimension
Grain   prefecture_id, county_id, school_id, central_school_id, school_kind, ownership, urban_rural, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability
Takes   day, run_id
For     WH-03, WH-04, ORG-01, ORG-02
Column pupils: headcount
*/
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
    and ledger.effective_on <= $day
    and ledger.run_id <= $run_id
group by
    places.prefecture_id, places.county_id, places.school_id, places.central_school_id, places.school_kind,
    places.ownership, places.urban_rural, ledger.stage, ledger.grade, ledger.sex, ledger.ethnicity,
    ledger.hukou_kind, ledger.study_mode, ledger.migrant, ledger.left_behind, ledger.disability
having sum(ledger.sign) <> 0
