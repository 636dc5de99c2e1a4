"""`--processes`: a master and workers on one machine, from one command line."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cluster.nodes import LIMIT, OURS, Target, free_port, wait_until

SHOP = """
from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def front_page(self):
        self.client.get("/")
"""


TOKEN = "gjt1-never-0123456789abcdef0123456789abcdef"


class Command:
    """The command, and the processes that it has started."""

    def __init__(
        self,
        folder: Path,
        target: Target,
        *words: str,
        locustfile: str = SHOP,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        (folder / "locustfile.py").write_text(locustfile)
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
                env={
                    **{k: v for k, v in os.environ.items() if not k.startswith("GREGARIA_")},
                    **(variables or {}),
                },
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


SLOW = ("import time\n" + SHOP).replace('get("/")', 'get("/"); time.sleep(1000)')


def test_a_second_ctrl_c_ends_workers_too_whose_users_do_not_end(
    tmp_path: Path, target: Target
) -> None:
    command = Command(
        tmp_path, target, "--processes", "2", "--stop-timeout", "900", locustfile=SLOW
    )
    wait_until("a request of each user", lambda: target.total() >= 4, [])
    pids = command.children()
    assert len(pids) == 2
    command.process.send_signal(signal.SIGINT)
    waiting = "Waiting for 4 users to finish their tasks, --stop-timeout 900 seconds at most"
    wait_until("why it waits", lambda: waiting in command.text(), [])
    assert all(map(is_alive, pids))
    command.process.send_signal(signal.SIGINT)
    assert command.process.wait(LIMIT) == -signal.SIGINT, command.text()
    wait_until("their end", lambda: not any(map(is_alive, pids)), [])


def test_workers_do_not_outlive_a_master_that_is_killed(tmp_path: Path, target: Target) -> None:
    command = Command(tmp_path, target, "--processes", "2")
    wait_until("requests", target.total, [])
    pids = command.children()
    assert len(pids) == 2
    command.process.kill()
    assert command.process.wait(LIMIT) == -signal.SIGKILL
    wait_until("their end", lambda: not any(map(is_alive, pids)), [])


def test_a_signal_to_workers_of_a_master_elsewhere_ends_all_of_them(
    tmp_path: Path, target: Target
) -> None:
    command = Command(tmp_path, target, "--worker", "--processes", "2")
    said = "cannot reach the master"
    wait_until("two workers", lambda: command.text().count(said) >= 2, [])
    pids = command.children()
    assert len(pids) == 2
    command.process.terminate()
    # Not by the signal itself, nor were they killed.
    assert 0 <= command.process.wait(LIMIT) < signal.SIGKILL, command.text()
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("by_file", [False, True])
@pytest.mark.parametrize("words", [(), ("--master",)])
def test_workers_of_a_master_with_a_token_get_an_invitation_that_shows_nowhere(
    tmp_path: Path, target: Target, by_file: bool, words: tuple[str, ...]
) -> None:
    if by_file:
        (tmp_path / "tokens").write_text(f"{TOKEN}\n")
        words = (*words, "--join-token-file", "tokens")
    variables = {} if by_file else {"GREGARIA_JOIN_TOKEN": TOKEN}
    command = Command(tmp_path, target, "--processes", "2", "-t", "3", *words, variables=variables)
    wait_until("requests", target.total, [])
    pids = command.children()
    assert len(pids) == 2
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in [command.process.pid, *pids]]
    assert not any("gregaria://" in line or "gjt1-" in line for line in lines)
    environments = [Path(f"/proc/{pid}/environ").read_text() for pid in pids]
    # What they have opens this door to them alone: it is not the token of the others.
    assert all("GREGARIA_INVITATION=gregaria://127.0.0.1:" in each for each in environments)
    assert not any(TOKEN in each for each in environments)
    assert command.process.wait(LIMIT) == 0, command.text()
    text = command.text()
    assert "by invitation" in text
    assert set(re.findall(r"\(index (\d)\) reported as ready", text)) == {"0", "1"}
    assert "gregaria://" not in text and "gjt1-" not in text
    assert f'"num_requests": {target.total()},' in (tmp_path / "figures.json").read_text()


def test_a_certificate_that_cannot_be_used_starts_nobody(tmp_path: Path, target: Target) -> None:
    (tmp_path / "certificate.pem").write_text("no certificate")
    variables = {"GREGARIA_JOIN_TOKEN": TOKEN}
    words = ("--processes", "2", "--certificate", "certificate.pem")
    command = Command(tmp_path, target, *words, variables=variables)
    assert command.process.wait(LIMIT) == 2
    assert "certificate.pem" in command.text()
