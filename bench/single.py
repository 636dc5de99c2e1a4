"""Scenarios that measure gregaria alone: many waiting users, memory, start-up."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import processes
from cases import SCENARIOS
from measure import GENERATOR_CORE
from server import Nginx

WAITING_USERS = 2_000
MEMORY_USERS = 10_000


@dataclass
class Numbers:
    """Named numbers of one run of one scenario. They count only if `problems` is empty."""

    scenario: str
    repeat: int
    numbers: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure_single(scenario: str, repeat: int, gregaria: str, nginx: Nginx) -> Numbers:
    """Runs one of the scenarios below by its name."""
    result = Numbers(scenario, repeat)
    if scenario == "waiting":
        _waiting(result, gregaria, nginx)
    elif scenario == "startup":
        _startup(result, gregaria, nginx)
    else:
        _memory(result, gregaria, nginx, nginx.https if scenario == "memory_tls" else nginx.http)
    return result


def _command(gregaria: str, file: str, host: str, users: int, seconds: int) -> list[str]:
    return [
        *(gregaria, "--locustfile", str(SCENARIOS / file), "--host", host, "--headless"),
        *("--only-summary", "--users", str(users), "--spawn-rate", str(users)),
        *("--run-time", f"{seconds}s"),
    ]


def _finish(result: Numbers, process: processes.Pinned, limit_seconds: float) -> None:
    code = process.wait(limit_seconds)
    if code != 0:
        last = process.output().strip().splitlines()[-1:] or [""]
        result.problems.append(f"exit code {code}: {last[0]}")


def _waiting(result: Numbers, gregaria: str, nginx: Nginx) -> None:
    """2,000 users with one request a second each, in a window of ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lateness = Path(folder) / "lateness.json"
        process = processes.Pinned(
            _command(gregaria, "waiting.py", nginx.http, WAITING_USERS, 20),
            GENERATOR_CORE,
            {"BENCH_LATENESS": str(lateness)},
        )
        time.sleep(6)
        start, cpu, count = time.monotonic(), processes.cpu_seconds(process.pid), nginx.requests()
        time.sleep(10)
        cpu, count = processes.cpu_seconds(process.pid) - cpu, nginx.requests() - count
        seconds = time.monotonic() - start
        _finish(result, process, 40)
        result.numbers["core_percent"] = 100 * cpu / seconds
        result.numbers["requests_per_second"] = count / seconds
        if count / seconds < 0.95 * WAITING_USERS:
            result.problems.append("fewer requests than the users should have made")
        if lateness.exists():
            late = json.loads(lateness.read_text())
            result.numbers |= {f"late_{name}_ms": late[name] for name in ("p50", "p99")}


def _memory(result: Numbers, gregaria: str, nginx: Nginx, host: str) -> None:
    """Resident memory with one user, then with 10,000, each of which has made a request."""
    resident: dict[int, int] = {}
    for users in (1, MEMORY_USERS):
        before = nginx.requests()
        process = processes.Pinned(
            _command(gregaria, "memory.py", host, users, 40 if users > 1 else 8), GENERATOR_CORE
        )
        limit = time.monotonic() + 35
        # Each user's second request has been sent, so all are connected and all have been parked.
        while nginx.requests() - before < 2 * users and time.monotonic() < limit:
            if process.has_ended():
                break
            time.sleep(0.2)
        resident[users] = processes.resident_kib(process.pid)
        if nginx.requests() - before < 2 * users:
            result.problems.append(f"{users} users did not make two requests each in time")
        if users > 1:
            process.end()
        else:
            _finish(result, process, 30)
    result.numbers["base_mib"] = resident[1] / 1024
    result.numbers["user_kib"] = (resident[MEMORY_USERS] - resident[1]) / (MEMORY_USERS - 1)


def _startup(result: Numbers, gregaria: str, nginx: Nginx) -> None:
    """CPU of `--version`, and CPU of a run until its first request has arrived."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code, gregaria, "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    result.numbers["version_ms"] = 1000 * float(asked.stdout)

    before = nginx.requests()
    process = processes.Pinned(_command(gregaria, "plain.py", nginx.http, 1, 3), GENERATOR_CORE)
    limit = time.monotonic() + 20
    cpu = 0.0
    # The window of `plain.py` is full of requests, so the CPU is read at the first one seen.
    while nginx.requests() == before and time.monotonic() < limit and not process.has_ended():
        cpu = processes.cpu_seconds(process.pid)
        time.sleep(0.002)
    result.numbers["first_request_ms"] = 1000 * cpu
    if nginx.requests() == before:
        result.problems.append("no request arrived")
    _finish(result, process, 30)
