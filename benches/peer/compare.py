#!/usr/bin/env python3
"""Runs `xueji nightly` and the DuckDB peer on the same inbox, one after the other, and prints what each needed as a Markdown table.

compare.py --xueji target/release/xueji --sizes 100000,1000000 --repeats 5 [--work FOLDER] [--agree]
"""

import argparse
import csv
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
MARTS = ["flows", "levels", "places", "units", "enrolment", "class_sizes", "movements", "balance", "transfer_flows", "fees", "unexplained",
         "virtual_classes", "rates", "problems"]
# What differs by design: surrogates and numbers of movements come of each warehouse's own key.
OWN = {"unexplained": ["movement_id", "pupil_id"], "problems": ["pupil_id"]}
COUNTS = {
    "accounts": "select kind, sign, school_id, class_id, grade, stage, status, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability, "
                "effective_on, explained, reverses, other_school_id, other_grade, other_status, count(*) as n from ledger group by all",
    "students": "select sex, birth_date, ethnicity, hukou_division, hukou_kind, school_id, class_id, grade, stage, entry_month, study_mode, status, migrant, left_behind, "
                "disability, nationality, overseas, political_status, entry_method, inclusive, since_on, source_file, source_row, count(*) as n from students group by all",
    "findings": "select rule, field, first_seen_on, count(*) as n from findings group by all",
    "claims": "select stated_on, present, school_id, class_id, grade, stage, status, count(*) as n from claims group by all",
}
VAULT_COUNTS = {
    "quarantine": 'select "table", "row", field, rule, count(*) as n from quarantine group by all',
    "identities": "select student_no, number_kind, regional_no, name, id_kind, id_no, id_holder, guardian_name, guardian_relation, guardian_id_no, guardian_phone, "
                  "address, phone, photo_digest, valid_from, valid_to, count(*) as n from identities group by all",
}


def memory_of(process):
    """(pid, KiB at most so far, KiB now) of a process and all its descendants."""
    found, waiting = [], [process]
    while waiting:
        pid = waiting.pop()
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for task in os.listdir(f"/proc/{pid}/task"):
                if task != str(pid):
                    children += pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        held = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith(("VmHWM", "VmRSS"))}
        found.append((pid, held.get("VmHWM", 0), held.get("VmRSS", 0)))
        waiting += map(int, children)
    return found


def measured(command):
    """Seconds and MiB of a command: its own peak, or the sum of all of its processes that lived at one time if that was more."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = {}
    readers = [threading.Thread(target=lambda name, pipe: said.__setitem__(name, pipe.read()), args=pair) for pair in (("out", child.stdout), ("err", child.stderr))]
    for reader in readers:
        reader.start()
    peak = 0
    while child.poll() is None:
        living = memory_of(child.pid)
        peak = max([peak, sum(now for _, _, now in living)] + [most for _, most, _ in living])
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    for reader in readers:
        reader.join()
    if child.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}\n{said['out'].decode()}\n{said['err'].decode()}")
    return seconds, peak / 1024


def xueji(options, inbox, out, day):
    return [options.xueji, "nightly", "--quiet", "--inbox", inbox, "--warehouse", out, "--day", day] + (["--source", options.source] if options.source else [])


def peer(options, inbox, out, day):
    return [sys.executable, HERE / "night.py", inbox, out, day, "--threads", str(options.threads), "--memory", options.memory] + (["--source", options.source] if options.source else [])


def rows_of_xueji(options, warehouse, sql, vault):
    command = [options.xueji, "query", "--warehouse", warehouse, "--format", "csv"] + (["--vault", "comparison with the DuckDB peer"] if vault else []) + [sql]
    said = subprocess.run(command, capture_output=True, check=False)
    if said.returncode:
        sys.exit(f"{sql}\n{said.stderr.decode()}")
    return said.stdout.decode()


def disagreements(options, warehouse, out):
    """Every mart row by row, and the facts counted by all they say; surrogates apart."""
    manifest = json.loads(sorted((out / "runs").glob("*.json"))[-1].read_text())
    db = duckdb.connect()
    for table, files in manifest["tables"].items():
        db.execute(f"create view \"{table}\" as from read_parquet({[str(out / file) for file in files]})")
    if "changes" not in manifest["tables"]:
        db.execute("create view changes as select null as kind where false")
    asked = {mart: f"select * exclude ({', '.join(OWN[mart])}) from {mart}" if mart in OWN else f"select * from {mart}" for mart in MARTS}
    found = []
    for name, sql in [*asked.items(), *COUNTS.items(), *VAULT_COUNTS.items()]:
        columns = [row[0] for row in db.execute(f"describe {sql}").fetchall()]
        listed = ", ".join(f'"{column}"' for column in columns)
        theirs_sql = f"select {listed} from {name}" if name in asked else sql.replace(" group by all", " group by " + ", ".join(
            word.strip() for word in sql[len("select "):sql.index(", count(*)")].split(",")))
        text = rows_of_xueji(options, warehouse, theirs_sql, name in VAULT_COUNTS)
        ours = [tuple(plain(cell) for cell in row) for row in list(csv.reader(io.StringIO(text)))[1:]]
        theirs = [tuple(plain(cell) for cell in row) for row in db.execute(sql).fetchall()]
        more, fewer = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
        if more or fewer or len(ours) != len(theirs):
            found.append(f"{name}: {len(ours)} rows against {len(theirs)}; only xueji: {more[:3]}; only DuckDB: {fewer[:3]}")
        else:
            print(f"  {name}: {len(ours)} rows agree", file=sys.stderr)
    return found


def plain(cell):
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.9g}"
    text = str(cell)
    try:
        return f"{float(text):.9g}" if "." in text and text.replace(".", "").replace("-", "").isdigit() else text
    except ValueError:
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xueji", required=True)
    parser.add_argument("--sizes", default="100000")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--work", type=pathlib.Path, help="a folder for samples and warehouses; a temporary one otherwise")
    parser.add_argument("--inbox", type=pathlib.Path, help="this inbox instead of a sample")
    parser.add_argument("--source", help="only this source of the inbox")
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--agree", action="store_true", help="compare what both made, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        work, failed = pathlib.Path(folder), []
        print("| pupils | night | xueji s | xueji MiB | DuckDB s | DuckDB MiB | time | memory |")
        print("|---:|---|---:|---:|---:|---:|---:|---:|", flush=True)
        for size in options.sizes.split(","):
            inbox = options.inbox or work / f"inbox-{size}"
            if not options.inbox:
                subprocess.run([options.xueji, "sample", "--single", "--students", size, "--out", inbox], check=True, stdout=subprocess.DEVNULL)
            days = sorted({path.name for source in inbox.iterdir() if source.is_dir() for path in source.iterdir()})[:options.nights]
            took = {}
            for repeat in range(options.repeats):
                both = [("xueji", xueji), ("peer", peer)]
                for name, command in both if repeat % 2 == 0 else reversed(both):
                    for day in days:
                        took.setdefault((day, name), []).append(measured(command(options, inbox, work / name, day)))
                if options.agree and repeat == 0:
                    failed += disagreements(options, work / "xueji", work / "peer")
                for name, _ in both:
                    shutil.rmtree(work / name)
            for day in days:
                ours, theirs = ([statistics.median(value) for value in zip(*took[day, name])] for name in ("xueji", "peer"))
                print(f"| {int(size):,} | {day} | {ours[0]:.2f} | {ours[1]:.0f} | {theirs[0]:.2f} | {theirs[1]:.0f} | {ours[0] / theirs[0]:.2f} | {ours[1] / theirs[1]:.2f} |", flush=True)
            if not options.inbox:
                shutil.rmtree(inbox)
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
