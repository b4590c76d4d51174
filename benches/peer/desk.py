"""A batch across the desk: its files read by their headers, its rows checked, its keys settled. The rules are in the SQL beside this."""

import csv
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data"
IDENTITY = ["student_no", "number_kind", "regional_no", "name", "id_kind", "id_no", "id_holder", "guardian_name", "guardian_relation",
            "guardian_id_no", "guardian_phone", "address", "phone", "photo_digest"]
# Free text that needs no trimming and no narrowing.
WORD = r"[^\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}０-９Ａ-Ｚａ-ｚ](?:[^\x1F０-９Ａ-Ｚａ-ｚ]*[^\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}０-９Ａ-Ｚａ-ｚ])?"
DIGESTED = 31


class Refused(Exception):
    """The batch cannot be taken."""


class Desk:
    """Part of a `Night`."""

    def columns(self, table, path):
        """The columns of a file by its header, as the contract's fields; a missing required one refuses the batch."""
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = [name.strip() for name in next(csv.reader(file), [])]
        fields = self.contract[table]
        names = {row["header"]: row["field"] for row in fields}
        with open(DATA / "aliases/headers.csv", encoding="utf-8", newline="") as file:
            aliases = {row["alias"]: row["header"] for row in csv.DictReader(file) if row["table"] in ("*", table)}
        found = [names.get(name) or names.get(aliases.get(name, "")) or f"extra_{at}" for at, name in enumerate(header)]
        missing = [row["header"] for row in fields if row["required"] == "1" and row["field"] not in found]
        if missing or len(set(found)) != len(found):
            raise Refused(f"{path.name}: columns missing or doubled: {missing or header}")
        return found

    def reader(self, table):
        """`read_csv` of a table of the batch with every option fixed, and its columns in the contract's order."""
        path = self.batch / f"{table}.csv"
        found = self.columns(table, path)
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in found)
        read = (f"read_csv('{path}', columns = {{{types}}}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
                f"nullstr = '', store_rejects = true, rejects_table = 'broken_{table}', rejects_scan = 'scan_{table}')")
        cells = [row["field"] if row["field"] in found else f"null::varchar as {row['field']}" for row in self.contract[table]]
        return read, cells

    def broken(self, table):
        """Rows that could not be cut into columns: rejected, and counted in the numbers of the rows below them."""
        lines = [row[0] for row in self.sql(f"select distinct line from broken_{table} order by line").fetchall()]
        self.sql(f"insert into marks select '{table}', -line::bigint, null, null, 'column_count', csv_line, '' from "
                 f"(select line, min(csv_line) as csv_line from broken_{table} group by line)")
        thresholds = [line - at for at, line in enumerate(lines)]
        count = f"len(list_filter({thresholds}, lambda t: t <= n + 2))" if thresholds else "0"
        self.sql(f"create or replace macro row_of_{table}(n) as case when n < 0 then -n else n + 2 + {count} end::integer")
        self.tally[table]["rejected"] += len(lines)
        self.tally[table]["rows"] += len(lines)

    def fields(self, table):
        return [row["field"] for row in self.contract[table]]

    def pivot(self, table):
        return ", ".join(f"max(text) filter (pos = {at + 1}) as {row['field']}" for at, row in enumerate(self.contract[table]))

    def small_table(self, table):
        """A small table: every row is read cell by cell, keys are settled, what is accepted becomes a table `<name>_tonight`."""
        read, cells = self.reader(table)
        self.sql(f"create or replace temp table odd as select '{table}' as tbl, n, [{', '.join(self.fields(table))}] as raw "
                 f"from (select row_number() over () - 1 as n, {', '.join(cells)} from {read})")
        self.tally[table]["rows"] += self.one("select count(*) from odd")
        self.broken(table)
        self.file("cells.sql", table=table)
        fields = self.fields(table)
        keys = [row["field"] for row in self.contract[table] if row["key"] == "1"]
        self.sql(f"create or replace temp table wide as select n, {self.pivot(table)} from read_cells group by n")
        if table == "classes":
            self.sql("insert into marks select 'classes', n, 1, '学校标识码', 'unknown_school', school_id, '' from wide "
                     "where school_id is not null and school_id not in (select school_id from known_schools)")
        self.sql(f"create or replace temp table sound as from wide where n not in (select n from marks semi join rules r on marks.rule = r.rule and r.severity = 'reject' "
                 f"where tbl = '{table}')")
        same = " and ".join(f"s.{field} is not distinct from f.{field}" for field in fields)
        self.sql(f"create or replace temp table fallen as select s.n, {same} as same, s.{keys[0]} as value from sound s "
                 f"inner join (select {', '.join(f'arg_min({field}, n) as {field}' for field in fields)}, min(n) as n from sound group by {', '.join(f'sound.{key}' for key in keys)}) f "
                 f"on {' and '.join(f's.{key} = f.{key}' for key in keys)} and s.n <> f.n")
        self.sql(f"insert into marks select '{table}', n, 1, (select header from contract where tbl = '{table}' and pos = 1), 'conflicting_key', value, '' "
                 "from fallen where not same")
        self.tally[table]["dropped"] = self.one("select count(*) from fallen where same")
        self.sql(f"create table {table}_tonight as select * exclude (n), '{self.source}' as source, {self.names['day']} as source_day, '{table}.csv' as source_file, "
                 f"null::varchar as source_sheet, row_of_{table}(n) as source_row from sound where n not in (select n from fallen)")
        if table == "schools":
            self.view("schools_before", "schools", "null::varchar as school_id, null::varchar as kind")
            self.sql("create table known_schools as select school_id, kind from schools_tonight union all "
                     "select school_id, kind from schools_before where school_id not in (select school_id from schools_tonight)")
        if table == "classes":
            self.sql("alter table classes_tonight add column stage varchar; update classes_tonight set stage = g.stage::varchar, "
                     "kind = case when kind = '普通班' then '普通' || g.stage::varchar || '班' else kind end from grades g where classes_tonight.grade::integer = g.grade")
            self.view("classes_before", "classes", "null::varchar as school_id, null::varchar as class_id")
            self.sql("create type school_t as enum (select school_id from known_schools order by school_id);"
                     "create table known_classes as select school_id as school_key, class_id as class_key, school_id::school_t as school_id from "
                     "(select school_id, class_id from classes_tonight union select school_id, class_id from classes_before) "
                     "semi join known_schools using (school_id);"
                     "create type class_t as enum (select school_key || '/' || class_key from known_classes order by all)")
        if table == "changes":
            self.view("changes_before", "changes", ", ".join(f"null::varchar as {field}" for field in fields) + ", null::bigint as pupil_id, null::date as source_day")
            self.sql("create table key_changes as select distinct student_no from changes_tonight where kind = '关键信息变更' and coalesce(result, '同意') = '同意'")

    def tree(self):
        """Authorities, schools and classes with the newest word on each; papers that are new or say something new."""
        level = "case when authority_id like '__0000' then 'province' when authority_id like '____00' then 'prefecture' else 'county' end"
        units = {
            "authorities": (["authority_id"], f"select authority_id, name, {level} as level, coalesce(parent_id, case {level} when 'prefecture' then authority_id[1:2] || '0000' "
                            f"when 'county' then authority_id[1:4] || '00' end) as parent_id, division, address, area_type, economic_attribute, ethnic_attribute, phone, "
                            "source, source_day, source_file, source_sheet, source_row from authorities_tonight"),
            "schools": (["school_id"], "select s.school_id, s.name, s.authority_id, s.authority_id as county_id, case when s.authority_id like '____00' then s.authority_id "
                        "when a.parent_id is null then s.authority_id[1:4] || '00' when a.parent_id like '____00' and a.parent_id not like '__0000' then a.parent_id "
                        "else s.authority_id end as prefecture_id, s.parent_school_id, s.kind, s.ownership, s.urban_rural, s.schooling_years::integer as schooling_years, "
                        "s.school_code, s.division, s.phone, s.source, s.source_day, s.source_file, s.source_sheet, s.source_row "
                        "from schools_tonight s left join authorities a on s.authority_id = a.authority_id"),
            "classes": (["school_id", "class_id"], "select school_id, class_id, name, grade::integer as grade, stage, founded, kind, homeroom_teacher, "
                        "schooling_years::integer as schooling_years, honour, department, major, source, source_day, source_file, source_sheet, source_row from classes_tonight"),
        }
        for table, (keys, fresh) in units.items():
            self.sql(f"create table {table}_now as {fresh}")
            if files := self.standing(table):
                self.sql(f"insert into {table}_now by name from read_parquet({files}) anti join {table}_tonight using ({', '.join(keys)})")
            self.sql(f"create view {table} as from {table}_now")
            self.write(table, f"from {table}_now order by {', '.join(keys)}")
        if not self.before:
            self.write("codes", "select list, code, label, origin from code_lists where list <> ''")
        says = self.fields("changes")
        self.sql("create table changes_new as select change_id, pupil_of(student_no) as pupil_id, kind, effective_on::date as effective_on, reason, from_school_id, from_class_id, "
                 "from_grade::integer as from_grade, to_school_id, to_class_id, to_grade::integer as to_grade, counterpart, applied_on::date as applied_on, "
                 "approved_on::date as approved_on, result, approval_mode, source, strftime(effective_on::date, '%Y-%m') as month, source_day, source_file, source_sheet, source_row "
                 "from changes_tonight")
        if self.standing("changes"):
            told = [field for field in says if field != "student_no"] + ["pupil_id"]
            self.sql(f"delete from changes_new where exists (from changes_before b where {' and '.join(f'b.{field} is not distinct from changes_new.{field}' for field in told)})")
        if self.one("select count(*) from changes_new") or not self.before:
            self.write("changes", "from changes_new order by change_id", append=True)
        self.view("all_changes", "changes", "")
        self.sql("create view changes as from all_changes qualify row_number() over (partition by source, change_id order by source_day desc) = 1")
        if self.before:
            self.sql("create table renumbered_before as from read_parquet({{files}})", files=self.standing("renumbered"))

    def students(self):
        read, cells = self.reader("students")
        fields = self.fields("students")
        digested = ", ".join(fields[:DIGESTED])
        identity = "hash(" + ", ".join(field if field not in ("id_holder", "number_kind") else ("t_id_holder::varchar" if field == "id_holder" else "left(student_no, 1)")
                                       for field in IDENTITY) + ")"
        if self.before:
            self.sql("create view before_digests as select record_digest from read_parquet({{files}})", files=self.standing("students"))
        text, row = (HERE / "students.sql").read_text(), (HERE / "student.sql").read_text()
        raw = f"case when not clean then [{', '.join(f'typed.{field}' for field in fields)}] end as raw"
        names = {"raw_columns": ", ".join(cells), "read": read, "digest_columns": digested, "word": WORD, "identity_digest": identity}
        kept = "" if self.before else f"case when clean then {row} end as r, "
        self.sql(text, into="tonight", where="", columns=f"digest, hash(student_no) as key, clean, {kept}{raw}", **names)
        if self.before:
            self.sql("create temp table unseen as select t.digest, min(t.rowid) as n from tonight t anti join before_digests b on t.digest = b.record_digest where t.clean group by t.digest")
            # The planner can't know how many rows a file has: it may not turn the join around and build on them.
            self.sql("set disabled_optimizers = 'join_order,build_side_probe_side'")
            self.sql(text, into="told", columns=f"digest, {row} as r", where=f"where hash({digested}) in (select digest from unseen)",
                     **{**names, "read": read.replace(", store_rejects = true, rejects_table = 'broken_students', rejects_scan = 'scan_students'", ", ignore_errors = true")})
            self.sql("reset disabled_optimizers")
        self.tally["students"]["rows"] += self.one("select count(*) from tonight")
        self.broken("students")
        self.odd = self.one("select count(*) from tonight where not clean") > 0
        if self.odd:
            self.sql("create or replace temp table odd as select 'students' as tbl, rowid as n, raw from tonight where not clean")
            self.file("cells.sql", table="students")
            own = lambda field: {"pupil_id": "pupil_of(student_no)", "person_key": "case when id_holder = 'self' then keyed('person', id_no) end",
                                 "identity_digest": identity.replace("t_id_holder::varchar", "id_holder")}.get(field)
            kept = fields[:DIGESTED] + ["stage", "id_holder", "pupil_id", "person_key", "identity_digest"]
            self.sql((HERE / "odd.sql").read_text(), pivot=self.pivot("students"),
                     digest_columns=", ".join("birth_date::varchar" if field == "birth_date" else "grade::varchar" if field == "grade" else field for field in fields[:DIGESTED]),
                     odd_columns=", ".join(f"{own(field)} as {field}" if own(field) else field for field in kept))

    def settle_keys(self):
        """One row for each key: identical ones are dropped, contradicting ones rejected; the first stays."""
        odd = "union all by name select key, digest, n from odd_students" if self.odd else ""
        self.sql(f"create view keyed_rows as select key, digest, rowid as n from tonight where clean {odd}")
        twice = self.sql("select key from keyed_rows group by key having count(*) > 1").fetchall()
        live = ""
        if twice:
            self.sql("create table fallen_students as with twice as (select * from keyed_rows semi join (select key from keyed_rows group by key having count(*) > 1) using (key)) "
                     "select n, digest = first_value(digest) over (partition by key order by n) as same from twice qualify row_number() over (partition by key order by n) > 1")
            self.sql("insert into marks select 'students', n, 1, '学籍号', 'conflicting_key', null, '' from fallen_students where not same")
            self.tally["students"]["dropped"] = self.one("select count(*) from fallen_students where same")
            live = "where n not in (select n from fallen_students)"
        self.sql(f"create view tonight_live as select digest from keyed_rows {live}")
        rest = "union all by name select * exclude (key) from odd_students"
        if self.odd and self.before:
            rest += " where digest not in (select record_digest from before_digests)"
        told = "select u.n, t.digest, unnest(t.r) from (from told qualify row_number() over (partition by digest) = 1) t inner join unseen u on t.digest = u.digest"
        self.sql(f"create view fresh_all as {told if self.before else 'select rowid as n, digest, unnest(r) from tonight where r is not null'} {rest if self.odd else ''}")
        renumbered = self.before and self.one("select count(*) from renumbered_before")
        pupil = "* replace (coalesce((select b.pupil_id from renumbered_before b where b.student_no = fresh_all.student_no), pupil_id) as pupil_id)" if renumbered else "*"
        self.sql(f"create view fresh_rows as select {pupil} from fresh_all {live}")
