"""`run_single_user` prints what it prints on Locust, and fires the same events."""

import subprocess
import sys
from pathlib import Path

from tests.real_locust import real_locust

SCRIPT = Path(__file__).with_name("single_user.py")


def run(python: str) -> str:
    done = subprocess.run(
        [python, str(SCRIPT)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_user_by_itself_prints_what_it_prints_on_locust() -> None:
    theirs = run(real_locust())
    assert theirs.count("/foo") == 2 + 2
    assert run(sys.executable) == theirs
