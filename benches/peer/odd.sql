-- The pupils' rows that need a closer look: their cells are read (cells.sql); here follows what can be seen on the row as a whole.

create or replace temp table odd_rows as
with wide as (
    select n, {{pivot}} from read_cells group by n
),
typed as (
    select wide.* replace (wide.birth_date::date as birth_date, wide.grade::integer as grade),
        case when id_no is not null and not is_id_shape(id_no) and id_kind = '居民身份证' then null else id_no end as sound_id_no,
        case when is_id_shape(id_no) then try_cast(id_no[7:10] || '-' || id_no[11:12] || '-' || id_no[13:14] as date) end as inside,
        id_no is null and not exists (from read_cells c where c.n = wide.n and c.field = 'id_no' and coalesce(free_text(c.value), '') <> '') as blank_id_no
    from wide
)
select typed.* replace (sound_id_no as id_no),
    id_no as stated_id_no, grades.stage, known_classes.school_id is not null as class_known,
    typed.school_id in (select school_id from known_schools) as school_known,
    (select kind from known_schools k where k.school_id = typed.school_id) as school_kind,
    grades.born_from, grades.born_by, grades.old_enough_by, grades.youngest, grades.eldest,
    case when sound_id_no is null then null
        when (inside < birth_date and age_on(inside, birth_date) >= 16) or (guardian_id_no = sound_id_no and inside is distinct from birth_date) then 'guardian'
        else 'self' end as id_holder
from typed
left join grades on typed.grade = grades.grade
left join known_classes on typed.school_id = known_classes.school_key and typed.class_id = known_classes.class_key;

create or replace temp table row_marks as
with said as (
    select n, unnest([
        case when school_id is null then null when not school_known then {'rule': 'unknown_school', 'field': 'school_id', 'detail': ''}
            when contains(school_kind, '幼儿') then {'rule': 'kindergarten', 'field': 'school_id', 'detail': '该校为' || school_kind}
            when class_id is not null and not class_known then {'rule': 'unknown_class', 'field': 'class_id', 'detail': ''} end,
        case when status not in ('在读', '休学') or school_kind = '高等学校' then null
            when grade = 1 and old_enough_by < birth_date and birth_date <= {{day}} then {'rule': 'kindergarten', 'field': 'birth_date',
                'detail': format('至{}为{}周岁，未满{}周岁', {{cut_off}}, age_on(birth_date, {{cut_off}}), {{entry_age}})}
            when birth_date < born_from or born_by < birth_date then {'rule': 'age_for_grade', 'field': 'birth_date',
                'detail': format('{}年级，至{}为{}周岁，应为{}至{}周岁', grade, {{cut_off}}, age_on(birth_date, {{cut_off}}), youngest, eldest)} end,
        case when entry_month > '{{month}}' then {'rule': 'entry_after_day', 'field': 'entry_month', 'detail': '批次日期为' || {{day}}} end,
        case when id_kind = '居民身份证' and blank_id_no then {'rule': 'id_missing', 'field': 'id_no', 'detail': ''} end,
        case when stated_id_no is not null and id_no is null then {'rule': 'optional_unreadable', 'field': 'id_no',
            'detail': case when regexp_full_match(places(stated_id_no), '[0-9]{15}') then '15位的第一代号码，应为18位'
                when length(places(stated_id_no)) <> 18 then length(places(stated_id_no)) || '位，应为18位' else '应为17位数字加1位数字或X' end} end,
        case when id_kind = '居民身份证' and id_no is not null and not checksum_ok(id_no) then {'rule': 'id_checksum', 'field': 'id_no', 'detail': ''} end,
        case when id_kind = '居民身份证' and id_no is not null and try_cast(id_no[1:6] as integer) not in (select code from id_divisions)
            then {'rule': 'id_division', 'field': 'id_no', 'detail': ''} end,
        case when id_kind = '居民身份证' and id_no is not null and id_holder = 'self' then
            case when inside is null then {'rule': 'id_birth_date', 'field': 'id_no', 'detail': '证件号中的出生日期不存在'}
                when inside <> birth_date then {'rule': 'id_birth_date', 'field': 'id_no', 'detail': concat_ws('、',
                    case when year(inside) <> year(birth_date) then '年' end, case when month(inside) <> month(birth_date) then '月' end,
                    case when day(inside) <> day(birth_date) then '日' end) || '不同'} end end,
        case when id_kind = '居民身份证' and id_no is not null and id_holder = 'self' and sex in ('男', '女') and (id_no[17]::integer % 2 = 1) <> (sex = '男')
            then {'rule': 'id_sex', 'field': 'id_no', 'detail': '所填性别为' || sex} end,
        case when id_kind = '居民身份证' and id_no is not null and id_holder = 'self' and starts_with(student_no, 'G') and student_no[2:] <> id_no
            and student_no not in (select student_no from key_changes) then {'rule': 'number_differs', 'field': 'student_no', 'detail': ''} end
    ]) as mark
    from odd_rows
)
select n, mark.rule as rule, mark.field as field, mark.detail as detail from said where mark is not null;

insert into marks
select 'students', m.n, c.pos, c.header, m.rule, (select value from read_cells r where r.n = m.n and r.pos = c.pos), m.detail
from row_marks m inner join contract c on c.tbl = 'students' and c.field = m.field;

-- Those that are accepted, in the form of the others.
create or replace temp table odd_students as
select n, hash({{digest_columns}}) as digest, hash(student_no) as key, {{odd_columns}}
from odd_rows
anti join (select m.n from marks m semi join rules r on m.rule = r.rule and r.severity = 'reject' where m.tbl = 'students') rejected on odd_rows.n = rejected.n;
