copy (
    select pupil_id, sex, birth_date, ethnicity, hukou_division, hukou_kind, school_id, class_id, grade, stage, entry_month, study_mode, status,
        migrant, left_behind, disability, nationality, overseas, political_status, entry_method, inclusive, person_key, since_on, record_digest,
        source_row, date '{day}' as source_day, 'students.csv' as source_file
    from students
) to '{out}/students/students.parquet' (format parquet, compression zstd, compression_level 1);
copy identities to '{out}/identities/identities.parquet' (format parquet, compression zstd, compression_level 1);
copy posted to '{out}/ledger/run-{run}.parquet' (format parquet, compression zstd, compression_level 1);
copy claims to '{out}/units/claims-{run}.parquet' (format parquet, compression zstd, compression_level 1);
copy changes to '{out}/units/changes-{run}.parquet' (format parquet, compression zstd, compression_level 1);
copy quarantine_rows to '{out}/quarantine/{day}.parquet' (format parquet, compression zstd, compression_level 1);
copy finding_rows to '{out}/findings/findings.parquet' (format parquet, compression zstd, compression_level 1);
copy authorities to '{out}/units/authorities.parquet' (format parquet, compression zstd, compression_level 1);
copy schools to '{out}/units/schools.parquet' (format parquet, compression zstd, compression_level 1);
copy classes to '{out}/units/classes.parquet' (format parquet, compression zstd, compression_level 1);
drop table identities;
