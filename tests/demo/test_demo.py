"""`gregaria demo`: shop, workers and page together; how it ends, and that nothing stays behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gregaria import demo
from tests.system import LIMIT_SECONDS, ROOT

#: What every process of a demo has in its environment.
MARK = "GREGARIA_MARK_OF_A_TEST"

#: Small enough for a machine with other work.
SMALL = ("--users", "20", "--spawn-rate", "20")


class Demo:
    """A demo that runs, and what it has said so far."""

    def __init__(self, *arguments: str) -> None:
        self._mark = uuid.uuid4().hex
        self._said: list[str] = []
        self._has_spoken = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gregaria", "demo", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, MARK: self._mark},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._has_spoken:
                self._said.append(line)
                self._has_spoken.notify_all()

    def text(self) -> str:
        return "".join(self._said)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Waits until a line is said."""
        limit = time.monotonic() + LIMIT_SECONDS
        with self._has_spoken:
            while (found := re.search(pattern, self.text())) is None:
                left = limit - time.monotonic()
                assert left > 0 and self.process.poll() is None, f"{pattern}\n{self.text()}"
                self._has_spoken.wait(min(left, 0.2))
        return found

    def end(self) -> int:
        """Waits for its end; returns its exit code."""
        code = self.process.wait(LIMIT_SECONDS)
        self._reader.join(LIMIT_SECONDS)
        return code

    def processes(self) -> list[str]:
        """Command lines of its processes that are alive."""
        alive: list[str] = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (folder / "environ").read_bytes():
                    alive.append((folder / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return alive


@pytest.fixture
def start() -> Iterator[type[Demo]]:
    """Starts demos, and leaves none behind."""
    started: list[Demo] = []

    class Started(Demo):
        def __init__(self, *arguments: str) -> None:
            super().__init__(*arguments)
            started.append(self)

    yield Started
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
        each.end()


def test_the_demo_runs_the_example_that_the_repository_shows() -> None:
    assert demo.LOCUSTFILE.read_bytes() == (ROOT / "examples" / "shop.py").read_bytes()


def test_with_a_time_limit_it_ends_by_itself_and_leaves_nothing_behind(start: type[Demo]) -> None:
    running = start(*SMALL, "--run-time", "3s", "--autoquit", "0")
    address = running.wait_for(r"demo: watch it and change it at (http://127.0.0.1:\d+)\n")[1]
    running.wait_for(f"Starting web interface at {address}")
    with urllib.request.urlopen(address, timeout=LIMIT_SECONDS) as page:
        assert b"<html" in page.read()
    running.wait_for("All users spawned")
    # The demo, the shop, the master and two workers.
    assert len(running.processes()) == 5, running.processes()
    assert running.end() == 0, running.text()
    text = running.text()
    assert running.processes() == []
    assert "Aggregated" in text
    said = re.search(r"demo: (\d+) requests for [\d.]+ s of CPU", text)
    assert said is not None and int(said[1]) > 20, text
    assert "next: gregaria report list" in text


def test_ctrl_c_ends_the_run_and_the_summary_is_printed(start: type[Demo]) -> None:
    running = start(*SMALL)
    running.wait_for("All users spawned")
    # The terminal sends it to all processes of the group.
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.end() == 0, running.text()
    assert "Aggregated" in running.text()
    assert "demo: " in running.text()
    assert running.processes() == []


def test_sigterm_ends_all_of_it(start: type[Demo]) -> None:
    running = start(*SMALL, "--headless")
    running.wait_for("All users spawned")
    running.process.terminate()
    assert running.end() == 0, running.text()
    assert "Aggregated" in running.text()
    assert running.processes() == []


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_with_a_hint(start: type[Demo]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        running = start(*SMALL, "--web-port", port)
        assert running.end() == 1, running.text()
    assert re.search(rf"127.0.0.1:{port}.*in use", running.text()), running.text()
    assert "--web-port" in running.text()
    assert running.processes() == []


def test_ports_that_are_taken_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "PAGE_PORT", port)
        monkeypatch.setattr(demo, "WORKER_PORT", port)
        words, address = demo.words_of_the_run([])
    assert address is not None and not address.endswith(f":{port}")
    assert words[words.index("--web-port") + 1] in address
    assert str(port) not in words


def test_what_the_command_line_says_overrides_what_the_demo_chose() -> None:
    words, address = demo.words_of_the_run(["--headless", "--users=7", "--processes", "1"])
    assert address is None
    assert "--autostart" not in words
    assert words[-4:] == ["--headless", "--users=7", "--processes", "1"]


def test_a_wrong_option_is_told_before_anything_is_started(start: type[Demo]) -> None:
    running = start("--run-time", "soon")
    assert running.end() == 2, running.text()
    assert "--run-time" in running.text()
    assert "a shop of our own" not in running.text()


def test_make_demo_has_a_time_limit_if_it_is_told() -> None:
    def command(*words: str) -> str:
        made = subprocess.run(
            ["make", "--dry-run", "--no-print-directory", "demo", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip().splitlines()[-1].strip()

    assert command() == ".venv-release/bin/gregaria demo"
    assert command("SECONDS=20").endswith("gregaria demo --run-time 20 --autoquit 0")
