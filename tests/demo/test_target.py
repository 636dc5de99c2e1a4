"""The demo's server as a program: its first line, its last line, and the three ways it ends."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from gregaria import _native

LIMIT_SECONDS = 60
COMMAND = [sys.executable, "-m", "gregaria._target"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_it_says_where_it_serves_and_at_the_end_how_much_it_served(
    process: subprocess.Popen[str],
) -> None:
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    with urllib.request.urlopen(f"{url}/api/products/3", timeout=LIMIT_SECONDS) as answer:
        assert json.load(answer)["price_cents"] == 399
    rest, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert rest == "served 1 requests\n"
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(process: subprocess.Popen[str], number: signal.Signals) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    assert process.wait(LIMIT_SECONDS) == 0
    assert process.stdout.read() == "served 0 requests\n"


def test_a_port_that_is_taken_is_an_error_with_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [*COMMAND, "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr == (
        f"cannot serve the demo on port `{port}`: Address already in use (os error 98)\n"
    )


def test_in_this_process_it_serves_beside_python_until_it_is_stopped() -> None:
    target = _native.DemoTarget()
    # Python holds the GIL in `urlopen` for most of the time: the server does not need it.
    with urllib.request.urlopen(target.url, timeout=LIMIT_SECONDS) as answer:
        assert answer.status == 200
    assert target.served == 1
    target.stop()
    target.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(target.url, timeout=LIMIT_SECONDS)
