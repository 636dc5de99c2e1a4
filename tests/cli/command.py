"""Runs the command in a process of its own, and compares what it says with golden files."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"

#: Set to anything, golden files are written instead of compared: GREGARIA_RENEW=1 pytest tests/cli
RENEW = "GREGARIA_RENEW"

#: Seconds after which a process has hung.
LIMIT_SECONDS = 60

OURS = (sys.executable, "-m", "gregaria")


@dataclass(frozen=True)
class Result:
    """What a process has said and how it has ended."""

    code: int
    stdout: str
    stderr: str


def clean_environment(home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without any option, and with a home that has no config file."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOCUST_", "OTEL"))
    }
    return {**kept, "HOME": str(home), "COLUMNS": "100", **variables}


def start(
    folder: Path,
    *arguments: str,
    program: tuple[str, ...] = OURS,
    variables: Mapping[str, str] | None = None,
) -> "subprocess.Popen[str]":
    """Starts the command in `folder`."""
    return subprocess.Popen(
        [*program, *arguments],
        cwd=folder,
        env=clean_environment(folder, variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    folder: Path,
    *arguments: str,
    program: tuple[str, ...] = OURS,
    variables: Mapping[str, str] | None = None,
) -> Result:
    """Runs the command in `folder` to its end."""
    return finish(start(folder, *arguments, program=program, variables=variables))


def finish(process: "subprocess.Popen[str]") -> Result:
    """Waits for the end of a process that has been started."""
    try:
        stdout, stderr = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(f"still running after {LIMIT_SECONDS} s:\n{stdout}{stderr}") from None
    return Result(process.returncode, stdout, stderr)


def wait_for(process: "subprocess.Popen[str]", text: str) -> str:
    """Reads the log of a process until `text` appears in it."""
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"`{text}` was never said:\n{seen}")


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Presses Ctrl-C."""
    process.send_signal(signal.SIGINT)


def without_times(log: str) -> str:
    """Log lines without what differs from run to run."""
    return re.sub(r"^\[[^]]*\] [^/]*/", "", log, flags=re.MULTILINE)


def assert_golden(name: str, text: str) -> None:
    """Compares `text` with a golden file, or writes it if that is asked for."""
    path = GOLDEN / name
    if os.environ.get(RENEW):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"renew with {RENEW}=1 if this is intended"
