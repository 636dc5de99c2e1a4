"""Locustfiles of test functions: the same on gregaria and on the real Locust."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.system import System

#: Says what happens on standard error, which nobody captures.
SAY = """
import os
import time


def say(*words):
    os.write(2, ("said: " + " ".join(map(str, words)) + "\\n").encode())
"""

SHORT = ("--headless", "--only-summary", "-t", "4")


def write(folder: Path, text: str, name: str = "locustfile.py") -> None:
    (folder / name).write_text(SAY + text)


def said(log: str) -> list[str]:
    return re.findall("^said: (.*)$", log, re.MULTILINE)


def test_functions_are_users_and_a_bad_response_does_not_end_them(
    system: System, tmp_path: Path, target: str
) -> None:
    write(
        tmp_path,
        """
def test_front(session):
    session.get("/").raise_for_status()
    session.get("/lost").raise_for_status()
    say("too far")


class TestFast:
    def test_fast(self, fastsession):
        response = fastsession.get("/nowhere")
        time.sleep(0.01)
        response.raise_for_status()
        say("too far")
""",
    )
    listed = system.run("--list", cwd=tmp_path)
    assert listed.stdout == "Available Users:\n    test_front\n    test_fast\n"
    run = system.run(*SHORT, "--json", "-u", "2", "-r", "2", "-H", target, cwd=tmp_path)
    assert 'All users spawned: {"test_fast": 1, "test_front": 1}' in run.stderr
    assert said(run.stderr) == []
    assert run.returncode == 1
    counts = {
        entry["name"]: (entry["num_requests"], entry["num_failures"])
        for entry in json.loads(run.stdout)
    }
    assert counts.keys() == {"/", "/lost", "/nowhere"}
    for name in ("/lost", "/nowhere"):
        requests, failures = counts[name]
        assert requests == failures
        assert requests > 3
    assert counts["/"][1] == 0


def test_an_exception_ends_its_user_and_is_shown_but_not_counted(
    system: System, tmp_path: Path, target: str
) -> None:
    write(
        tmp_path,
        """
def test_wrong(session):
    say("begun")
    session.get("/")
    assert 1 == 2


def test_right(session):
    session.get("/", name="right")
    time.sleep(0.1)
""",
    )
    words = ("--json", "-u", "2", "-r", "2", "-t", "10")
    run = system.run(*SHORT, *words, "-H", target, cwd=tmp_path)
    assert said(run.stderr) == ["begun"]
    assert "AssertionError" in run.stderr
    assert "Traceback (most recent call last)" in run.stderr
    counts = {entry["name"]: entry["num_requests"] for entry in json.loads(run.stdout)}
    assert counts["/"] == 1
    assert counts["right"] > 3
    assert run.returncode == 0


def test_fixtures_are_made_once_for_each_user_who_stands_for_the_request(
    system: System, tmp_path: Path, target: str
) -> None:
    write(
        tmp_path,
        """
import pytest


@pytest.fixture
def prepared(request):
    say("prepared for", type(request).__name__)
    yield {"calls": 0}
    say("never taken down")
""",
        "conftest.py",
    )
    write(
        tmp_path,
        """
def test_one(prepared):
    prepared["calls"] += 1
    if prepared["calls"] == 3:
        say("third call")
    time.sleep(0.05)


def test_other(session):
    session.tries = getattr(session, "tries", 0) + 1
    if session.tries == 3:
        say("third call on the same session of", type(session.user).__name__)
    time.sleep(0.05)
""",
    )
    run = system.run(*SHORT, "-u", "3", "-r", "3", "-H", target, cwd=tmp_path)
    assert sorted(said(run.stderr)) == [
        "prepared for test_one",
        "prepared for test_one",
        "third call",
        "third call",
        "third call on the same session of test_other",
    ]


def test_the_names_of_functions_are_those_of_the_configuration_of_pytest(
    system: System, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_functions = check_*\naddopts = -x\n")
    write(tmp_path, "def test_a(session): pass\n\ndef check_a(session): pass\n")
    assert system.run("--list", cwd=tmp_path).stdout == "Available Users:\n    check_a\n"


def test_functions_beside_a_user_class_are_left_alone(system: System, tmp_path: Path) -> None:
    write(tmp_path, "def test_a(session): pass\n")
    write(tmp_path, "from locust import User\n\nclass Visitor(User): pass\n", "other.py")
    listed = system.run("-f", "locustfile.py,other.py", "--list", cwd=tmp_path)
    assert listed.stdout == "Available Users:\n    Visitor\n"


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(nothing_of_that_name): pass\n",
        "import pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_a(x): pass\n",
    ],
)
def test_what_cannot_be_a_user_is_told_before_the_run(
    system: System, tmp_path: Path, text: str
) -> None:
    write(tmp_path, text)
    listed = system.run("--list", cwd=tmp_path)
    assert listed.returncode == 1
    assert "ValueError: " in listed.stderr
    assert "test_a" in listed.stderr


def test_no_function_at_all_is_no_user_at_all(system: System, tmp_path: Path) -> None:
    write(tmp_path, "")
    run = system.run(*SHORT, cwd=tmp_path)
    assert run.returncode == 1
    assert "No User class found!" in run.stderr


def test_a_stop_timeout_lets_the_functions_go_on(system: System, tmp_path: Path) -> None:
    write(tmp_path, "def test_a(session):\n    say('call')\n    time.sleep(0.3)\n")
    run = system.run(*SHORT, "-s", "2", "-H", "http://127.0.0.1:1", cwd=tmp_path)
    _, _, after = run.stderr.partition("--run-time limit reached")
    assert len(said(after)) > 3


def test_the_ratio_of_functions_is_shown(system: System, tmp_path: Path) -> None:
    write(tmp_path, "def test_a(session): pass\n\ndef test_b(session): pass\n")
    shown = json.loads(system.run("--show-task-ratio-json", cwd=tmp_path).stdout)
    half = {"ratio": 0.5, "tasks": {}}
    assert shown["per_class"] == {"test_a": half, "test_b": half}


# What the real Locust cannot do.


def test_functions_may_have_no_fixture_or_several_that_use_each_other(
    gregaria: System, tmp_path: Path, target: str
) -> None:
    write(
        tmp_path,
        """
import pytest


@pytest.fixture
def number():
    return 5


@pytest.fixture
def front(session, number):
    yield session.get("/").status_code + number


class TestAll:
    @pytest.fixture
    def own(self, number):
        return number + 1

    def test_several(self, front, number, own, session, fastsession):
        say(front, number, own, session.get("/").status_code, fastsession.get("/").status_code)
        time.sleep(60)


def test_none():
    say("none")
    time.sleep(60)
""",
    )
    run = gregaria.run(*SHORT, "-u", "2", "-r", "2", "-H", target, cwd=tmp_path)
    assert sorted(said(run.stderr)) == ["205 5 6 200 200", "none"]
    assert run.returncode == 0


def test_a_missing_host_is_told_and_ends_the_run(gregaria: System, tmp_path: Path) -> None:
    write(tmp_path, "def test_a(session): session.get('/')\n")
    run = gregaria.run("--headless", "-t", "60", cwd=tmp_path)
    assert run.returncode == 1
    assert "`test_a` has none: give one with --host" in run.stderr


def test_pytest_is_asked_for_only_if_there_are_functions(gregaria: System, tmp_path: Path) -> None:
    hidden = "import sys\nsys.modules['pytest'] = None\n"
    write(tmp_path, hidden)
    assert "No User class found!" in gregaria.run(*SHORT, cwd=tmp_path).stderr
    write(tmp_path, hidden + "def test_a(session): pass\n")
    run = gregaria.run(*SHORT, cwd=tmp_path)
    assert run.returncode == 1
    assert "Install it with `pip install pytest`" in run.stderr


def test_a_conftest_that_cannot_be_imported_is_shown(gregaria: System, tmp_path: Path) -> None:
    write(tmp_path, "def test_a(session): pass\n")
    write(tmp_path, "1 / 0\n", "conftest.py")
    run = gregaria.run(*SHORT, cwd=tmp_path)
    assert run.returncode == 1
    assert "ZeroDivisionError" in run.stderr
    assert "cannot load locustfile `locustfile.py`" in run.stderr
