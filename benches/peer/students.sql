-- One pass over the pupils: rows that are as they should be are typed here, the others keep their raw cells for a closer look.
-- Of a row that last night's state already has (by digest of every cell) nothing is kept but the digest.

create table tonight as
with raw as (select {{raw_columns}} from {{read}}),
joined as (
    select *,
        concat(student_no, chr(31), id_no, chr(31), guardian_id_no, chr(31), regional_no, chr(31), class_id, chr(31), grade, chr(31), birth_date, chr(31),
            phone, chr(31), guardian_phone, chr(31), photo_digest, chr(31), entry_month, chr(31), name, chr(31), guardian_name, chr(31), address) as shape,
        hash({{digest_columns}}) as digest,
        try_cast(left(id_no, 17) as bigint) as id_number
    from raw
),
typed as (
    select joined.*,
        try_cast(joined.sex as sex_t) as t_sex, try_cast(joined.id_kind as id_kind_t) as t_id_kind, try_cast(joined.ethnicity as ethnicity_t) as t_ethnicity,
        try_cast(joined.nationality as nationality_t) as t_nationality, try_cast(joined.overseas as overseas_t) as t_overseas,
        try_cast(joined.political_status as political_status_t) as t_political_status, try_cast(joined.hukou_division as division_t) as t_hukou_division,
        try_cast(joined.hukou_kind as hukou_kind_t) as t_hukou_kind, try_cast(joined.entry_month as month_t) as t_entry_month,
        try_cast(joined.entry_method as entry_method_t) as t_entry_method, try_cast(joined.study_mode as study_mode_t) as t_study_mode,
        try_cast(joined.status as status_t) as t_status, try_cast(joined.migrant as yes_no_t) as t_migrant, try_cast(joined.left_behind as yes_no_t) as t_left_behind,
        try_cast(joined.disability as disability_t) as t_disability, try_cast(joined.inclusive as yes_no_t) as t_inclusive,
        try_cast(joined.guardian_relation as guardian_relation_t) as t_guardian_relation,
        try_cast(joined.birth_date as date) as t_birth_date, grades.grade as t_grade, grades.stage as t_stage, known_classes.school_id as t_school_id,
        case when id_days.day = t_birth_date then 'self' when id_days.ymd + 160000 <= try_cast(replace(joined.birth_date, '-', '') as integer) then 'guardian' end::holder_t as t_id_holder,
        coalesce(
            regexp_full_match(shape, '[GLJ][0-9]{17}[0-9X]\x1F(?:[0-9]{17}[0-9X])?\x1F(?:[0-9]{17}[0-9X])?\x1F[0-9]{0,17}\x1F[0-9]{1,17}\x1F[0-9]{1,2}\x1F[0-9]{4}-[0-9]{2}-[0-9]{2}\x1F[0-9-]{0,17}\x1F[0-9-]{0,17}\x1F[0-9a-f]*\x1F[0-9-]{7}\x1F{{word}}\x1F(?:{{word}})?\x1F(?:{{word}})?')
            and t_sex is not null and t_id_kind is not null and t_ethnicity is not null and t_status is not null and t_school_id is not null and t_stage is not null
            and (joined.nationality is null or t_nationality is not null) and (joined.overseas is null or t_overseas is not null)
            and (joined.political_status is null or t_political_status is not null) and (joined.hukou_division is null or t_hukou_division is not null)
            and (joined.hukou_kind is null or t_hukou_kind is not null) and (joined.entry_method is null or t_entry_method is not null)
            and (joined.study_mode is null or t_study_mode is not null) and (joined.migrant is null or t_migrant is not null)
            and (joined.left_behind is null or t_left_behind is not null) and (joined.disability is null or t_disability is not null)
            and (joined.inclusive is null or t_inclusive is not null) and (joined.guardian_relation is null or t_guardian_relation is not null)
            and t_entry_month is not null and joined.entry_month <= '{{month}}'
            and t_birth_date between date '1900-01-01' and old_enough_by
            and (t_birth_date between born_from and born_by or t_status not in ('在读', '休学'))
            and (joined.guardian_id_no is null or not ends_with(joined.guardian_id_no, '000'))
            and case when joined.id_no is null then t_id_kind <> '居民身份证'
                else t_id_holder is not null
                    and (id_divisions.part + id_days.part + (id_number // 100 % 10) * 8 + (id_number // 10 % 10) * 4 + (id_number % 10) * 2
                        + case right(joined.id_no, 1) when 'X' then 10 else ascii(right(joined.id_no, 1)) - 48 end) % 11 = 1
                    and case when t_id_holder = 'guardian' then joined.guardian_id_no is not null or true
                        else (id_number % 2 = 1) = (t_sex = '男')
                            and (not starts_with(joined.student_no, 'G') or substr(joined.student_no, 2) = joined.id_no) end
                end,
            false) as clean,
        joined.digest in (select record_digest from before_digests) as same
    from joined
    left join known_classes on joined.school_id = known_classes.school_key and joined.class_id = known_classes.class_key
    left join grades on try_cast(joined.grade as integer) = grades.grade
    left join id_divisions on id_number // 100000000000 = id_divisions.code
    left join id_days on (id_number // 1000 % 100000000)::integer = id_days.ymd
)
select digest, hash(student_no) as key, clean,
    case when clean and not {{same}} then struct_pack(
        student_no := student_no, regional_no := regional_no, name := name, sex := t_sex, birth_date := t_birth_date, id_kind := t_id_kind, id_no := id_no,
        ethnicity := t_ethnicity, nationality := t_nationality, overseas := t_overseas, political_status := t_political_status,
        hukou_division := t_hukou_division, hukou_kind := t_hukou_kind, school_id := t_school_id, class_id := class_id, grade := t_grade,
        entry_month := t_entry_month, entry_method := t_entry_method, study_mode := t_study_mode, status := t_status, migrant := t_migrant,
        left_behind := t_left_behind, disability := t_disability, inclusive := t_inclusive, address := address, phone := phone,
        guardian_name := guardian_name, guardian_relation := t_guardian_relation, guardian_id_no := guardian_id_no, guardian_phone := guardian_phone,
        photo_digest := photo_digest, stage := t_stage, id_holder := t_id_holder, pupil_id := pupil_of(student_no),
        person_key := case when t_id_holder = 'self' then keyed('person', id_no) end, identity_digest := {{identity_digest}}) end as r,
    case when not clean then [{{raw_list}}] end as raw
from typed;
