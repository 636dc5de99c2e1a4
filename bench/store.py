"""What it costs to keep a run: CPU, size of the file, and memory, with 500 entries.

Runs the same load with and without `--no-store`, in turn, and compares the CPU time of the process
for a request; requests are counted without a network, so that keeping stands out.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import processes

SCENARIO = Path(__file__).parent / "scenarios" / "store.py"
CORE = 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gregaria", default="gregaria", help="the command")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--users", type=int, default=100)
    options = parser.parse_args()
    pairs = []
    for repeat in range(options.repeats):
        order = [True, False] if repeat % 2 == 0 else [False, True]
        pairs.append({is_kept: _run(options, is_kept) for is_kept in order})
    more = [pair[True]["cpu_seconds"] - pair[False]["cpu_seconds"] for pair in pairs]
    result = {
        "entries": 500,
        "seconds": options.seconds,
        "requests_per_second": statistics.median(
            pair[True]["requests"] / options.seconds for pair in pairs
        ),
        "store_percent_of_a_core": [round(100 * each / options.seconds, 2) for each in more],
        "median_percent_of_a_core": round(100 * statistics.median(more) / options.seconds, 2),
        "cpu_seconds_without": [round(pair[False]["cpu_seconds"], 2) for pair in pairs],
        "kib_in_file": [round(pair[True]["file_kib"]) for pair in pairs],
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


def _run(options: argparse.Namespace, is_kept: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "runs.sqlite"
        keeping = ["--store", str(store)] if is_kept else ["--no-store"]
        process = processes.Pinned(
            [
                *options.gregaria.split(),
                *("-f", str(SCENARIO), "--headless", "--only-summary", "--loglevel", "ERROR"),
                *("-u", str(options.users), "-r", str(options.users)),
                *("-t", str(options.seconds), *keeping),
            ],
            CORE,
        )
        try:
            # Read by the kernel when it has ended.
            before = processes.ended_children_seconds()
            code = process.wait(options.seconds + 60)
            after = processes.ended_children_seconds()
        finally:
            process.end()
        output = process.output()
        found = re.search(r"Aggregated\s+(\d+)", output)
        if code != 0 or found is None:
            raise SystemExit(f"the run has failed:\n{output[-2000:]}")
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        return {
            "cpu_seconds": after - before,
            "requests": int(found[1]),
            "file_kib": size / 1024,
        }


if __name__ == "__main__":
    sys.exit(main())
