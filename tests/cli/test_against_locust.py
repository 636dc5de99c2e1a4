"""What scripts read is the same as with the real Locust."""

import re
from pathlib import Path

import pytest

from .command import run, without_times

CLASSES = """\
from locust import SequentialTaskSet, TaskSet, User, constant, tag, task


class Browser(User):
    wait_time = constant(0.1)
    weight = 3

    @task(3)
    @tag("cheap")
    def look(self):
        pass

    @task
    class Cart(SequentialTaskSet):
        @task
        def add(self):
            pass

        @task
        @tag("dear")
        def pay(self):
            self.interrupt()


class Admin(User):
    fixed_count = 1
    wait_time = constant(0.1)

    @task
    def report(self):
        pass
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a locustfile that has nested tasks, weights, tags and a fixed count."""
    (tmp_path / "locustfile.py").write_text(CLASSES)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("--list",),
        ("--list", "-f", "locustfile.py"),
        ("--show-task-ratio",),
        ("--show-task-ratio", "-u", "10"),
        ("--show-task-ratio", "-u", "10", "Browser"),
        ("--show-task-ratio", "--equal-weights"),
        ("--show-task-ratio-json",),
        ("--show-task-ratio-json", "-u", "10"),
        ("--show-task-ratio", "--tags", "cheap"),
    ],
)
def test_what_is_printed_on_stdout_is_the_same(
    shop: Path, locust: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    ours, real = run(shop, *arguments), run(shop, *arguments, program=locust)
    assert (ours.code, ours.stdout) == (real.code, real.stdout), ours.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--headless", "--headlss"),
        ("--head",),
        ("-u",),
        ("-u", "abc"),
        ("-r", "0"),
        ("-r", "inf"),
        ("-t", "nonsense"),
        ("--headless", "--csv-full-history"),
        ("--headless", "--config-users", "{}"),
        ("--headless", "-f", "missing.py"),
        ("--headless", "-f", "missing.py,locustfile.py"),
    ],
)
def test_errors_begin_with_the_same_line_and_end_with_the_same_code(
    shop: Path, locust: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    ours, real = run(shop, *arguments), run(shop, *arguments, program=locust)
    # `python -m locust` gives itself the name of its file.
    first = re.sub(r"^\S+: error", "gregaria: error", real.stderr.splitlines()[0])
    assert (ours.code, ours.stderr.splitlines()[0]) == (real.code, first)


@pytest.mark.parametrize(
    ("arguments", "logger"),
    [
        (("-t", "1", "-u", "5", "-r", "5"), "locust."),
        (("-t", "1", "Nobody"), "locust.main"),
        (("-t", "1", "-u", "0"), "locust."),
    ],
)
def test_the_log_of_a_run_is_the_same(
    shop: Path, locust: tuple[str, ...], arguments: tuple[str, ...], logger: str
) -> None:
    def log(program: tuple[str, ...] | None) -> list[str]:
        words = ("--headless", "--only-summary", *arguments)
        result = run(shop, *words, program=program) if program else run(shop, *words)
        lines = without_times(result.stderr).splitlines()
        kept = [line for line in lines if f"/{logger}" in line and "Starting Locust" not in line]
        return [f"exit code {result.code}", *kept]

    assert log(None) == log(locust)
