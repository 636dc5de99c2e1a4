"""What the tests of the command line share."""

import os
from pathlib import Path

import pytest

#: A user that counts one request a tenth of a second, without a network.
PLAIN = """\
from locust import User, constant, events, task


class Visitor(User):
    wait_time = constant(0.1)

    @task
    def visit(self):
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=1.5, response_length=10, exception=None
        )
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with a locustfile whose user needs no network."""
    (tmp_path / "locustfile.py").write_text(PLAIN)
    return tmp_path


@pytest.fixture
def locust() -> tuple[str, ...]:
    """The command of the real Locust."""
    python = os.environ.get("GREGARIA_REAL_LOCUST")
    if not python:
        pytest.skip("GREGARIA_REAL_LOCUST does not name a Python with the real Locust")
    return (python, "-m", "locust")
