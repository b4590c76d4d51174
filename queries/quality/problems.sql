/*
What    问题学籍: every record with a finding to work on, from the checks, from duplicates and from the ledger
Grain   county_id, school_id, pupil_id, kind, field, detail
For     WH-08, IDN-05, TRF-11
Test    unique(county_id, school_id, pupil_id, kind, field, detail)
Test    not_null(kind, detail, first_seen_on)
Column pupil_id: the pupil's surrogate; none where the finding is about a class or a school
Column school_id: the school that has to see to it
Column county_id: the county-level unit of that school
Column kind: a rule of the checks, or unknown_pupil, same_id_number, two_schools, unexplained_appearance, unexplained_change, unexplained_disappearance, in_transit, dated_twice, attends_elsewhere, attends_without_record, never_attends
Column field: the column at fault, if one is
Column detail: what is wrong, in Chinese
Column first_seen_on: the day of the first batch in which it was seen
*/
with

-- Both are looked for over all sources below.
checked as (

    select pupil_id, school_id, rule as kind, field, detail, first_seen_on
    from findings
    where rule not in ('same_id_number', 'two_schools')

),

shared_keys as (

    select person_key, max(since_on) as first_seen_on
    from students
    where person_key is not null
    group by person_key
    having min(pupil_id) < max(pupil_id)

),

sharers as (

    select students.pupil_id, students.school_id, shared_keys.person_key, shared_keys.first_seen_on
    from students
    inner join shared_keys on students.person_key = shared_keys.person_key

),

shared_by as (select person_key, count(distinct pupil_id) as pupils from sharers group by person_key),

same_id_number as (

    select
        sharers.pupil_id,
        sharers.school_id,
        'same_id_number' as kind,
        '身份证件号' as field,
        concat('同一身份证件号出现在', cast(shared_by.pupils as varchar), '条学籍中') as detail,
        sharers.first_seen_on

    from sharers
    inner join shared_by on sharers.person_key = shared_by.person_key

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
    cross join _run
    where ledger.status = '转出' and ledger.effective_on <= _run.day
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
    left anti join students on changes.pupil_id = students.pupil_id
    left anti join claims on changes.pupil_id = claims.pupil_id

),

-- Taught in one place and on record in another (籍随人走).
separated as (

    select
        pupil_id,
        school_id,
        signal as kind,
        cast(null as varchar) as field,
        case
            when signal = 'attends_elsewhere'
                then concat('学籍在本校，近30天在', attendance_source, '报告的考勤中到校', cast(days as varchar), '天')
            when signal = 'never_attends'
                then concat('在读，近30天没有任何考勤，而本班有', cast(days as varchar), '天考勤')
            when school_id is null then concat('没有学籍，近30天到校', cast(days as varchar), '天')
            else concat('学籍不在读，近30天仍到校', cast(days as varchar), '天')
        end as detail,
        last_day as first_seen_on

    from separation

),

-- Two sources write of one movement and give it different days: one of them counts, and somebody has to put the other right.
dated_twice as (

    select
        one.pupil_id,
        coalesce(one.to_school_id, one.from_school_id) as school_id,
        'dated_twice' as kind,
        '变动日期' as field,
        concat(
            one.kind,
            '在',
            one.source,
            '记为',
            cast(one.effective_on as varchar),
            '，在',
            other.source,
            '记为',
            cast(other.effective_on as varchar)
        ) as detail,
        greatest(one.source_day, other.source_day) as first_seen_on

    from changes as one
    inner join changes as other
        on one.pupil_id = other.pupil_id and one.kind = other.kind and one.source < other.source
    where
        one.kind = '省内转学'
        and coalesce(one.result, '同意') = '同意'
        and coalesce(other.result, '同意') = '同意'
        and coalesce(one.from_school_id, '') = coalesce(other.from_school_id, '')
        and coalesce(one.to_school_id, '') = coalesce(other.to_school_id, '')
        and one.effective_on <> other.effective_on
        and abs(one.effective_on - other.effective_on) <= 60

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
    union all
    select * from separated
    union all
    select * from dated_twice

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
