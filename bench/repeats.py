"""How far runs of the same target differ by themselves, and whether `report compare` knows.

Runs the same load many times against a server with known times, and some more against one that is
ten percent slower, in random order; then compares every pair. Tells:

* how much each figure scatters between runs, and how much of that is seen within them: the rest is
  what `RUN_TO_RUN` in `crates/web/src/compare/table.rs` presumes;
* of how many pairs of equal runs the table says "same";
* in how many pairs the slower target is found.
"""

import argparse
import itertools
import json
import math
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCENARIO = HERE / "scenarios" / "repeats.py"
PORTS = {"equal": 18093, "slower": 18094}
FACTORS = {"equal": 1.0, "slower": 1.1}
FIGURES = ("rps", "p50_ms", "p95_ms", "p99_ms")
CHANGED = ("better", "worse", "different")

#: Seconds at the begin of a run that are left out: connections are opened, caches are cold.
RAMP_SECONDS = 6


def main() -> int:
    options = _options()
    store = Path(options.store)
    if not options.only_compare:
        _run_all(options, store)
    runs = _runs(store)
    result = {
        "seconds": options.seconds,
        "users": options.users,
        "runs": {name: len(found) for name, found in runs.items()},
        "scatter": _scatter(store, runs["equal"]),
        **_pairs(options.gregaria, store, runs),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gregaria", default="gregaria", help="the command")
    parser.add_argument("--runs", type=int, default=16, help="equal runs")
    parser.add_argument("--slower", type=int, default=6, help="runs of the slower target")
    parser.add_argument("--seconds", type=int, default=70, help="length of each")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--store", default="repeats.sqlite", help="file for the runs")
    parser.add_argument("--only-compare", action="store_true", help="of runs that are there")
    return parser.parse_args()


def _run_all(options: argparse.Namespace, store: Path) -> None:
    order = ["equal"] * options.runs + ["slower"] * options.slower
    random.shuffle(order)
    servers = [
        subprocess.Popen(
            [sys.executable, str(HERE / "slow_server.py"), str(PORTS[name]), str(factor)],
            stdout=subprocess.PIPE,
        )
        for name, factor in FACTORS.items()
    ]
    try:
        for server in servers:
            assert server.stdout is not None
            server.stdout.readline()
        for number, name in enumerate(order, 1):
            begun = time.monotonic()
            subprocess.run(
                [
                    *options.gregaria.split(),
                    *("-f", str(SCENARIO), "--headless", "--only-summary", "--loglevel", "ERROR"),
                    *("-u", str(options.users), "-r", str(options.users)),
                    *("-t", str(options.seconds), "-H", f"http://127.0.0.1:{PORTS[name]}"),
                    *("--profile", name, "--store", str(store), "--keep-runs", "1000"),
                ],
                check=True,
                capture_output=True,
                timeout=options.seconds + 60,
            )
            sys.stderr.write(f"{number}/{len(order)} {name} {time.monotonic() - begun:.0f} s\n")
    finally:
        for server in servers:
            server.kill()
            server.wait()


def _runs(store: Path) -> dict[str, list[int]]:
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT name, run FROM runs ORDER BY run").fetchall()
    return {name: [run for found, run in rows if found == name] for name in FACTORS}


def _scatter(store: Path, runs: list[int]) -> dict[str, Any]:
    """Standard deviations as parts: between runs, and what the halves of the runs let expect."""
    found = [_halves(store, run) for run in runs]
    scatter: dict[str, Any] = {}
    for figure in FIGURES:
        whole = [math.log(figures[2][figure]) for figures in found]
        total = statistics.stdev(whole)
        halves = [math.log(a[figure]) - math.log(b[figure]) for a, b, _ in found]
        # The halves differ by twice the variance of a half, which is twice that of the whole.
        within = math.sqrt(statistics.fmean(each * each for each in halves) / 4)
        between = math.sqrt(max(0.0, total * total - within * within))
        scatter[figure] = {
            "between_runs": round(total, 5),
            "from_within": round(within, 5),
            "rest": round(between, 5),
        }
    return scatter


def _halves(store: Path, run: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    with sqlite3.connect(store) as connection:
        [(started,)] = connection.execute("SELECT started FROM runs WHERE run = ?", (run,))
        rows = connection.execute(
            "SELECT time, seconds, requests, times FROM buckets WHERE run = ? AND entry = 0 "
            "ORDER BY time",
            (run,),
        ).fetchall()
    rows = [row for row in rows if row[0] >= started + RAMP_SECONDS][:-1]
    middle = len(rows) // 2
    return _figures(rows[:middle]), _figures(rows[middle:]), _figures(rows)


def _figures(rows: list[tuple[float, float, int, bytes]]) -> dict[str, float]:
    counts: dict[int, int] = {}
    for _, _, _, times in rows:
        for index, count in _decoded(times):
            counts[index] = counts.get(index, 0) + count
    ordered = sorted(counts.items())
    total = sum(counts.values())
    figures = {"rps": sum(row[2] for row in rows) / sum(row[1] for row in rows)}
    for name, quantile in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        figures[name] = _quantile(ordered, total * quantile)
    return figures


def _quantile(ordered: list[tuple[int, int]], rank: float) -> float:
    """The time at a rank, straight between the edges of its bucket."""
    seen = 0
    for index, count in ordered:
        if seen + count >= rank:
            low, high = _edges_ms(index)
            return low + (high - low) * (rank - seen) / count
        seen += count
    return _edges_ms(ordered[-1][0])[1]


def _decoded(times: bytes) -> Iterator[tuple[int, int]]:
    """Index and count of each bucket: see `crates/web/src/archive/sparse.rs`."""
    numbers = _numbers(times[1:])
    next(numbers, None)
    index = 0
    for distance in numbers:
        index += distance
        yield index, next(numbers)
        index += 1


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0


def _edges_ms(index: int) -> tuple[float, float]:
    """Edges of a bucket of two digits: see `crates/stats/src/histogram.rs`."""
    if index < 256:
        return index / 1000, (index + 1) / 1000
    shift = index // 128 - 1
    low = (128 + index % 128) << shift
    return low / 1000, (low + (1 << shift)) / 1000


def _pairs(gregaria: str, store: Path, runs: dict[str, list[int]]) -> dict[str, Any]:
    equal = [_compare(gregaria, store, a, b) for a, b in itertools.combinations(runs["equal"], 2)]
    slower = [
        _compare(gregaria, store, a, b) for a, b in itertools.product(runs["equal"], runs["slower"])
    ]
    times = ("p50_ms", "p95_ms", "p99_ms")
    return {
        "equal_pairs": len(equal),
        "called_same": _part(not any(_changes(each)) for each in equal),
        "slower_pairs": len(slower),
        "found": _part(
            any(each["total"][figure]["judgement"] == "worse" for figure in times)
            for each in slower
        ),
        "found_by_figure": {
            figure: _part(each["total"][figure]["judgement"] == "worse" for each in slower)
            for figure in times
        },
    }


def _compare(gregaria: str, store: Path, a: int, b: int) -> dict[str, Any]:
    words = [*gregaria.split(), "report", "compare", str(a), str(b)]
    command = [*words, "--store", str(store), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _changes(compare: dict[str, Any]) -> Iterator[bool]:
    for entry in (compare["total"], *compare["entries"]):
        for figure in (*FIGURES, "failed_ratio"):
            yield entry[figure]["judgement"] in CHANGED


def _part(answers: Iterator[bool]) -> float | None:
    found = list(answers)
    return round(sum(found) / len(found), 3) if found else None


if __name__ == "__main__":
    sys.exit(main())
