"""`gregaria token`: what it makes, and what it says of a time that is none."""

import re
import time
from pathlib import Path

import pytest

from .command import run

#: Kind, time at which it stops to be valid, secret.
TOKEN = re.compile(r"gjt1-(never|\d+)-([0-9a-f]{64})\n")


def test_a_token_is_valid_for_ever_and_no_two_are_alike(tmp_path: Path) -> None:
    secrets = set()
    for _ in range(2):
        result = run(tmp_path, "token")
        assert (result.code, result.stderr) == (0, "")
        token = TOKEN.fullmatch(result.stdout)
        assert token is not None and token[1] == "never"
        secrets.add(token[2])
    assert len(secrets) == 2


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("7d", 604_800)])
def test_a_token_expires_when_it_is_told_to(tmp_path: Path, text: str, seconds: int) -> None:
    before = int(time.time())
    token = TOKEN.fullmatch(run(tmp_path, "token", "--expires", text).stdout)
    assert token is not None
    assert before + seconds <= int(token[1]) <= time.time() + seconds


@pytest.mark.parametrize("text", ["0s", "12", "soon", "-3h", ""])
def test_a_time_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, "token", f"--expires={text}")
    assert (result.code, result.stdout) == (2, "")
    assert f"`{text}` is no time such as 90s, 30m, 12h or 7d" in result.stderr
