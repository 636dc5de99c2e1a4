"""A run that is kept, and what stands in its file."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.command import Result, run

#: A user that counts ten requests a second, every tenth of them failed, without a network.
LOCUSTFILE = """\
from types import SimpleNamespace

from locust import User, constant, events, task

ANSWER = SimpleNamespace(status_code=200)


class Visitor(User):
    wait_time = constant(0.1)
    count = 0

    @task
    def visit(self):
        Visitor.count += 1
        failed = ValueError("no such page") if Visitor.count % 10 == 0 else None
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=1.5, response_length=10, exception=failed,
            response=ANSWER,
        )
"""

SHORT = ("--headless", "--only-summary", "-t", "2", "-u", "5", "-r", "5")


def keep(folder: Path, *arguments: str) -> Result:
    """Runs a short test in `folder`, which is its home as well."""
    (folder / "locustfile.py").write_text(LOCUSTFILE)
    return run(folder, *SHORT, *arguments, variables={"XDG_STATE_HOME": ""})


def store_of(folder: Path) -> Path:
    """The file in which runs of that home are kept."""
    return folder / ".local/state/gregaria/runs.sqlite"


def rows(path: Path, query: str) -> list[Any]:
    """What a query finds in the file of a store."""
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()
