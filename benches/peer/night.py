#!/usr/bin/env python3
"""One night of the registration office in DuckDB: the yard-stick for `xueji nightly`. See README.md for what it does and leaves out.

night.py INBOX OUT DAY [--threads 2] [--memory 1GB]   prints one line of JSON: seconds, peak memory, row counts.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
import tomllib

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "data"
TABLES = ["authorities", "schools", "classes", "changes", "students"]
IDENTITY = ["student_no", "number_kind", "regional_no", "name", "id_kind", "id_no", "id_holder", "guardian_name", "guardian_relation",
            "guardian_id_no", "guardian_phone", "address", "phone", "photo_digest"]
ACCOUNT = ["school_id", "class_id", "grade", "stage", "status", "sex", "ethnicity", "hukou_kind", "study_mode", "migrant", "left_behind", "disability"]
STUDENTS = ["pupil_id", "sex", "birth_date", "ethnicity", "hukou_division", "hukou_kind", "school_id", "class_id", "grade", "stage", "entry_month",
            "study_mode", "status", "migrant", "left_behind", "disability", "nationality", "overseas", "political_status", "entry_method", "inclusive",
            "person_key"]
ENUMS = ["sex", "id_kind", "ethnicity", "nationality", "overseas", "political_status", "hukou_kind", "entry_method", "study_mode", "status",
         "disability", "guardian_relation"]
# Free text that needs no trimming and no narrowing.
WORD = r"[^\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}０-９Ａ-Ｚａ-ｚ](?:[^\x1F０-９Ａ-Ｚａ-ｚ]*[^\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}０-９Ａ-Ｚａ-ｚ])?"
DIGESTED = 31


class Refused(Exception):
    """The batch cannot be taken."""


class Files:
    """What the night writes: into files of its own run, synced, hashed beside the work, listed in the manifest at the end."""

    def __init__(self, out, run):
        self.out, self.run, self.tables, self.digests, self.rows = out, run, {}, {}, {}
        self.threads, self.failures = [], []

    def beside(self, work, *arguments):
        def guarded():
            try:
                work(*arguments)
            except Exception as error:
                self.failures.append(error)
        thread = threading.Thread(target=guarded)
        thread.start()
        self.threads.append(thread)

    def place(self, table, suffix="parquet"):
        vault = "vault/" if table in ("identities", "quarantine", "renumbered") else ""
        path = self.out / f"{vault}{table}" / f"run-{self.run:06}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def settle(self, path):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        sync_folder(path.parent)
        self.digests[str(path.relative_to(self.out))] = digest

    def join(self):
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise self.failures[0]


def sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


class Night:
    def __init__(self, options):
        self.inbox, self.out, self.day = pathlib.Path(options.inbox), pathlib.Path(options.out), datetime.date.fromisoformat(options.day)
        self.out.mkdir(parents=True, exist_ok=True)
        self.before = self.newest_manifest()
        sources = sorted(path.name for path in self.inbox.iterdir() if (path / options.day).is_dir() and (not options.source or path.name == options.source))
        if len(sources) != 1:
            raise Refused(f"{self.inbox} has {len(sources)} sources with a batch of {options.day}; this program takes one")
        self.source = sources[0]
        self.batch = self.inbox / self.source / options.day
        self.run = (self.before["run_id"] if self.before else 0) + 1
        self.files = Files(self.out, self.run)
        self.db = duckdb.connect(config={"threads": options.threads, "memory_limit": options.memory, "preserve_insertion_order": True,
                                         "temp_directory": str(self.out / "scratch")})
        self.steps = []
        self.names = {}

    def newest_manifest(self):
        runs = sorted((self.out / "runs").glob("*.json"))
        return json.loads(runs[-1].read_text()) if runs else None

    # ---- small tools

    def sql(self, text, **names):
        for name, value in {**self.names, **names}.items():
            text = text.replace("{{" + name + "}}", str(value))
        return self.db.execute(text)

    def file(self, name, **names):
        self.sql((HERE / name).read_text(), **names)

    def one(self, text, **names):
        return self.sql(text, **names).fetchone()[0]

    def step(self, name):
        now = time.perf_counter()
        self.steps.append((name, round(now - self.clock, 3)))
        self.clock = now

    def standing(self, table):
        """The files of a table as last night left it."""
        return [str(self.out / path) for path in (self.before or {}).get("tables", {}).get(table, [])]

    def write(self, table, query, append=False):
        """Writes a query as a new file of a table; the files of before stay part of it if it is appended to."""
        path = self.files.place(table)
        rows = self.one(f"copy ({query}) to '{path}' (format parquet, compression zstd, compression_level 1, row_group_size 131072)")
        kept = (self.before or {}).get("tables", {}).get(table, []) if append else []
        self.files.tables[table] = kept + [str(path.relative_to(self.out))]
        self.files.rows[table] = rows
        self.files.beside(self.files.settle, path)

    def view(self, name, table, empty):
        """The table as it stands, an empty one of the given columns if no night has written it."""
        files = self.files.tables.get(table)
        files = [str(self.out / path) for path in files] if files else self.standing(table)
        body = f"from read_parquet({files})" if files else f"select {empty} where false"
        self.sql(f"create or replace view {name} as {body}")

    # ---- the batch

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

    def keep(self, path):
        """The kept copy of a file: compressed, with the digest of what came, beside the reading."""
        place = self.out / "vault/landing" / self.source / str(self.day) / f"{path.name}.zst"
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with open(path, "rb") as file, open(place, "wb") as kept:
            packer = subprocess.Popen(["zstd", "-3", "-q", "-c", "-T1"], stdin=subprocess.PIPE, stdout=kept)
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                packer.stdin.write(chunk)
            packer.stdin.close()
            if packer.wait():
                raise RuntimeError(f"zstd of {path.name} failed")
            os.fsync(kept.fileno())
        sync_folder(place.parent)
        self.landed[path.name] = {"sha256": digest.hexdigest(), "bytes": path.stat().st_size, "kept": str(place.relative_to(self.out))}

    def keep_all(self):
        for table in TABLES:
            self.keep(self.batch / f"{table}.csv")

    # ---- the steps

    def go(self):
        began = self.clock = time.perf_counter()
        if self.before and str(self.day) in self.before["days"]:
            return {"seconds": 0.0, "nothing_new": True}
        missing = [table for table in TABLES if not (self.batch / f"{table}.csv").is_file()]
        if missing:
            raise Refused(f"held: {missing} missing")
        stats = {table: (self.batch / f"{table}.csv").stat() for table in TABLES}
        self.landed = {}
        self.files.beside(self.keep_all)
        self.prepare()
        self.step("prepare")
        for table in TABLES[:4]:
            self.small_table(table)
        self.tree()
        self.step("small tables")
        self.students()
        self.step("students read and checked")
        self.settle_keys()
        self.step("keys")
        self.differences() if self.before else self.opening()
        self.step("difference and state")
        self.findings()
        self.step("findings")
        self.marts()
        self.step("marts")
        self.files.join()
        for table, stat in stats.items():
            now = (self.batch / f"{table}.csv").stat()
            if (now.st_size, now.st_mtime_ns) != (stat.st_size, stat.st_mtime_ns):
                raise Refused(f"{table}.csv changed while it was read")
        self.publish()
        self.step("publish")
        return {"seconds": round(time.perf_counter() - began, 3), "peak_kib": peak(), "run": self.run, "rows": self.files.rows,
                "tally": self.tally, "steps": dict(self.steps)}

    def prepare(self):
        with open(HERE / "contract.csv", encoding="utf-8", newline="") as file:
            self.contract = {}
            for row in csv.DictReader(file):
                self.contract.setdefault(row["table"], []).append(row)
        rules = tomllib.loads((DATA / "checks/rules.toml").read_text())
        policy = tomllib.loads((DATA / "policies/national-2013.toml").read_text())
        own = tomllib.loads((DATA / "policies/anhui-2013.toml").read_text())
        number = lambda place: place["value"]
        ages = policy["ages"]
        cut_month, cut_day = map(int, number(ages["cut_off"]).split("-"))
        start = int(number(own["school_year_start"])[:2])
        year = self.day.year - (self.day.month < start)
        key = self.out / "vault/pupil.key"
        key.parent.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            key.write_text(secrets.token_hex(32))
        self.names = {"here": HERE, "data": DATA, "day": f"date '{self.day}'", "month": str(self.day)[:7], "source": self.source, "run": self.run, "year": year,
                      "cut_month": cut_month, "cut_day": cut_day, "cut_off": f"make_date({year}, {cut_month}, {cut_day})", "entry_age": number(ages["entry"]),
                      **{f"{side}_{stage}": number(ages[f"{side}_by"][stage]) for side in ("younger", "older") for stage in ("primary", "junior", "senior")}}
        self.sql(f"set variable day = date '{self.day}'; set variable key = '{key.read_text()}'")
        self.sql("create macro keyed(purpose, x) as (md5_number_lower(getvariable('key') || purpose || x) >> 1)::bigint;"
                 "create macro pupil_of(x) as keyed('pupil', x);")
        self.file("contract.sql")
        for name in ENUMS:
            self.sql(f"create type {name}_t as enum (select label from code_lists where list = '{name}' group by label order by min(nth))")
        self.sql("create type month_t as enum (select strftime(m, '%Y-%m') from range(timestamp '1980-01-01', timestamp '2030-01-01', interval 1 month) r(m))")
        self.sql("create table rules(rule varchar, severity varchar, zh varchar)")
        self.db.executemany("insert into rules values (?, ?, ?)", [(name, rule["severity"], rule["zh"]) for name, rule in rules.items()])
        self.sql("create table marks(tbl varchar, n bigint, pos integer, header varchar, rule varchar, value varchar, detail varchar);"
                 "create view mark_rows as select tbl, n as row, n, pos, header, rule, value, detail from marks")
        sizes = ", ".join(f"('{label}', {number(policy['class_size'][stage]['standard'])}, {number(policy['class_size'][stage]['large_from'])}, "
                          f"{number(policy['class_size'][stage]['oversize_from'])})" for label, stage in (("小学", "primary"), ("初中", "junior"), ("高中", "senior")))
        self.sql(f"create table _class_size_policy(stage, standard, large_from, oversize_from) as from (values {sizes})")
        fee = own["fee"]
        exceptions = {int(year): terms for year, terms in fee.get("exceptions", {}).items()}
        terms = []
        for fee_year in range(self.day.year - 13, self.day.year + 1):
            special = exceptions.get(fee_year, {})
            terms.append((fee_year, special.get("snapshot_on", {}).get("value", f"{fee_year}-{number(fee['snapshot'])}"),
                          special.get("due_on", {}).get("value", f"{fee_year}-{number(fee['due'])}"), number(fee["rate_fen"])))
        self.sql("create table fee_terms(fee_year bigint, snapshot_on date, due_on date, rate_fen bigint)")
        self.db.executemany("insert into fee_terms values (?, ?, ?, ?)", terms)
        self.sql(f"create macro school_year(d) as (year(d) - (month(d) < {start})::integer)::varchar || '-' || (year(d) - (month(d) < {start})::integer + 1)::varchar;"
                 "create macro statistics_year(d) as (year(d) - (month(d) < 9)::integer)::varchar || '-' || (year(d) - (month(d) < 9)::integer + 1)::varchar;")
        self.year_starts = {"_school_years": start, "_statistics_years": 9}
        self.tally = {table: {"rows": 0, "rejected": 0, "dropped": 0, "flagged": 0} for table in TABLES}

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
            self.sql(text, into="told", columns=f"digest, {row} as r", where=f"where hash({digested}) in (select digest from unseen)",
                     **{**names, "read": read.replace(", store_rejects = true, rejects_table = 'broken_students', rejects_scan = 'scan_students'", ", ignore_errors = true")})
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

    def marts(self):
        self.view("ledger", "ledger", "")
        for table in ("students", "findings", "claims"):
            self.view(f"{table}_now" if table == "students" else table, table, "")
        self.sql("create or replace view students as from students_now; create table rivals(pupil_id bigint, school_id varchar, source varchar, holder_source varchar, since_on date);"
                 f"create table batches as select '{self.source}' as source, {self.names['day']} as day;")
        first = self.one("select min(effective_on) from ledger")
        for name, month in self.year_starts.items():
            begin = first.year - (first.month < month)
            self.sql(f"create table {name} as select y::varchar || '-' || (y + 1)::varchar as school_year, y as year_number, make_date(y::integer, {month}, 1) as first_day, "
                     f"make_date((y + 1)::integer, {month}, 1) - 1 as last_day from range({begin}, {self.day.year - (self.day.month < month) + 1}) r(y)")
        self.sql(f"create table _fee_policy as from fee_terms where snapshot_on between date '{first}' and {self.names['day']}")
        for path in sorted((HERE / "marts").glob("*.sql")):
            for mart in re.split(r"^-- ==> ", path.read_text(), flags=re.M)[1:]:
                head, body = mart.split("\n", 1)
                name = head.split(":")[0]
                self.sql(f"create table {name} as {body}")
                self.clocked(name)
                for test in re.findall(r"^-- test (.*)$", body, flags=re.M):
                    if found := self.sql(f"select * from ({test_sql(name, test)}) limit 1").fetchall():
                        raise Refused(f"the figures of {name} do not hold: {test}: {found}")
                self.clocked(name + " tests")
                if not name.startswith("_"):
                    self.write(name, f"from {name}")

    def clocked(self, name):
        if os.environ.get("PEER_STEPS"):
            now = time.perf_counter()
            print(f"    {name} {now - getattr(self, 'last', self.clock):.3f}", file=sys.stderr)
            self.last = now

    def publish(self):
        tables = {**(self.before or {}).get("tables", {}), **self.files.tables}
        manifest = {"run_id": self.run, "day": str(self.day), "days": (self.before or {}).get("days", []) + [str(self.day)], "tables": tables,
                    "rows": self.files.rows, "files": dict(sorted(self.files.digests.items())), "batches": [{"table": table, **self.tally[table], **self.landed[f"{table}.csv"]} for table in TABLES]}
        runs = self.out / "runs"
        runs.mkdir(exist_ok=True)
        half = runs / f".{self.run:06}.half"
        with open(half, "w", encoding="utf-8") as file:
            json.dump(manifest, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.rename(half, runs / f"{self.run:06}.json")
        sync_folder(runs)
        shutil.rmtree(self.out / "scratch", ignore_errors=True)


def test_sql(name, test):
    """The query whose rows break a test."""
    if test.startswith("no_rows:"):
        return test.removeprefix("no_rows:")
    kind, arguments = re.fullmatch(r"(\w+)\((.*)\)", test).groups()
    words = [word.strip() for word in arguments.split(",")]
    if kind == "unique":
        return f"select {arguments} from {name} group by all having count(*) > 1"
    if kind == "not_null":
        return f"select * from {name} where {' or '.join(f'{word} is null' for word in words)}"
    if kind == "accepted":
        return f"select {words[0]} from {name} where {words[0]} not in ({', '.join(repr(word) for word in words[1:])})"
    if kind == "relates_to":
        table, other = words[1].split(".")
        return f"select {words[0]} from {name} where {words[0]} not in (select {other} from {table})"
    what, by = arguments.split(" by ")
    line, amount = (word.strip() for word in what.split(","))
    return f"select {by} from {name} group by all having sum(case when {line} = 'opening' or {line} like 'in:%' then {amount} else -{amount} end) <> 0"


def peak():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inbox")
    parser.add_argument("out")
    parser.add_argument("day")
    parser.add_argument("--source")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1GB")
    try:
        print(json.dumps(Night(parser.parse_args()).go(), ensure_ascii=False))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
