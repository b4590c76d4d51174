"""The same nights by `xueji nightly` and by the DuckDB script, turn by turn, on the same inbox and fresh folders.

    python compare.py XUEJI SIZE… [--repeat 3]

Prints a Markdown table of medians: seconds, peak memory, ratios. Memory is the peak of the process, its children included.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DAYS = ["2012-09-03", "2012-09-04"]


def resident(process):
    """KiB that a process and its children hold now."""
    total = 0
    waiting = [process]
    while waiting:
        number = waiting.pop()
        try:
            status = Path(f"/proc/{number}/status").read_text()
            waiting += [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
    return total


def measured(command):
    began, peak = time.time(), 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.02)
        seconds = time.time() - began
        said.seek(0)
        assert process.returncode == 0, said.read().decode()[-2000:]
    return seconds, peak / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("xueji")
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    print("| pupils | night | xueji s | DuckDB s | time | xueji MiB | DuckDB MiB | memory |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for size in given.sizes:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            folder = Path(folder)
            inbox = folder / "inbox"
            sample = [given.xueji, "sample", "--single", "--students", str(size), "--out", str(inbox)]
            subprocess.run(sample, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            results = {}
            for _ in range(given.repeat):
                places = {name: folder / name for name in ["ours", "peer"]}
                for night, day in enumerate(DAYS):
                    ours = [given.xueji, "nightly", "--quiet", "--inbox", str(inbox), "--warehouse", str(places["ours"]), "--day", day]
                    peer = [sys.executable, str(HERE / "night.py"), str(inbox / "registry"), str(places["peer"]), day]
                    for name, command in [("ours", ours), ("peer", peer)]:
                        results.setdefault((night, name), []).append(measured(command))
                for place in places.values():
                    shutil.rmtree(place)
            for night in range(2):
                (s, m), (ps, pm) = [
                    [statistics.median(column) for column in zip(*results[night, name])] for name in ["ours", "peer"]
                ]
                print(f"| {size:,} | {night + 1} | {s:.1f} | {ps:.1f} | {s / ps:.2f} | {m:,.0f} | {pm:,.0f} | {m / pm:.2f} |", flush=True)
            print(json.dumps({f"{night + 1} {name}": runs for (night, name), runs in results.items()}), file=sys.stderr)


if __name__ == "__main__":
    main()
