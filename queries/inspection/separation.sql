/*
What    人籍分离: pupils whose attendance and registration disagree over the thirty days to the run's day
Grain   pupil_id, signal, attendance_source
For     TRF-11
Test    unique(pupil_id, signal, attendance_source)
Test    not_null(county_id, pupil_id, signal, days)
Test    accepted(signal, attends_elsewhere, attends_without_record, never_attends)
Column county_id: the county-level unit of the school that has the record; 未知 where no source names it
Column school_id: the school that has the record; none for a pupil whom no source lists any more
Column class_id: 班号 there
Column pupil_id: the pupil's surrogate
Column signal: attends_elsewhere (another source with pupils of its own reports the pupil as present), attends_without_record (present after the record was closed or suspended) or never_attends (在读, and on no day reported at all while most of the class is)
Column attendance_source: the source that reports the attendance; none for never_attends
Column days: days on which the pupil was present; for never_attends, days on which the class was
Column last_day: the last of them
*/
with

held as (

    select students.*
    from students
    left anti join rivals on students.pupil_id = rivals.pupil_id and students.source = rivals.source

),

-- A source that lists no pupils of its own reports attendance for others, and says nothing of where they belong.
listing as (select distinct source from students),

reported as (

    select attendance.pupil_id, attendance.source, attendance.day, attendance.state in ('出勤', '迟到', '早退') as present
    from attendance
    cross join _run
    where attendance.day <= _run.day and _run.day - attendance.day < 30

),

present_at as (

    select pupil_id, source, count(distinct day) as days, max(day) as last_day
    from reported
    where present
    group by pupil_id, source

),

elsewhere as (

    select held.school_id, held.class_id, held.pupil_id, present_at.source, present_at.days, present_at.last_day
    from present_at
    inner join listing on present_at.source = listing.source
    inner join held on present_at.pupil_id = held.pupil_id
    where held.status = '在读' and held.source <> present_at.source and held.since_on <= present_at.last_day

),

closed as (

    select held.school_id, held.class_id, held.pupil_id, present_at.source, present_at.days, present_at.last_day
    from present_at
    inner join held on present_at.pupil_id = held.pupil_id
    where held.status <> '在读' and held.since_on < present_at.last_day

),

unlisted as (

    select present_at.*
    from present_at
    left anti join students on present_at.pupil_id = students.pupil_id

),

class_sizes_held as (

    select school_id, class_id, count(*) as pupils
    from held
    where status = '在读'
    group by school_id, class_id

),

-- Where only absences are written down, silence means nothing: most of the class has to be reported as present.
class_days as (

    select
        held.school_id,
        held.class_id,
        count(distinct reported.day) as days,
        max(reported.day) as last_day,
        count(distinct held.pupil_id) as pupils

    from reported
    inner join held on reported.pupil_id = held.pupil_id
    where reported.present and held.status = '在读'
    group by held.school_id, held.class_id

),

watched as (

    select class_days.*
    from class_days
    inner join class_sizes_held as sizes
        on class_days.school_id = sizes.school_id and class_days.class_id = sizes.class_id
    where class_days.days >= 5 and sizes.pupils < 2 * class_days.pupils

),

unseen as (

    select held.school_id, held.class_id, held.pupil_id, watched.days, watched.last_day
    from held
    inner join watched on held.school_id = watched.school_id and held.class_id = watched.class_id
    cross join _run
    left anti join reported on held.pupil_id = reported.pupil_id
    where held.status = '在读' and 30 <= _run.day - held.since_on

),

signals as (

    select school_id, class_id, pupil_id, 'attends_elsewhere' as signal, source as attendance_source, days, last_day
    from elsewhere
    union all
    select school_id, class_id, pupil_id, 'attends_without_record', source, days, last_day
    from closed
    union all
    select cast(null as varchar), cast(null as varchar), pupil_id, 'attends_without_record', source, days, last_day
    from unlisted
    union all
    select school_id, class_id, pupil_id, 'never_attends', cast(null as varchar), days, last_day
    from unseen

)

select
    ---------- keys
    coalesce(places.county_id, '未知') as county_id,
    signals.school_id,
    signals.class_id,
    signals.pupil_id,
    ---------- category
    signals.signal,
    signals.attendance_source,
    ---------- counts
    signals.days,
    signals.last_day

from signals
left join places on signals.school_id = places.school_id
