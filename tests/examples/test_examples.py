"""Each example runs on gregaria and on the real Locust, unchanged and without a failure."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.system import ROOT, System

EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Example:
    """How an example is run, and the entries that its statistics must have."""

    arguments: tuple[str, ...]
    entries: frozenset[tuple[str, str]]


RUN = ("--users", "10", "--spawn-rate", "10", "--run-time", "6s")

CASES = {
    "hello.py": Example(RUN, frozenset({("GET", "/")})),
    "shop.py": Example(
        ("--users", "40", "--spawn-rate", "40", "--run-time", "8s"),
        frozenset(
            {
                ("GET", "/"),
                ("GET", "/products"),
                ("GET", "/products/[id]"),
                ("GET", "/api/products/[id]"),
                ("GET", "/cart"),
                ("POST", "/cart"),
                ("POST", "/checkout"),
                ("GET", "/flaky"),
            }
        ),
    ),
    "login.py": Example(
        RUN, frozenset({("GET", "/login"), ("POST", "/login"), ("GET", "/account")})
    ),
    # The shape ends the run.
    "shape.py": Example((), frozenset({("GET", "/")})),
    "custom_client.py": Example(RUN, frozenset({("LINE", "greeting")})),
}


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_an_example_runs_without_a_failure(
    system: System, name: str, target: str, tmp_path: Path
) -> None:
    example = CASES[name]
    entries, complaints = _entries(system, name, target, tmp_path / "result")
    if set(entries) != example.entries and "--run-time" in example.arguments:
        # A machine with much else to do may take seconds to the first request.
        again = ("--run-time", "40s")
        entries, complaints = _entries(system, name, target, tmp_path / "again", *again)
    assert set(entries) == example.entries
    for (method, entry), row in entries.items():
        assert row["num_requests"] > 0, f"{method} {entry} was never called"
        assert row["num_failures"] == 0, f"{method} {entry} failed: {complaints}"
    assert "Traceback" not in complaints, complaints


def _entries(
    system: System, name: str, target: str, result: Path, *arguments: str
) -> tuple[dict[tuple[str, str], dict[str, Any]], str]:
    """Entries of a run by method and name, and what it has said."""
    run = system.run(
        *("-f", str(EXAMPLES / name), "--headless", "--host", target),
        *("--json-file", str(result)),
        *CASES[name].arguments,
        *arguments,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = json.loads(result.with_suffix(".json").read_text())
    return {(row["method"], row["name"]): row for row in rows}, run.stderr
