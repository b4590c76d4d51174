-- The source opens: every pupil begins with one entry.
create table students as select *, date '{day}' as since_on from accepted;
create table identities as
select pupil_id, student_no, number_kind, regional_no, name, id_kind, id_no, id_holder, guardian_name, guardian_relation, guardian_id_no,
    guardian_phone, address, phone, photo_digest, identity_digest, date '{day}' as valid_from, cast(null as date) as valid_to
from accepted;
create table claims as select pupil_id, school_id, date '{day}' as stated_on from accepted limit 0;
create table posted as
select cast(hash(pupil_id, date '{day}', '期初', school_id, class_id, grade, stage, status, sex, ethnicity, hukou_kind, study_mode, migrant,
        left_behind, disability) >> 1 as bigint) as movement_id,
    date '{day}' as effective_on, {run} as run_id, pupil_id, '期初' as kind, true as explained, 1 as sign, school_id, class_id, grade, stage,
    status, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability, false as reverses,
    cast(null as varchar) as other_school_id, cast(null as int) as other_grade, cast(null as varchar) as other_status
from accepted;
