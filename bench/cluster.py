"""Measures a master with many workers: its share of a core, its memory, and how late it is.

The workers are simulated, all in one process on the other core: crates/runner/examples/workers.rs.
The method is in bench/README.md; the exit code is 1 if a bar is missed.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import processes
from measure import GENERATOR_CORE, SERVER_CORE

SCENARIO = Path(__file__).parent / "scenarios" / "cluster.py"

#: Names in each report.
NAMES = 50

#: Seconds within which the workers come.
JOIN_SECONDS = 5

#: Seconds after the last user was spawned before the window begins: two reports of everybody.
SETTLE_SECONDS = 6

#: Seconds without which a start or an end has failed.
LIMIT_SECONDS = 60

#: Bars with 1,000 workers: percent of one core, MiB, seconds until the slowest answer.
BARS = {1000: {"core_percent": 25.0, "resident_mib": 300.0, "slowest_answer": 1.0}}


@dataclass
class Result:
    """What one run gave. It counts only if `problems` is empty."""

    master: str
    workers: int
    core_percent: float = 0.0
    resident_mib: float = 0.0
    crowd_core_percent: float = 0.0
    join_seconds: float = 0.0
    slowest_heartbeat: float = 0.0
    slowest_merge: float = 0.0
    reports: int = 0
    problems: list[str] = field(default_factory=list)

    def judge(self) -> None:
        """Adds the bars that are missed."""
        bars = BARS.get(self.workers, {}) if self.master == "gregaria" else {}
        figures = {
            "core_percent": self.core_percent,
            "resident_mib": self.resident_mib,
            "slowest_answer": max(self.slowest_heartbeat, self.slowest_merge),
        }
        for name, bar in bars.items():
            if figures[name] > bar:
                self.problems.append(f"{name} is {figures[name]:,.1f}, not at most {bar:,.0f}")


class TooLate(Exception):
    """Something has not happened in time."""


def wait_until(what: str, look: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not look():
        if time.monotonic() > end:
            raise TooLate(what)
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(name: str, command: str, crowd: str, workers: int, window: float) -> Result:
    """Runs a master with so many workers and looks at it while all of them report."""
    result = Result(name, workers)
    port = str(free_port())
    with tempfile.TemporaryDirectory(prefix="gregaria-bench-") as folder:
        log = Path(folder) / "log"
        master = processes.Pinned(
            [
                *(command, "--master", "--headless", "--only-summary", "-f", str(SCENARIO)),
                *("--master-bind-host", "127.0.0.1", "--master-bind-port", port),
                *("--expect-workers", str(workers), "--logfile", str(log)),
                *("-u", str(workers), "-r", str(workers)),
            ],
            GENERATOR_CORE,
        )
        words = [crowd, "127.0.0.1", port, str(workers), str(NAMES), str(JOIN_SECONDS)]
        many: processes.Pinned | None = None

        def said(text: str) -> bool:
            if master.has_ended():
                raise TooLate("the master has ended")
            return log.exists() and text in log.read_text()

        try:
            wait_until("the master listens", lambda: is_open(int(port)))
            many = processes.Pinned(words, SERVER_CORE)
            began = time.monotonic()
            wait_until("the users run", lambda: said("All users spawned"))
            result.join_seconds = time.monotonic() - began
            time.sleep(SETTLE_SECONDS)
            read_window(result, master, many, window)
            if said("failed to send heartbeat"):
                result.problems.append("a worker was taken for missing")
        except TooLate as error:
            result.problems.append(f"not within {LIMIT_SECONDS} s: {error}")
        finally:
            code = master.end()
        if many is not None:
            note_crowd(result, many)
        if code:
            result.problems.append(f"the master ended with exit code {code}")
    result.judge()
    return result


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def read_window(
    result: Result, master: processes.Pinned, many: processes.Pinned, window: float
) -> None:
    start = time.monotonic()
    cpu, crowd_cpu = processes.cpu_seconds(master.pid), processes.cpu_seconds(many.pid)
    time.sleep(window)
    seconds = time.monotonic() - start
    result.core_percent = 100 * (processes.cpu_seconds(master.pid) - cpu) / seconds
    result.crowd_core_percent = 100 * (processes.cpu_seconds(many.pid) - crowd_cpu) / seconds
    result.resident_mib = processes.resident_kib(master.pid) / 1024


def note_crowd(result: Result, many: processes.Pinned) -> None:
    """What the workers say when their master has let them go."""
    many.wait(15)  # Those of a master that has not kept up are ended.
    try:
        seen = json.loads(many.output())
    except ValueError:
        result.problems.append(f"the workers said: {many.output()[-300:]!r}")
        return
    result.slowest_heartbeat = seen["slowest_heartbeat"]
    result.slowest_merge = seen["slowest_merge"]
    result.reports = seen["reports"]
    for name in ("failed", "lost_connections"):
        if seen[name]:
            result.problems.append(f"{seen[name]} {name.replace('_', ' ')}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--window", type=float, default=12, help="seconds that count of each run")
    parser.add_argument("--gregaria", default="gregaria", help="command of the master")
    parser.add_argument("--locust", help="command of the real Locust, to be measured beside it")
    parser.add_argument("--crowd", required=True, help="program that plays the workers")
    parser.add_argument("--output", type=Path, help="file for the results as JSON")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    masters = {"gregaria": options.gregaria}
    if options.locust:
        masters["locust"] = options.locust
    results = []
    for workers in options.workers:
        for name, command in masters.items():
            result = measure(name, command, options.crowd, workers, options.window)
            results.append(result)
            print(
                f"{name:9} {workers:6,} workers  {result.core_percent:5.1f} % of a core"
                f"  {result.resident_mib:6.1f} MiB  all in after {result.join_seconds:4.1f} s"
                f"  slowest heartbeat {result.slowest_heartbeat:.3f} s"
                f"  slowest report {result.slowest_merge:.3f} s"
                + "".join(f"\n    {problem}" for problem in result.problems),
                flush=True,
            )
    if options.output:
        options.output.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
    return 1 if any(each.problems for each in results if each.master == "gregaria") else 0


if __name__ == "__main__":
    sys.exit(main())
