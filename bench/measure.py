"""One run of one tool: requests counted by the server, CPU by the kernel, in a steady window."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import processes
from server import Nginx
from tools import Load, Tool

#: Above this share of its core the server is all there is to measure. Below it a busy server makes
#: the generator wait, which costs it nothing: see "Caveats" in the README for how that was checked.
SERVER_LIMIT = 0.98

GENERATOR_CORE = 1
SERVER_CORE = 0


@dataclass
class Run:
    """What one run gave. It counts only if `problems` is empty."""

    scenario: str
    tool: str
    repeat: int
    requests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    server_share: float = 0.0
    resident_kib: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def per_cpu_second(self) -> float:
        """Requests for each second of the generator's CPU: the unit of the comparison."""
        return self.requests / self.cpu_seconds if self.cpu_seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"per_cpu_second": round(self.per_cpu_second, 1)}


def measure(
    tool: Tool, scenario: str, load: Load, nginx: Nginx, repeat: int, window_seconds: float
) -> Run:
    """Runs a tool and reads counters at both ends of the window, while its load is steady."""
    run = Run(scenario, tool.name, repeat)
    process = processes.Pinned(tool.command(load), GENERATOR_CORE, {"BENCH_CA": str(nginx.ca)})
    try:
        if not _load_has_begun(process, nginx):
            run.problems.append("no request arrived")
        else:
            time.sleep(tool.warm_up_seconds)
            _read_window(run, process, nginx, window_seconds)
        code = process.wait(load.seconds + 30)
    finally:
        process.end()
    failure = tool.failed(code, process.output())
    if failure:
        run.problems.append(failure)
    return run


def _read_window(run: Run, process: processes.Pinned, nginx: Nginx, window_seconds: float) -> None:
    start = time.monotonic()
    requests, server = nginx.requests(), nginx.cpu_seconds()
    cpu = processes.cpu_seconds(process.pid)
    time.sleep(window_seconds)
    run.cpu_seconds = processes.cpu_seconds(process.pid) - cpu
    run.requests = nginx.requests() - requests
    run.seconds = time.monotonic() - start
    run.server_share = (nginx.cpu_seconds() - server) / run.seconds
    run.resident_kib = processes.resident_kib(process.pid)
    if process.has_ended():
        run.problems.append("it ended inside the window")
    if run.server_share > SERVER_LIMIT:
        run.problems.append(f"the server used {run.server_share:.0%} of its core")


def _load_has_begun(process: processes.Pinned, nginx: Nginx, limit_seconds: float = 30) -> bool:
    """Waits for the first hundred requests: tools start at very different speeds."""
    before, limit = nginx.requests(), time.monotonic() + limit_seconds
    while nginx.requests() - before < 100:
        if process.has_ended() or time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True
