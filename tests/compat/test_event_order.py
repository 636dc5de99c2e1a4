"""What happens in a run, and in which order, is what happens in Locust."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.real_locust import real_locust

SCRIPT = Path(__file__).with_name("event_order.py")

#: Functions of the script without arguments that are no scenarios.
HELPERS = {"settle"}


def scenarios() -> list[str]:
    functions = [
        each for each in ast.parse(SCRIPT.read_text()).body if isinstance(each, ast.FunctionDef)
    ]
    return [
        each.name
        for each in functions
        if not each.args.args and not each.args.vararg and each.name not in HELPERS
    ]


@cache
def run(python: str) -> dict[str, list[str]]:
    """What each scenario printed."""
    done = subprocess.run(
        [python, str(SCRIPT), *scenarios()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            lines = printed.setdefault(line[3:], [])
        else:
            lines.append(line)
    return printed


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_runs_as_on_locust(scenario: str) -> None:
    theirs = run(real_locust())[scenario]
    assert theirs
    assert run(sys.executable)[scenario] == theirs
