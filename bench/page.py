"""Measures the page: how fast it answers beside a full load, and what its viewers cost.

The method is in bench/README.md; the exit code is 1 if a bar is missed.
"""

import argparse
import json
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import processes
from cluster import JOIN_SECONDS, TooLate, free_port, wait_until
from measure import GENERATOR_CORE, SERVER_CORE
from server import Nginx

SCENARIOS = Path(__file__).parent / "scenarios"

VIEWERS = 20

#: Users of the full load, and workers and names of the large cluster.
USERS, WORKERS, NAMES = 100, 200, 500

#: What is asked while the generator works: the page itself, its state, Locust's figures.
ASKED = ("/", "/api/v1/delta?topics=overview", "/stats/requests")

#: Name of the threads that serve the page.
PAGE_THREADS = "web"

#: Milliseconds in which 99 of 100 answers come; percent of the rate, and of a core, for 20 viewers.
ANSWER_BAR, RATE_BAR, CORE_BAR = 20.0, 1.0, 2.0


@dataclass
class Result:
    """What was measured. It counts only if `problems` is empty."""

    answers: int = 0
    answer_p50_ms: float = 0.0
    answer_p99_ms: float = 0.0
    generator_core_percent: float = 0.0
    rates: list[tuple[float, float]] = field(default_factory=list)
    """Requests a second without viewers and with them, pair by pair."""
    rate_change_percent: float = 0.0
    """The median of their changes: it scatters by more than the bar where cores are shared."""
    page_core_percents: list[tuple[float, float]] = field(default_factory=list)
    """Shares of the generator's core that the page's threads had in these windows."""
    taken_percent: float = 0.0
    """What viewers take of that core, and so of its rate: the median of the differences."""
    master_core_percents: list[tuple[float, float]] = field(default_factory=list)
    """Shares of a core without viewers and with them, pair by pair."""
    viewers_core_percent: float = 0.0
    viewer_bytes_per_second: float = 0.0
    problems: list[str] = field(default_factory=list)

    def judge(self) -> None:
        """Adds the bars that are missed."""
        for what, figure, bar in (
            ("p99 of answers, in ms", self.answer_p99_ms, ANSWER_BAR),
            ("loss of the generator's core, in percent", self.taken_percent, RATE_BAR),
            ("share of a core for viewers, in percent", self.viewers_core_percent, CORE_BAR),
        ):
            if figure > bar:
                self.problems.append(f"{what}: {figure:.2f}, not at most {bar:g}")


class Viewers:
    """Open pages: streams that are read and thrown away, by a thread of this process."""

    def __init__(self, port: int, count: int) -> None:
        self.bytes = 0
        self._ends = False
        self._selector = selectors.DefaultSelector()
        for _ in range(count):
            stream = socket.create_connection(("127.0.0.1", port), timeout=10)
            stream.sendall(
                b"GET /api/v1/stream HTTP/1.1\r\nAccept-Encoding: gzip\r\n"
                + f"Host: 127.0.0.1:{port}\r\n\r\n".encode()
            )
            stream.setblocking(False)
            self._selector.register(stream, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._ends:
            for key, _ in self._selector.select(0.1):
                stream: Any = key.fileobj
                piece = stream.recv(1 << 16)
                self.bytes += len(piece)
                if not piece:
                    self._selector.unregister(stream)
                    stream.close()

    def go(self) -> None:
        """Closes all pages."""
        self._ends = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            stream: Any = key.fileobj
            stream.close()
        self._selector.close()


def ask(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read()


def is_ready(port: int) -> bool:
    try:
        ask(port, "/worker-count")
    except OSError:
        # Nobody listens yet, or the test is being loaded.
        return False
    return True


def tell(port: int, path: str, body: object) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


@contextmanager
def page(command: str, scenario: str, *words: str) -> Iterator[tuple[processes.Pinned, int]]:
    """A process that serves the page at a free port, on the core of the generator."""
    port = free_port()
    process = processes.Pinned(
        [
            *(command, "-f", str(SCENARIOS / scenario), "--web-port", str(port)),
            *("--no-store", "--skip-log-setup", *words),
        ],
        GENERATOR_CORE,
    )
    try:
        wait_until("the page is served", lambda: process.has_ended() or is_ready(port))
        if process.has_ended():
            raise TooLate(f"the process ended: {process.output()[-500:]}")
        yield process, port
    finally:
        process.end()


def run_full_load(result: Result, command: str, pairs: int, window: float) -> None:
    """One process at all it can: how fast its page answers, and what viewers take away."""
    with tempfile.TemporaryDirectory(prefix="gregaria-bench-") as folder:
        nginx = Nginx(Path(folder), SERVER_CORE)
        try:
            with page(command, "plain.py", "-H", nginx.http) as (process, port):
                tell(port, "/api/v1/runs", {"users": USERS, "spawn_rate": USERS})
                wait_until("all users run", lambda: nginx.requests() > 10_000)
                read_answers(result, process, port, window)
                for pair in range(pairs):
                    rates, shares = {}, {}
                    # The order changes, so that what drifts does not look like a cost.
                    for count in (0, VIEWERS) if pair % 2 == 0 else (VIEWERS, 0):
                        viewers = Viewers(port, count)
                        # The whole picture is sent once, and is not what a second costs.
                        time.sleep(1)
                        rates[count], shares[count] = rate(nginx, process, window)
                        viewers.go()
                    result.rates.append((rates[0], rates[VIEWERS]))
                    result.page_core_percents.append((shares[0], shares[VIEWERS]))
                changes = [100 * (seen / alone - 1) for alone, seen in result.rates]
                result.rate_change_percent = statistics.median(changes)
                taken = [seen - alone for alone, seen in result.page_core_percents]
                result.taken_percent = statistics.median(taken)
        finally:
            nginx.stop()


def rate(nginx: Nginx, process: processes.Pinned, window: float) -> tuple[float, float]:
    """Requests a second, and the percentage of its core that the threads of the page have."""
    begin, before = time.monotonic(), nginx.requests()
    served = processes.thread_seconds(process.pid, PAGE_THREADS)
    time.sleep(window)
    seconds = time.monotonic() - begin
    served = processes.thread_seconds(process.pid, PAGE_THREADS) - served
    return (nginx.requests() - before) / seconds, 100 * served / seconds


def read_answers(result: Result, process: processes.Pinned, port: int, window: float) -> None:
    """Asks one thing after the other, a hundred times a second."""
    times: list[float] = []
    begin, cpu = time.monotonic(), processes.cpu_seconds(process.pid)
    while time.monotonic() < begin + window:
        asked = time.monotonic()
        ask(port, ASKED[len(times) % len(ASKED)])
        times.append(1000 * (time.monotonic() - asked))
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    result.generator_core_percent = 100 * (processes.cpu_seconds(process.pid) - cpu) / seconds
    result.answers = len(times)
    result.answer_p50_ms = statistics.median(times)
    result.answer_p99_ms = statistics.quantiles(times, n=100)[98]
    if result.generator_core_percent < 90:
        share = f"{result.generator_core_percent:.0f} % of its core"
        result.problems.append(f"the generator used only {share}")


def run_cluster(result: Result, command: str, crowd: str, pairs: int, window: float) -> None:
    """A master of a large cluster: what viewers cost it."""
    master_port = free_port()
    with page(
        command,
        "cluster.py",
        *("--master", "--master-bind-host", "127.0.0.1"),
        *("--master-bind-port", str(master_port)),
    ) as (master, port):
        words = ["127.0.0.1", str(master_port), str(WORKERS), str(NAMES), str(JOIN_SECONDS)]
        many = processes.Pinned([crowd, *words], SERVER_CORE)
        try:

            def has(what: str, count: int) -> bool:
                return json.loads(ask(port, "/stats/requests"))[what] >= count

            wait_until("all workers have joined", lambda: has("worker_count", WORKERS))
            tell(port, "/api/v1/runs", {"users": WORKERS, "spawn_rate": WORKERS, "host": ""})
            wait_until("all users run", lambda: has("user_count", WORKERS))
            # Until every name has been reported.
            time.sleep(8)
            for pair in range(pairs):
                shares = {}
                for count in (0, VIEWERS) if pair % 2 == 0 else (VIEWERS, 0):
                    viewers = Viewers(port, count)
                    # The whole picture is sent once, and is not what a second costs.
                    time.sleep(1)
                    seen = viewers.bytes
                    shares[count] = share_of_core(master, window)
                    if count:
                        sent = (viewers.bytes - seen) / window / count
                        result.viewer_bytes_per_second = max(result.viewer_bytes_per_second, sent)
                    viewers.go()
                result.master_core_percents.append((shares[0], shares[VIEWERS]))
            costs = [seen - alone for alone, seen in result.master_core_percents]
            result.viewers_core_percent = statistics.median(costs)
        finally:
            many.end()


def share_of_core(process: processes.Pinned, window: float) -> float:
    begin, before = time.monotonic(), processes.cpu_seconds(process.pid)
    time.sleep(window)
    spent = processes.cpu_seconds(process.pid) - before
    return 100 * spent / (time.monotonic() - begin)


def spread(rates: list[tuple[float, float]]) -> str:
    changes = [100 * (seen / alone - 1) for alone, seen in rates] or [0.0]
    return f"{min(changes):+.1f} to {max(changes):+.1f} %"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gregaria", default="gregaria", help="command that serves the page")
    parser.add_argument("--crowd", help="program that plays the workers; without it, no cluster")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of windows")
    parser.add_argument("--window", type=float, default=6, help="seconds of a window")
    parser.add_argument("--output", type=Path, help="file for the results as JSON")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    result = Result()
    try:
        run_full_load(result, options.gregaria, options.pairs, options.window)
        if options.crowd:
            run_cluster(result, options.gregaria, options.crowd, options.pairs, options.window)
        result.judge()
    except TooLate as error:
        result.problems.append(f"not in time: {error}")
    print(
        f"{result.answers} answers beside a generator at {result.generator_core_percent:.0f} % of "
        f"its core: p50 {result.answer_p50_ms:.1f} ms, p99 {result.answer_p99_ms:.1f} ms\n"
        f"{VIEWERS} viewers take {result.taken_percent:.2f} % of the generator's core; its rate "
        f"changed by {result.rate_change_percent:+.2f} %, pair by pair by {spread(result.rates)}\n"
        f"{VIEWERS} viewers of {WORKERS} workers and {NAMES} names cost "
        f"{result.viewers_core_percent:.2f} % of a core, and get "
        f"{result.viewer_bytes_per_second / 1000:.1f} KB a second each"
        + "".join(f"\n    {problem}" for problem in result.problems)
    )
    if options.output:
        options.output.write_text(json.dumps(asdict(result), indent=1) + "\n")
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
