"""The same requests through the real Locust and through gregaria: nobody can tell them apart."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parent / "scenario.py"

#: Results that differ on purpose, with the reason.
DELIBERATE = {
    "Slow: an invalid header": "the message has the URL where Locust's has it too, but no path",
    "Slow: a stream": "only what the installed urllib3 decodes is asked for",
    "Fast: hang up": "a request that may have been carried out is not sent again in secret",
    "Slow: cut off": "named by its path like any other request, where Locust shows the whole URL",
    "Slow: cut off in chunks": "the same",
    "Fast: cut off": "half a response is no response: status 0, where Locust hands out the half",
    "Fast: cut off in chunks": "the same",
}


def run(python: str, *arguments: str) -> dict:
    done = subprocess.run(
        [python, str(SCENARIO), *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def results() -> tuple[dict, dict]:
    real = os.environ.get("GREGARIA_REAL_LOCUST")
    if not real:
        pytest.skip("GREGARIA_REAL_LOCUST does not name a Python with the real Locust")
    return run(real), run(sys.executable, "--gregaria")


def wire(request: str) -> tuple[str, list[str], str]:
    """Request line, header lines and body. The order of the lines a client adds is its own, and
    so is the name it gives itself."""
    head, _, body = request.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    lines = [line for line in lines if not re.match("user-agent: python", line, re.I)]
    lines = [line.replace("; charset=utf-8", "") for line in lines]
    return first, sorted(line.lower() for line in lines), body


def sort_names(event: dict) -> dict:
    return {**event, "names": sorted(event["names"])}


def differences(real: dict, ours: dict) -> list[str]:
    found = []
    for label, expected in real.items():
        if label in DELIBERATE:
            continue
        got = ours[label]
        for key in expected:
            one, other = expected[key], got.get(key)
            if key == "told":
                # Arguments are passed by name; their order differs between Locust's two clients.
                one, other = [sort_names(e) for e in one], [sort_names(e) for e in other]
            if key == "received":
                one, other = [wire(r) for r in one], [wire(r) for r in other]
            if one != other:
                found.append(f"{label}: {key}:\n  Locust   {one}\n  gregaria {other}")
    return found


def test_every_request_has_the_same_effect_and_the_same_result(results) -> None:
    found = differences(*results)
    assert not found, "\n".join(found)


def test_header_lines_of_the_user_keep_their_order_and_case(results) -> None:
    request = results[1]["Slow: headers"]["received"][0]
    lines = request.split("\r\n")
    assert lines[1].startswith("Host: ")
    assert [line for line in lines if line[-2:] == "me"] == ["user-agent: me"]
    assert lines.index("user-agent: me") < lines.index("X-Foo: 1")
