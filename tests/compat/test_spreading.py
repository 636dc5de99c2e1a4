"""Users are spread over workers as Locust's own dispatcher spreads them, step by step."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.real_locust import real_locust

SCRIPT = Path(__file__).with_name("spreading.py")


def steps(python: str, seed: int) -> list[str]:
    done = subprocess.run(
        [python, str(SCRIPT), str(seed)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("seed", range(3))
def test_random_users_go_where_locust_puts_them(seed: int) -> None:
    for theirs, ours in zip(steps(real_locust(), seed), steps(sys.executable, seed), strict=True):
        assert ours == theirs
