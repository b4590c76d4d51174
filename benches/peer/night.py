"""One night as a careful DuckDB script does it: the yard-stick beside which `xueji nightly` is measured.

    python night.py INBOX/SOURCE WAREHOUSE YYYY-MM-DD [--threads 2] [--memory 8GB]

Reads one clean source of plain CSV, checks it, compares it with the night before, posts the ledger, builds the same marts from the same
SQL, writes Parquet (zstd 1) and syncs it. Prints one line of JSON: seconds by step, peak memory, rows.
"""

import argparse
import hashlib
import json
import os
import re
import resource
import threading
import time
from pathlib import Path

import duckdb
import pyarrow as pa

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("day")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="8GB")
    return parser.parse_args()


def keep(batch, landing, digests):
    """The kept copy and the digest of each file, beside everything else."""
    for path in sorted(batch.glob("*.csv")):
        digest = hashlib.sha256()
        with open(path, "rb") as file, pa.CompressedOutputStream(str(landing / (path.name + ".zst")), "zstd") as out:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
                out.write(chunk)
        digests[path.name] = digest.hexdigest()


def header(path):
    with open(path, encoding="utf-8") as file:
        return file.readline().rstrip("\r\n").split(",")


def read_batch(db, batch, headers):
    """The five tables as text, their columns renamed to the contract's fields. No sniffing."""
    for table in ["authorities", "schools", "classes", "students", "changes"]:
        names = [headers[table][name] for name in header(batch / f"{table}.csv")]
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        db.execute(
            f"create or replace table raw_{table} as select * from read_csv('{batch}/{table}.csv', auto_detect=false, header=true,"
            f" delim=',', quote='\"', escape='\"', columns={{{columns}}})"
        )


def code_lists(db):
    """An enum of the labels of each list, and a map from aliases and codes to labels."""
    aliases = db.sql(f"select list, alias, label from read_csv('{ROOT}/data/aliases/values.csv', all_varchar=true)").fetchall()
    for path in (ROOT / "data/codes").glob("*.csv"):
        rows = db.sql(f"select code, label from read_csv('{path}', all_varchar=true, header=true, delim=',')").fetchall()
        labels = list(dict.fromkeys(label for _, label in rows))
        known = {code: label for code, label in rows if code} | {a: l for of, a, l in aliases if of == path.stem}
        quoted = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
        db.execute(f"create type {path.stem}_label as enum ({quoted})")
        db.execute(f"create table {path.stem}_known as select ?::map(varchar, varchar) as known", [known])


def models(db, day, run):
    """Our own models in their order, in DuckDB's dialect: marts written and tested, steps kept."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "queries").glob("*/*.sql")}
    del texts["headcount_on"], texts["enrolment"]
    counted = (ROOT / "queries/enrolment/headcount_on.sql").read_text(encoding="utf-8").split("*/", 1)[1]
    counted = counted.replace("$day", f"date '{day}'").replace("$run_id", str(run))
    enrolment = (ROOT / "queries/enrolment/enrolment.sql").read_text(encoding="utf-8").split("*/", 1)[0]
    texts["enrolment"] = enrolment + "*/" + counted
    waiting, marts, tests = dict(texts), [], []
    while waiting:
        name = next(
            name
            for name, text in waiting.items()
            if not any(re.search(rf"(from|join)\s+{other}\b", text) for other in waiting if other != name)
        )
        head, sql = waiting.pop(name).split("*/", 1)
        sql = sql.replace("left anti join", "anti join").replace("to_char(", "strftime(")
        grain = re.search(r"^Grain +(.+)$", head, re.M).group(1)
        db.execute(f"create or replace table {name} as select * from ({sql}) order by {grain}")
        if not name.startswith("_"):
            marts.append(name)
        for columns in re.findall(r"^Test +unique\((.+)\)$", head, re.M):
            tests.append((name, f"select {columns} from {name} group by {columns} having count(*) > 1"))
        for columns in re.findall(r"^Test +not_null\((.+)\)$", head, re.M):
            tests += [(name, f"select * from {name} where {column} is null") for column in columns.split(", ")]
        for query in re.findall(r"^Test +no_rows: (.+(?:\n {6,}.+)*)$", head, re.M):
            tests.append((name, query))
    for name, query in tests:
        assert not db.sql(f"select * from ({query}) limit 1").fetchall(), f"{name}: {query}"
    return marts


def main():
    given = arguments()
    began, steps = time.time(), {}

    def done(step):
        steps[step] = round(time.time() - began - sum(steps.values()), 2)

    batch, out, day = given.source / given.day, given.warehouse, given.day
    for folder in ["students", "identities", "ledger", "quarantine", "findings", "landing", "marts", "units"]:
        (out / folder).mkdir(parents=True, exist_ok=True)
    run = 1 + len(list(out.glob("run-*.json")))
    landing = out / "landing" / day
    landing.mkdir(exist_ok=True)
    digests = {}
    keeping = threading.Thread(target=keep, args=(batch, landing, digests))
    keeping.start()

    db = duckdb.connect()
    db.execute(f"set threads={given.threads}; set memory_limit='{given.memory}'; set temp_directory='{out}/.spill'")
    headers = json.loads((HERE / "headers.json").read_text(encoding="utf-8"))
    code_lists(db)
    db.execute(f"create table _run as select date '{day}' as day, {run} as run_id")
    read_batch(db, batch, headers)
    done("read")

    def step(name, **more):
        text = (HERE / f"{name}.sql").read_text(encoding="utf-8")
        for key, value in {"out": out, "day": day, "run": run, "root": ROOT, **more}.items():
            text = text.replace("{" + key + "}", str(value))
        db.execute(text)

    step("check")
    done("check")
    opens = not list((out / "students").glob("*.parquet"))
    step("first" if opens else "diff")
    done("diff")
    step("write", last=run - 1)
    done("write")
    step("policy")
    marts = models(db, day, run)
    for mart in marts:
        db.execute(f"copy {mart} to '{out}/marts/{mart}.parquet' (format parquet, compression zstd, compression_level 1)")
    done("marts")
    keeping.join()
    for path in out.rglob("*"):
        if path.is_file() and began <= path.stat().st_mtime:
            with open(path, "rb") as file:
                os.fsync(file.fileno())
    counts = {
        name: db.sql(f"select count(*) from {name}").fetchone()[0]
        for name in ["accepted", "quarantine_rows", "finding_rows", "posted"]
    }
    with open(out / f"run-{run}.json", "w", encoding="utf-8") as file:
        json.dump({"run": run, "day": day, "digests": digests, **counts}, file)
        file.flush()
        os.fsync(file.fileno())
    done("sync")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"seconds": round(time.time() - began, 2), "peak_mib": peak, "steps": steps, **counts}))


if __name__ == "__main__":
    main()
