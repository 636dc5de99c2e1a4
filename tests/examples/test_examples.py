"""Each example runs on gregaria and on the real Locust, unchanged and without a failure."""

import json
from dataclasses import dataclass
from pathlib import Path

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
    result = tmp_path / "result"
    run = system.run(
        *("-f", str(EXAMPLES / name), "--headless", "--host", target),
        *("--json-file", str(result)),
        *example.arguments,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    rows = json.loads(result.with_suffix(".json").read_text())
    entries = {(row["method"], row["name"]): row for row in rows}
    assert set(entries) == example.entries
    for (method, entry), row in entries.items():
        assert row["num_requests"] > 0, f"{method} {entry} was never called"
        assert row["num_failures"] == 0, f"{method} {entry} failed: {run.stderr}"
    assert "Traceback" not in run.stderr, run.stderr
