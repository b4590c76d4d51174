-- ==> problems: 问题学籍: every record with a finding to work on, from the checks, from duplicates and from the ledger
-- test unique(county_id, school_id, pupil_id, kind, field, detail)
-- test not_null(kind, detail, first_seen_on)
with
-- Both are looked for over all sources below.
checked as (
    select pupil_id, school_id, rule as kind, field, detail, first_seen_on
    from findings
    where rule not in ('same_id_number', 'two_schools')
),
shared_keys as (
    select person_key, count(distinct pupil_id) as pupils, max(since_on) as first_seen_on
    from students
    where person_key is not null
    group by person_key
    having count(distinct pupil_id) > 1
),
same_id_number as (
    select
        students.pupil_id,
        students.school_id,
        'same_id_number' as kind,
        '身份证件号' as field,
        concat('同一身份证件号出现在', cast(shared_keys.pupils as varchar), '条学籍中') as detail,
        shared_keys.first_seen_on
    from students
    inner join shared_keys on students.person_key = shared_keys.person_key
),
-- A source that has not spoken since the pupil arrived elsewhere is late, not wrong: that is a transfer on its way.
spoken as (select source, max(day) as last_day from batches group by source),
two_schools as (
    select
        rivals.pupil_id,
        rivals.school_id,
        'two_schools' as kind,
        '学校标识码' as field,
        concat('同时在', coalesce(held.school_id, rivals.holder_source), '有效，以彼处为准') as detail,
        rivals.since_on as first_seen_on
    from rivals
    inner join spoken on rivals.source = spoken.source and spoken.last_day >= rivals.since_on
    left join students as held on rivals.pupil_id = held.pupil_id and rivals.holder_source = held.source
),
unexplained_movements as (
    select
        pupil_id,
        school_id,
        case kind
            when '无据出现' then 'unexplained_appearance'
            when '无据变动' then 'unexplained_change'
            else 'unexplained_disappearance'
        end as kind,
        cast(null as varchar) as field,
        case kind
            when '无据出现' then '学籍出现，没有变动记录'
            when '无据变动' then '学校、班级、年级或状态改变，没有变动记录'
            else '学籍消失，没有变动记录'
        end as detail,
        effective_on as first_seen_on
    from unexplained
),
in_transit as (
    select
        ledger.pupil_id,
        ledger.school_id,
        'in_transit' as kind,
        cast(null as varchar) as field,
        '已办理省内转出，转入学校尚未接收' as detail,
        max(case when ledger.kind = '省内转学' then ledger.effective_on end) as first_seen_on
    from ledger
    where ledger.status = '转出' and ledger.effective_on <= getvariable('day')
    group by ledger.pupil_id, ledger.school_id
    having sum(ledger.sign) > 0 and sum(case when ledger.kind = '省内转学' then ledger.sign else 0 end) > 0
),
-- A change record about a number that no source lists or ever listed.
unknown_pupils as (
    select
        changes.pupil_id,
        coalesce(changes.to_school_id, changes.from_school_id) as school_id,
        'unknown_pupil' as kind,
        '学籍号' as field,
        concat('有', changes.kind, '记录，学籍号未见于任何学生表') as detail,
        changes.source_day as first_seen_on
    from changes
    anti join students on changes.pupil_id = students.pupil_id
    anti join claims on changes.pupil_id = claims.pupil_id
),
listed as (
    select * from checked
    union all
    select * from unknown_pupils
    union all
    select * from same_id_number
    union all
    select * from two_schools
    union all
    select * from unexplained_movements
    union all
    select * from in_transit
)
select
    listed.pupil_id,
    listed.school_id,
    places.county_id,
    listed.kind,
    listed.field,
    listed.detail,
    min(listed.first_seen_on) as first_seen_on
from listed
left join places on listed.school_id = places.school_id
group by listed.pupil_id, listed.school_id, places.county_id, listed.kind, listed.field, listed.detail
