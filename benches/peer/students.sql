-- The pupils: a row that is as it should be is typed here, any other keeps its raw cells for a closer look. No joins, so that rows stay in
-- the order of the file although two threads read it, and their place in the table is their place in the file.
-- The first night keeps all rows in this one pass. A later night keeps their digests, and then fetches those that last night did not have.

create table {{into}} as
with raw as (select * from (select {{raw_columns}} from {{read}}) {{where}}),
joined as (
    select *,
        concat(student_no, chr(31), id_no, chr(31), guardian_id_no, chr(31), regional_no, chr(31), class_id, chr(31), grade, chr(31), birth_date, chr(31),
            phone, chr(31), guardian_phone, chr(31), photo_digest, chr(31), entry_month, chr(31), name, chr(31), guardian_name, chr(31), address) as shape,
        hash({{digest_columns}}) as digest,
        try_cast(substr(id_no, 15, 3) as integer) as sequence,
        -- Places in dictionaries; nothing where the text is in none.
        enum_code(try_cast(left(id_no, 6) as division_t)) + 1 as division_at,
        date '1900-01-01' + enum_code(try_cast(substr(id_no, 7, 8) as day_t))::integer as id_day,
        enum_code(try_cast(grade as grade_t)) + 1 as grade_at
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
        try_cast(joined.birth_date as date) as t_birth_date, grade_at::integer as t_grade, getvariable('stages')[grade_at]::stage_t as t_stage, try_cast(joined.school_id as school_t) as t_school_id,
        case when id_day = t_birth_date then 'self' when age_on(id_day, t_birth_date) >= 16 then 'guardian' end::holder_t as t_id_holder,
        coalesce(
            regexp_full_match(shape, '[GLJ][0-9]{17}[0-9X]\x1F(?:[0-9]{17}[0-9X])?\x1F(?:[0-9]{17}[0-9X])?\x1F[0-9]{0,17}\x1F[0-9]{1,17}\x1F[0-9]{1,2}\x1F[0-9]{4}-[0-9]{2}-[0-9]{2}\x1F[0-9-]{0,17}\x1F[0-9-]{0,17}\x1F[0-9a-f]*\x1F[0-9-]{7}\x1F{{word}}\x1F(?:{{word}})?\x1F(?:{{word}})?')
            and t_sex is not null and t_id_kind is not null and t_ethnicity is not null and t_status is not null and try_cast(concat(joined.school_id, '/', joined.class_id) as class_t) is not null and t_stage is not null
            and (joined.nationality is null or t_nationality is not null) and (joined.overseas is null or t_overseas is not null)
            and (joined.political_status is null or t_political_status is not null) and (joined.hukou_division is null or t_hukou_division is not null)
            and (joined.hukou_kind is null or t_hukou_kind is not null) and (joined.entry_method is null or t_entry_method is not null)
            and (joined.study_mode is null or t_study_mode is not null) and (joined.migrant is null or t_migrant is not null)
            and (joined.left_behind is null or t_left_behind is not null) and (joined.disability is null or t_disability is not null)
            and (joined.inclusive is null or t_inclusive is not null) and (joined.guardian_relation is null or t_guardian_relation is not null)
            and t_entry_month is not null and joined.entry_month <= '{{month}}'
            and t_birth_date between date '1900-01-01' and getvariable('old_enough_by')[grade_at]
            and (t_birth_date between getvariable('born_from')[grade_at] and getvariable('born_by')[grade_at] or t_status not in ('在读', '休学'))
            and (joined.guardian_id_no is null or not ends_with(joined.guardian_id_no, '000'))
            and case when joined.id_no is null then t_id_kind <> '居民身份证'
                else t_id_holder is not null
                    and (getvariable('division_parts')[division_at] + getvariable('day_parts')[id_day - date '1900-01-01' + 1] + (sequence // 100) * 8 + (sequence // 10 % 10) * 4 + (sequence % 10) * 2
                        + case right(joined.id_no, 1) when 'X' then 10 else ascii(right(joined.id_no, 1)) - 48 end) % 11 = 1
                    and (t_id_holder = 'guardian'
                        or (sequence % 2 = 1) = (t_sex = '男')
                            and (not starts_with(joined.student_no, 'G') or substr(joined.student_no, 2) = joined.id_no))
                end,
            false) as clean
    from joined
)
select {{columns}} from typed;
