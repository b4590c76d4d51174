-- Raw text to typed rows, each fault with its rule. The row is the one a spreadsheet shows.
create macro clean(x) as nullif(trim(x), '');
create macro label(x, known) as case when x is null then null else coalesce(map_extract_value(known, x), '?') end;
create macro checksum(x) as substr('10X98765432', 1 + (
    (ascii(substr(x, 1, 1)) - 48) * 7 + (ascii(substr(x, 2, 1)) - 48) * 9 + (ascii(substr(x, 3, 1)) - 48) * 10 + (ascii(substr(x, 4, 1)) - 48) * 5 + (ascii(substr(x, 5, 1)) - 48) * 8
    + (ascii(substr(x, 6, 1)) - 48) * 4 + (ascii(substr(x, 7, 1)) - 48) * 2 + (ascii(substr(x, 8, 1)) - 48) + (ascii(substr(x, 9, 1)) - 48) * 6 + (ascii(substr(x, 10, 1)) - 48) * 3
    + (ascii(substr(x, 11, 1)) - 48) * 7 + (ascii(substr(x, 12, 1)) - 48) * 9 + (ascii(substr(x, 13, 1)) - 48) * 10 + (ascii(substr(x, 14, 1)) - 48) * 5
    + (ascii(substr(x, 15, 1)) - 48) * 8 + (ascii(substr(x, 16, 1)) - 48) * 4 + (ascii(substr(x, 17, 1)) - 48) * 2) % 11, 1);
create macro school_year(d) as (case when month(d) >= 8 then year(d) else year(d) - 1 end)
    || '-' || (case when month(d) >= 8 then year(d) + 1 else year(d) end);
create macro statistics_year(d) as (case when month(d) >= 9 then year(d) else year(d) - 1 end)
    || '-' || (case when month(d) >= 9 then year(d) + 1 else year(d) end);

create table divisions as
select distinct column0 as code from (
    select * from read_csv('{root}/data/divisions/current.csv', all_varchar = true, header = false)
    union all by name select * from read_csv('{root}/data/divisions/historical.csv', all_varchar = true, header = false)
);

create table authorities as
select authority_id, name, parent_id, division, date '{day}' as source_day, 'registry' as source from raw_authorities;

create table schools as
select s.school_id, s.name, s.authority_id,
    case when a.authority_id like '%00' then a.authority_id else s.authority_id end as county_id,
    case when a.authority_id like '%0000' then a.authority_id else substr(a.authority_id, 1, 4) || '00' end as prefecture_id,
    s.parent_school_id, s.kind, s.ownership, s.urban_rural, cast(s.schooling_years as int) as schooling_years,
    date '{day}' as source_day, 'registry' as source
from raw_schools s left join raw_authorities a on s.authority_id = a.authority_id;

create table classes as
select school_id, class_id, name, cast(grade as int) as grade,
    case when cast(grade as int) <= 6 then '小学' when cast(grade as int) <= 9 then '初中' else '高中' end as stage,
    founded, kind, homeroom_teacher, date '{day}' as source_day, 'registry' as source
from raw_classes;

create table marked as
with typed as (
select
    rowid + 2 as source_row,
    clean(student_no) as student_no, clean(regional_no) as regional_no, clean(name) as name,
    coalesce(cast(try_cast(sex as sex_label) as varchar), label(clean(sex), (select known from sex_known))) as sex,
    try_cast(birth_date as date) as birth_date,
    coalesce(cast(try_cast(id_kind as id_kind_label) as varchar), label(clean(id_kind), (select known from id_kind_known))) as id_kind,
    upper(clean(id_no)) as id_no,
    coalesce(cast(try_cast(ethnicity as ethnicity_label) as varchar), label(clean(ethnicity), (select known from ethnicity_known))) as ethnicity,
    coalesce(cast(try_cast(nationality as nationality_label) as varchar), label(clean(nationality), (select known from nationality_known))) as nationality,
    coalesce(cast(try_cast(overseas as overseas_label) as varchar), label(clean(overseas), (select known from overseas_known))) as overseas,
    coalesce(cast(try_cast(political_status as political_status_label) as varchar), label(clean(political_status), (select known from political_status_known))) as political_status,
    clean(hukou_division) as hukou_division,
    coalesce(cast(try_cast(hukou_kind as hukou_kind_label) as varchar), label(clean(hukou_kind), (select known from hukou_kind_known))) as hukou_kind,
    clean(school_id) as school_id, clean(class_id) as class_id, try_cast(grade as int) as grade, clean(entry_month) as entry_month,
    coalesce(cast(try_cast(entry_method as entry_method_label) as varchar), label(clean(entry_method), (select known from entry_method_known))) as entry_method,
    coalesce(cast(try_cast(study_mode as study_mode_label) as varchar), label(clean(study_mode), (select known from study_mode_known))) as study_mode,
    coalesce(cast(try_cast(status as status_label) as varchar), label(clean(status), (select known from status_known))) as status,
    clean(migrant) as migrant, clean(left_behind) as left_behind,
    coalesce(cast(try_cast(disability as disability_label) as varchar), label(clean(disability), (select known from disability_known))) as disability,
    clean(inclusive) as inclusive, clean(address) as address, clean(phone) as phone, clean(guardian_name) as guardian_name,
    coalesce(cast(try_cast(guardian_relation as guardian_relation_label) as varchar), label(clean(guardian_relation), (select known from guardian_relation_known))) as guardian_relation,
    upper(clean(guardian_id_no)) as guardian_id_no, clean(guardian_phone) as guardian_phone, clean(photo_digest) as photo_digest
from raw_students
)
select t.*,
    case when grade <= 6 then '小学' when grade <= 9 then '初中' else '高中' end as stage,
    student_no[1] as number_kind,
    id_no is not null and regexp_full_match(id_no, '[0-9]{17}[0-9X]') as id_reads,
    try_strptime(id_no[7:14], '%Y%m%d')::date as id_birth,
    case
        when name is null or sex is null or birth_date is null or ethnicity is null or school_id is null or class_id is null
            or grade is null or entry_month is null or status is null or id_kind is null or student_no is null then 'missing'
        when sex = '?' or ethnicity = '?' or status = '?' or id_kind = '?' then 'unknown_code'
        when not regexp_full_match(student_no, '[GLJ][0-9A-Z]{15,18}') or not regexp_full_match(school_id, '[0-9]{10}')
            or not regexp_full_match(entry_month, '[0-9]{4}-[0-9]{2}') or grade not between 1 and 12 then 'unreadable'
        when known_school is null then 'unknown_school'
        when known_class is null then 'unknown_class'
    end as refused
from typed t
left join (select school_id as known_school from schools) on school_id = known_school
left join (select school_id as of_school, class_id as known_class from classes) on school_id = of_school and class_id = known_class;
drop table raw_students;
create table accepted as
select *, case when id_holder = 'self' then cast(hash('person', 'secret', id_no) >> 1 as bigint) end as person_key
from (
    select * exclude (refused),
        case when id_no is null then null
            when (id_birth is not null and id_birth < birth_date - interval 16 year)
                or (id_no = guardian_id_no and id_birth is distinct from birth_date) then 'guardian'
            else 'self' end as id_holder,
        cast(hash('pupil', 'secret', student_no) >> 1 as bigint) as pupil_id,
        cast(hash(student_no, regional_no, name, sex, birth_date, id_kind, id_no, ethnicity, nationality, overseas, political_status,
            hukou_division, hukou_kind, school_id, class_id, grade, entry_month, entry_method, study_mode, status, migrant, left_behind,
            disability, inclusive, address, phone, guardian_name, guardian_relation, guardian_id_no, guardian_phone, photo_digest) >> 1
            as bigint) as record_digest,
        cast(hash(student_no, regional_no, name, id_kind, id_no, guardian_name, guardian_relation, guardian_id_no, guardian_phone,
            address, phone, photo_digest) >> 1 as bigint) as identity_digest
    from marked where refused is null
);

-- One row for each key: of rows that say the same one stays, of rows that contradict each other the first.
create table twice as
select pupil_id, min(source_row) as first_row, min(record_digest) < max(record_digest) as contradict
from accepted group by pupil_id having count(*) > 1;

create table quarantine_rows as
select source_row, refused as rule, student_no as value, to_json(marked) as raw from marked where refused is not null
union all
select a.source_row, 'conflicting_key', a.student_no, to_json(a)
from accepted a join twice t on a.pupil_id = t.pupil_id and a.source_row > t.first_row and t.contradict;

delete from accepted a using twice t where a.pupil_id = t.pupil_id and a.source_row > t.first_row;
drop table marked;

create table finding_rows as
select pupil_id, school_id, unnest(list_filter([f0, f1, f2, f3, f4, f5, f6, f7, f8, f9], lambda rule: rule is not null)) as rule, 'field' as field, source_row
from (
    select pupil_id, school_id, source_row,
        case when id_kind = '居民身份证' and id_no is null then 'id_missing' end as f0,
        case when id_kind = '居民身份证' and id_no is not null and not id_reads then 'optional_unreadable' end as f1,
        case when id_kind = '居民身份证' and id_reads and checksum(id_no) <> id_no[18] then 'id_checksum' end as f2,
        case when id_kind = '居民身份证' and id_reads and d.code is null then 'id_division' end as f3,
        case when id_kind = '居民身份证' and id_reads and id_holder = 'self' and id_birth is distinct from birth_date then 'id_birth_date' end as f4,
        case when id_kind = '居民身份证' and id_reads and id_holder = 'self' and sex in ('男', '女')
            and (ascii(id_no[17]) % 2 = 1) <> (sex = '男') then 'id_sex' end as f5,
        case when id_kind = '居民身份证' and id_holder = 'self' and number_kind = 'G' and student_no[2:] <> id_no then 'number_differs' end as f6,
        case when status in ('在读', '休学') and date_diff('year', birth_date, make_date(y, 8, 31))
            - (strftime(birth_date, '%m%d') > '0831')::int not between grade + 3 and grade + 9 then 'age_for_grade' end as f7,
        case when entry_month > '{day}'[1:7] then 'entry_after_day' end as f8,
        case when nationality = '?' or overseas = '?' or political_status = '?' or hukou_kind = '?' or entry_method = '?' or study_mode = '?'
            or disability = '?' or guardian_relation = '?' then 'optional_code' end as f9
    from accepted left join divisions d on d.code = substr(id_no, 1, 6),
        (select case when month(date '{day}') >= 8 then year(date '{day}') else year(date '{day}') - 1 end as y)
)
where coalesce(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9) is not null;

create table changes as
select cast(hash('pupil', 'secret', student_no) >> 1 as bigint) as pupil_id, change_id, kind, cast(effective_on as date) as effective_on,
    from_school_id, to_school_id, to_class_id, cast(to_grade as int) as to_grade, result, date '{day}' as source_day
from raw_changes;
