-- Last night against tonight: a record whose digest is unchanged stays as it was.
create table stood as select * from read_parquet('{out}/students/*.parquet');
create table changed as
select a.pupil_id, s.pupil_id is null as comes from accepted a left join stood s on a.pupil_id = s.pupil_id
where s.pupil_id is null or a.record_digest <> s.record_digest;
create table gone as select s.* from stood s anti join accepted a on s.pupil_id = a.pupil_id;

create macro same_account(a, s) as a.school_id = s.school_id and a.class_id = s.class_id and a.grade = s.grade and a.status = s.status
    and a.sex = s.sex and a.ethnicity = s.ethnicity and a.hukou_kind is not distinct from s.hukou_kind
    and a.study_mode is not distinct from s.study_mode and a.migrant is not distinct from s.migrant
    and a.left_behind is not distinct from s.left_behind and a.disability is not distinct from s.disability;

create table students as
select a.*, case when s.pupil_id is not null and same_account(a, s) then s.since_on else date '{day}' end as since_on
from accepted a left join stood s on a.pupil_id = s.pupil_id;

create table moved as
select a.pupil_id, s.pupil_id is null as comes, p.kind as paper, p.effective_on as paper_on
from changed c join accepted a using (pupil_id) left join stood s on a.pupil_id = s.pupil_id
left join (select pupil_id, max(kind) as kind, max(effective_on) as effective_on from changes where result = '同意' group by pupil_id) p
    on a.pupil_id = p.pupil_id
where s.pupil_id is null or not same_account(a, s);

create table posted as
with sides as (
    select m.pupil_id, 1 as sign, coalesce(m.paper, case when m.comes then '无据出现' else '无据变动' end) as kind, m.paper is not null as explained,
        coalesce(m.paper_on, date '{day}') as effective_on, a.school_id, a.class_id, a.grade, a.stage, a.status, a.sex, a.ethnicity, a.hukou_kind,
        a.study_mode, a.migrant, a.left_behind, a.disability, s.school_id as other_school_id, s.grade as other_grade, s.status as other_status
    from moved m join accepted a using (pupil_id) left join stood s on m.pupil_id = s.pupil_id
    union all
    select m.pupil_id, -1, coalesce(m.paper, '无据变动'), m.paper is not null, coalesce(m.paper_on, date '{day}'), s.school_id, s.class_id, s.grade,
        s.stage, s.status, s.sex, s.ethnicity, s.hukou_kind, s.study_mode, s.migrant, s.left_behind, s.disability, a.school_id, a.grade, a.status
    from moved m join accepted a using (pupil_id) join stood s on m.pupil_id = s.pupil_id
    union all
    select g.pupil_id, -1, coalesce(p.kind, '无据消失'), p.kind is not null, coalesce(p.effective_on, date '{day}'), g.school_id, g.class_id, g.grade,
        g.stage, g.status, g.sex, g.ethnicity, g.hukou_kind, g.study_mode, g.migrant, g.left_behind, g.disability, null, null, null
    from gone g left join changes p on g.pupil_id = p.pupil_id and p.result = '同意'
)
select cast(hash(pupil_id, effective_on, kind, school_id, class_id) >> 1 as bigint) as movement_id, effective_on, {run} as run_id, pupil_id, kind,
    explained, sign, school_id, class_id, grade, stage, status, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability,
    false as reverses, other_school_id, other_grade, other_status
from sides;

create table claims as
select s.pupil_id, s.school_id, s.since_on as stated_on from stood s join moved m on s.pupil_id = m.pupil_id
union all select pupil_id, school_id, since_on from gone;

create table versions as select * from read_parquet('{out}/identities/*.parquet');
create table renewed as
select a.pupil_id from changed c join accepted a using (pupil_id)
left join versions v on a.pupil_id = v.pupil_id and v.valid_to is null
where v.pupil_id is null or v.identity_digest <> a.identity_digest;
create table identities as
select v.* replace (case when r.pupil_id is not null and v.valid_to is null then date '{day}' else v.valid_to end as valid_to)
from versions v left join renewed r on v.pupil_id = r.pupil_id
union all by name
select a.pupil_id, student_no, number_kind, regional_no, name, id_kind, id_no, id_holder, guardian_name, guardian_relation, guardian_id_no,
    guardian_phone, address, phone, photo_digest, identity_digest, date '{day}' as valid_from, cast(null as date) as valid_to
from renewed r join accepted a using (pupil_id);
