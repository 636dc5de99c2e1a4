"""What the tests share: the shop as a target, and both systems that run locustfiles.

Tests run under gevent, with `locust` meaning gregaria's namespace, as a locustfile runs.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from gregaria import install
from tests.system import LIMIT_SECONDS, System

install()

# A shell lets what it starts in the background ignore Ctrl-C, and so would every program that a
# test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Runs of the tests are kept where nobody looks for their own.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="gregaria-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def gregaria() -> System:
    """The package under test."""
    return System("gregaria", (sys.executable, "-m", "gregaria"))


@pytest.fixture(scope="session")
def real_locust() -> System:
    """The real Locust, in its own venv. `make test` prepares it and names its interpreter."""
    python = os.environ.get("GREGARIA_REAL_LOCUST")
    if not python:
        pytest.skip("GREGARIA_REAL_LOCUST does not name the interpreter of a venv with Locust")
    return System("locust", (python, "-m", "locust"))


@pytest.fixture(params=["gregaria", "real_locust"])
def system(request: pytest.FixtureRequest) -> System:
    """Both, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def target() -> Iterator[str]:
    """The base URL of a shop of its own for each test, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "gregaria._target"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate(timeout=LIMIT_SECONDS)
