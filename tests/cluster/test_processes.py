"""`--processes`: a master and workers on one machine, from one command line."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.cluster.nodes import LIMIT, OURS, Target, free_port, wait_until

SHOP = """
from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def front_page(self):
        self.client.get("/")
"""


class Command:
    """The command, and the processes that it has started."""

    def __init__(self, folder: Path, target: Target, *words: str) -> None:
        (folder / "locustfile.py").write_text(SHOP)
        self.log = folder / "log"
        port = str(free_port())
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(*OURS, "--headless", "-u", "4", "-r", "50", "--host", target.url),
                    *("--stop-timeout", "5", "--json-file", "figures", "--only-summary"),
                    *("--master-bind-host", "127.0.0.1", "--master-bind-port", port),
                    *("--master-port", port, *words),
                ],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("GREGARIA_")},
            )

    def children(self) -> list[int]:
        """Process ids of the workers."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()]

    def text(self) -> str:
        return self.log.read_text()


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_two_processes_make_one_run_and_end_with_it(tmp_path: Path, target: Target) -> None:
    command = Command(tmp_path, target, "--processes", "2", "-t", "2")
    workers = wait_until("two workers", lambda: len(command.children()) == 2, [])
    assert workers
    pids = command.children()
    assert command.process.wait(LIMIT) == 0, command.text()
    assert not any(map(is_alive, pids))
    indexes = set(re.findall(r"\(index (\d)\) reported as ready", command.text()))
    assert indexes == {"0", "1"}
    figures = (tmp_path / "figures.json").read_text()
    assert f'"num_requests": {target.total()},' in figures
    assert target.total() > 4


def test_ctrl_c_ends_the_workers_too(tmp_path: Path, target: Target) -> None:
    command = Command(tmp_path, target, "--processes", "2")
    wait_until("requests", target.total, [])
    pids = command.children()
    assert len(pids) == 2
    command.process.send_signal(signal.SIGINT)
    assert command.process.wait(LIMIT) == 0, command.text()
    assert not any(map(is_alive, pids))


def test_workers_without_an_invitation_are_not_started(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gregaria", "--headless", "--processes", "2"],
        cwd=tmp_path,
        env={**os.environ, "GREGARIA_JOIN_TOKEN": "0123456789abcdef"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 2
    assert "--processes cannot be combined with a join token" in done.stderr
    assert "0123456789abcdef" not in done.stderr
