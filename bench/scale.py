"""Measures what a second worker adds: requests for each CPU-second of one worker, and of two.

A worker that waits for its target wakes more often for less, so its requests cost more: the target
must not be the bottleneck. On a machine with two cores the target has one of them, and the workers,
one or two, the other, which they keep busy. On cores of their own, two would give twice what both
give in a second of CPU: the gain is twice the ratio. The exit code is 1 if it is below the bar.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import processes
from cluster import free_port, is_open, wait_until
from measure import GENERATOR_CORE, SERVER_CORE
from server import Nginx

SCENARIO = Path(__file__).parent / "scenarios" / "plain.py"

#: Users of the test, whatever the number of workers: enough to keep two busy.
USERS = 100

#: Two workers give at least so many times what one gives.
BAR = 1.8

#: Seconds after the first request before the window begins.
WARM_UP_SECONDS = 2

#: Seconds after which a cluster has failed to start.
LIMIT_SECONDS = 60


@dataclass
class Run:
    """What so many workers gave in one window."""

    workers: int
    requests: int
    cpu_seconds: float
    master_cpu_seconds: float
    server_share: float
    seconds: float

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu_seconds


def run(command: str, nginx: Nginx, workers: int, window: float) -> Run:
    """Runs a master with so many workers; reads the counters at both ends of the window."""
    port = str(free_port())
    files = ("-f", str(SCENARIO), "--master-port", port)
    master = processes.Pinned(
        [
            *(command, "--master", "--headless", "--only-summary", "-f", str(SCENARIO)),
            *("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "-H", nginx.http),
            *("-u", str(USERS), "-r", "1000", "--expect-workers", str(workers)),
        ],
        SERVER_CORE,
    )
    nodes = []
    try:
        wait_until("the master listens", lambda: is_open(int(port)))
        for _ in range(workers):
            nodes.append(processes.Pinned([command, "--worker", *files], GENERATOR_CORE))
        before = nginx.requests()
        wait_until("requests arrive", lambda: nginx.requests() > before + 100)
        time.sleep(WARM_UP_SECONDS)

        def cpu() -> float:
            return sum(processes.cpu_seconds(node.pid) for node in nodes)

        start, requests, worked = time.monotonic(), nginx.requests(), cpu()
        led, served = processes.cpu_seconds(master.pid), nginx.cpu_seconds()
        time.sleep(window)
        seconds = time.monotonic() - start
        return Run(
            workers,
            nginx.requests() - requests,
            cpu() - worked,
            processes.cpu_seconds(master.pid) - led,
            (nginx.cpu_seconds() - served) / seconds,
            seconds,
        )
    finally:
        master.end()
        for node in nodes:
            node.wait(LIMIT_SECONDS)
            node.end()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gregaria", default="gregaria", help="command of master and workers")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--window", type=float, default=4, help="seconds that count of each run")
    parser.add_argument("--output", type=Path, help="file for the results as JSON")
    options = parser.parse_args(arguments)
    runs: list[Run] = []
    gains = []
    with tempfile.TemporaryDirectory(prefix="gregaria-bench-") as folder:
        nginx = Nginx(Path(folder), SERVER_CORE)
        try:
            for _ in range(options.repeats):
                one, two = (
                    run(options.gregaria, nginx, workers, options.window) for workers in (1, 2)
                )
                runs += [one, two]
                gains.append(2 * two.per_cpu_second / one.per_cpu_second)
                print(
                    f"requests for each CPU-second of a worker: {one.per_cpu_second:,.0f} of one,"
                    f" {two.per_cpu_second:,.0f} of two; gain {gains[-1]:.2f}"
                    f" (target {one.server_share:.0%} and {two.server_share:.0%} busy)",
                    flush=True,
                )
        finally:
            nginx.stop()
    gain = statistics.median(gains)
    print(f"gain of a second worker: {gain:.2f} [{min(gains):.2f}-{max(gains):.2f}], bar {BAR}")
    if options.output:
        options.output.write_text(json.dumps([asdict(each) for each in runs], indent=1) + "\n")
    return 1 if gain < BAR else 0


if __name__ == "__main__":
    sys.exit(main())
