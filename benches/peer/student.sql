-- One typed row.
struct_pack(
    student_no := student_no, regional_no := regional_no, name := name, sex := t_sex, birth_date := t_birth_date, id_kind := t_id_kind, id_no := id_no,
    ethnicity := t_ethnicity, nationality := t_nationality, overseas := t_overseas, political_status := t_political_status,
    hukou_division := t_hukou_division, hukou_kind := t_hukou_kind, school_id := t_school_id, class_id := class_id, grade := t_grade,
    entry_month := t_entry_month, entry_method := t_entry_method, study_mode := t_study_mode, status := t_status, migrant := t_migrant,
    left_behind := t_left_behind, disability := t_disability, inclusive := t_inclusive, address := address, phone := phone,
    guardian_name := guardian_name, guardian_relation := t_guardian_relation, guardian_id_no := guardian_id_no, guardian_phone := guardian_phone,
    photo_digest := photo_digest, stage := t_stage, id_holder := t_id_holder, pupil_id := pupil_of(student_no),
    person_key := case when t_id_holder = 'self' then keyed('person', id_no) end, identity_digest := {{identity_digest}})
