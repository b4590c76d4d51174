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

from books import TABLES, Books
from desk import DATA, HERE, Desk, Refused

ENUMS = ["sex", "id_kind", "ethnicity", "nationality", "overseas", "political_status", "hukou_kind", "entry_method", "study_mode", "status",
         "disability", "guardian_relation"]


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


class Night(Desk, Books):
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

    def keep(self, path):
        """The kept copy of a file: compressed, with the digest of what came, beside the reading."""
        place = self.out / "vault/landing" / self.source / str(self.day) / f"{path.name}.zst"
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with open(path, "rb") as file, open(place, "wb") as kept:
            packer = subprocess.Popen(["zstd", "-1", "-q", "-c", "-T1"], stdin=subprocess.PIPE, stdout=kept)
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
        self.sql("create table marks(tbl varchar, n bigint, pos integer, header varchar, rule varchar, value varchar, detail varchar)")
        sizes = ", ".join(f"('{label}', {point}, {number(policy['class_size']['teaching_point' if point and stage == 'primary' else stage]['standard'])}, "
                          f"{number(policy['class_size'][stage]['large_from'])}, {number(policy['class_size'][stage]['oversize_from'])})"
                          for label, stage in (("小学", "primary"), ("初中", "junior"), ("高中", "senior")) for point in (False, True))
        self.sql(f"create table _class_size_policy(stage, teaching_point, standard, large_from, oversize_from) as from (values {sizes})")
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
