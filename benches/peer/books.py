"""The books: last night against tonight, the ledger, identities and the lists of findings. What differs is worked out in the SQL beside this."""

from desk import HERE, IDENTITY, Refused

TABLES = ["authorities", "schools", "classes", "changes", "students"]
ACCOUNT = ["school_id", "class_id", "grade", "stage", "status", "sex", "ethnicity", "hukou_kind", "study_mode", "migrant", "left_behind", "disability"]
STUDENTS = ["pupil_id", "sex", "birth_date", "ethnicity", "hukou_division", "hukou_kind", "school_id", "class_id", "grade", "stage", "entry_month",
            "study_mode", "status", "migrant", "left_behind", "disability", "nationality", "overseas", "political_status", "entry_method", "inclusive",
            "person_key"]


class Books:
    """Part of a `Night`."""

    def account(self, alias):
        return "struct_pack(" + ", ".join(f"{field} := {alias}.{field}::{'integer' if field == 'grade' else 'varchar'}" for field in ACCOUNT) + ")"

    def students_columns(self, since):
        lineage = f"'{self.source}' as source, {self.names['day']} as source_day, 'students.csv' as source_file, null::varchar as source_sheet, row_of_students(f.n) as source_row"
        return ", ".join(f"f.{field}" for field in STUDENTS) + f", {since} as since_on, f.digest as record_digest, f.identity_digest, {lineage}"

    def identity_columns(self, alias):
        return ", ".join(f"left({alias}.student_no, 1) as number_kind" if field == "number_kind" else f"{alias}.{field}" for field in IDENTITY)

    def opening(self):
        """The first night of a source opens its balances."""
        self.db.execute("set preserve_insertion_order = false")
        self.write("students", f"select {self.students_columns(self.names['day'])} from fresh_rows f")
        self.write("identities", f"select pupil_id, {self.identity_columns('f')}, {self.names['day']} as valid_from, null::date as valid_to, '{self.source}' as source from fresh_rows f")
        account = ", ".join(f"{field}" for field in ACCOUNT)
        self.write("ledger", f"select (hash(pupil_id, {self.names['day']}, '期初', {account}) >> 1)::bigint as movement_id, {self.names['day']} as effective_on, "
                   f"{self.run}::bigint as run_id, pupil_id, '期初' as kind, true as explained, 1::integer as sign, {account}, false as reverses, "
                   "null::varchar as other_school_id, null::integer as other_grade, null::varchar as other_status from fresh_rows")
        self.write("claims", "select null::bigint as pupil_id, null::date as stated_on, null::boolean as present, "
                   + ", ".join(f"null::{'integer' if field == 'grade' else 'varchar'} as {field}" for field in ACCOUNT) + ", null::varchar as source where false")
        self.write("renumbered", "select null::varchar as student_no, null::bigint as pupil_id, null::date as since_on, null::varchar as source where false")
        self.write("papers_used", "select change_id from changes where effective_on <= " + self.names["day"])

    def differences(self):
        """A later night: last night's state against tonight's rows, movements from papers, the state written anew."""
        self.db.execute("set preserve_insertion_order = false")
        day, before = self.names["day"], self.standing
        self.file("diff.sql", students_before=before("students"), account_of_g=self.account("g"), account_of_f=self.account("f"))
        self.hold_if_shrunken()
        self.sql("create view ledger_before as from read_parquet({{files}}); create view papers_used as from read_parquet({{used}})",
                 files=before("ledger"), used=before("papers_used"))
        self.file("ledger.sql")
        self.sql(f"create view entries as {(HERE / 'entries.sql').read_text()}")
        self.write("ledger", "from entries", append=True)
        self.write("papers_used", "select change_id from steps", append=True)
        same_account = " and ".join(f"f.{field}::varchar is not distinct from g.{field}::varchar" for field in ACCOUNT)
        fresh = self.students_columns(f"case when g.pupil_id is not null and {same_account} then g.since_on else {day} end")
        self.write("students", f"from read_parquet({before('students')}) where record_digest not in (select record_digest from gone) "
                   f"union all by name select {fresh} from fresh f left join gone g on f.pupil_id = g.pupil_id")
        self.write("claims", f"select pupil_id, since_on as stated_on, true as present, {', '.join(f'was.{field} as {field}' for field in ACCOUNT)}, '{self.source}' as source "
                   f"from moves where was is not null union all by name select pupil_id, {day} as stated_on, false as present, '{self.source}' as source from moves where now is null",
                   append=True)
        self.write("renumbered", "from renumbered_tonight", append=True)
        # A new version of an identity ends the one before it.
        self.sql(f"create temp table renamed as select f.* from fresh f left join gone g on f.pupil_id = g.pupil_id where g.identity_digest is distinct from f.identity_digest")
        self.sql(f"insert into marks select 'students', f.n, c.pos, c.header, 'key_changed', null, '' from "
                 f"(select f.n, f.pupil_id, unnest([case when f.sex::varchar <> g.sex then 'sex' end, case when f.birth_date <> g.birth_date then 'birth_date' end, "
                 f"case when f.name <> i.name then 'name' end, case when i.id_no is distinct from f.id_no and i.id_no is not null then 'id_no' end]) as field "
                 f"from fresh f inner join gone g on f.pupil_id = g.pupil_id inner join (select i.pupil_id, i.name, i.id_no from read_parquet({before('identities')}) i "
                 f"semi join fresh on i.pupil_id = fresh.pupil_id where i.valid_to is null) i on f.pupil_id = i.pupil_id) f "
                 f"inner join contract c on c.tbl = 'students' and c.field = f.field "
                 f"where f.pupil_id not in (select pupil_id from changes where kind = '关键信息变更' and coalesce(result, '同意') = '同意')")
        self.write("identities", f"select i.* replace (case when i.valid_to is null and r.pupil_id is not null then {day} else i.valid_to end as valid_to) "
                   f"from read_parquet({before('identities')}) i left join (select pupil_id from renamed) r on i.pupil_id = r.pupil_id "
                   f"union all by name select pupil_id, {self.identity_columns('f')}, {day} as valid_from, null::date as valid_to, '{self.source}' as source from renamed f")

    def hold_if_shrunken(self):
        gone, of = self.sql(f"select (select count(*) from moves where now is null and was.status in ('在读', '休学', '辍学保留') and pupil_id not in "
                            f"(select pupil_id from changes where coalesce(result, '同意') = '同意' and kind in ('省内转学', '跨省转出', '跨境转出', '退学', '死亡', '毕业', '结业', '肄业'))), "
                            f"(select count(*) from read_parquet({self.standing('students')}))").fetchone()
        if 50 <= gone and 0.05 * of <= gone:
            raise Refused(f"held: {gone} of {of} pupils would vanish without a change record")

    def findings(self):
        self.sql("create view spoken as select m.*, r.severity, case m.tbl " + " ".join(f"when '{table}' then row_of_{table}(m.n)" for table in TABLES) + " end as row, "
                 "regexp_replace(replace(replace(replace(regexp_replace(r.zh, case when coalesce(m.detail, '') = '' then '\\[[^\\[\\]]*\\{detail\\}[^\\[\\]]*\\]' else '[\\[\\]]' end, '', 'g'), "
                 "'{header}', coalesce(m.header, '')), '{value}', case when regexp_full_match(m.value, '[GLJ]?[0-9]{14,17}[0-9X]') "
                 "then m.value[1:length(m.value) - 14 + case when length(m.value) = 15 then 3 else 0 end] || repeat('*', length(m.value) - 2 - (length(m.value) - 14 + case when length(m.value) = 15 then 3 else 0 end)) "
                 "|| right(m.value, 2) else coalesce(m.value, '') end), "
                 "'{detail}', coalesce(m.detail, '')), '[\\[\\]]', '', 'g') as message from marks m inner join rules r on m.rule = r.rule")
        cells = ", ".join(f"'{row['header']}=' || raw[{at + 1}]" for at, row in enumerate(self.contract["students"]))
        raw = f"(select array_to_string(list_filter([{cells}], lambda x: x is not null), chr(9)) from tonight t where t.rowid = s.n)" if self.odd else "null"
        self.write("quarantine", f"select '{self.source}' as source, {self.names['day']} as day, tbl as \"table\", tbl || '.csv' as file, null::varchar as sheet, row, header as field, value, rule, "
                   f"message, coalesce(case when n < 0 then value when tbl = 'students' then {raw} end, '') as raw from spoken s where severity = 'reject'", append=True)
        rejected = "select distinct tbl, n from spoken where severity = 'reject'"
        pupil = "select n, pupil_id, school_id::varchar as school_id from fresh_rows semi join (select n from marks where tbl = 'students') m using (n)"
        if self.odd:
            pupil += " union select n, pupil_id, school_id from odd_students"
        self.view("findings_before", "findings", "null::varchar as \"table\", null::bigint as pupil_id, null::varchar as school_id, null::varchar as rule, null::varchar as field, "
                  "null::varchar as detail, null::date as first_seen_on")
        stays = ""
        if self.before:
            stays = ("union all by name from findings_before b where rule = 'key_changed' and pupil_id not in (select pupil_id from changes where kind = '关键信息变更') "
                     "and not exists (from flagged f where f.pupil_id = b.pupil_id and f.rule = b.rule and f.field is not distinct from b.field)")
        self.sql(f"create table flagged as with pupils as ({pupil}), flags as (select s.tbl, s.n, s.row, s.rule, s.header, s.message from spoken s anti join ({rejected}) x on s.tbl = x.tbl and s.n = x.n "
                 f"where s.severity = 'flag') select '{self.source}' as source, f.tbl as \"table\", p.pupil_id, p.school_id, f.rule, f.header as field, f.message as detail, "
                 f"coalesce((select min(b.first_seen_on) from findings_before b where b.\"table\" = f.tbl and b.pupil_id is not distinct from p.pupil_id and b.rule = f.rule "
                 f"and b.field is not distinct from f.header), {self.names['day']}) as first_seen_on, {self.names['day']} as source_day, f.tbl || '.csv' as source_file, "
                 f"null::varchar as source_sheet, f.row as source_row from flags f left join pupils p on f.tbl = 'students' and f.n = p.n")
        self.write("findings", f"from flagged {stays}")
        for table, count in self.sql("select tbl, count(distinct n) from spoken where severity = 'reject' and n >= 0 group by tbl").fetchall():
            self.tally[table]["rejected"] += count
        for table, count in self.sql("select \"table\", count(distinct source_row) from flagged where rule <> 'key_changed' group by 1").fetchall():
            self.tally[table]["flagged"] = count
