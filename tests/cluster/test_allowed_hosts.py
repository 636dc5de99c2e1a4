"""`--allowed-hosts`: workers keep to the list of their master, and to their own."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import OURS, Cluster, Node, Target

#: Users ask the host of the run for one path, and another host for another.
LOCUSTFILE = """
import os
from locust import HttpUser, constant, task

class Person(HttpUser):
    wait_time = constant(0.05)

    @task
    def ask_both(self):
        self.client.get("/here")
        self.client.get(os.environ["ELSEWHERE"] + "/there", name="/there")
        self.client.get("/hooked", hooks={"response": lambda response, **_: response})
"""


@pytest.fixture
def elsewhere() -> Iterator[Target]:
    """A server at 127.0.0.2, which nobody is to load."""
    target = Target("127.0.0.2")
    yield target
    target.close()


class Stage:
    """A cluster around the locustfile above."""

    def __init__(self, cluster: Cluster, elsewhere: Target) -> None:
        self.cluster = cluster
        self.variables = {"ELSEWHERE": elsewhere.url}
        (cluster.folder / "both.py").write_text(LOCUSTFILE)

    def master(self, *words: str) -> Node:
        cluster = self.cluster
        own = ("--master", "--headless", "--host", cluster.target.url, "--csv", "out")
        door = ("--master-bind-host", "127.0.0.1", "--master-bind-port", str(cluster.port))
        return self._start("master", OURS, *own, *door, *words)

    def worker(self, name: str, *words: str, program: tuple[str, ...] = OURS) -> Node:
        door = ("--master-host", "127.0.0.1", "--master-port", str(self.cluster.port))
        return self._start(name, program, "--worker", *door, *words)

    def _start(self, name: str, program: tuple[str, ...], *words: str) -> Node:
        command = [*program, "-f", "both.py", *words]
        return self.cluster.start(name, command, self.variables)


def failures(folder: Path) -> set[tuple[str, str]]:
    """Names and texts of the failures of a run."""
    with (folder / "out_failures.csv").open() as file:
        return {(row["Name"], row["Error"]) for row in csv.DictReader(file)}


def test_a_worker_loads_what_its_master_and_its_own_list_allow(
    cluster: Cluster, elsewhere: Target
) -> None:
    stage = Stage(cluster, elsewhere)
    words = ("-u", "2", "-r", "10", "-t", "3", "--expect-workers", "2")
    master = stage.master("--allowed-hosts", "127.0.0.1", *words)
    # The first has no list of its own. Nothing is on both lists of the second.
    workers = stage.worker("obedient"), stage.worker("choosy", "--allowed-hosts", "127.0.0.2")
    assert master.ends() == 1
    for worker in workers:
        worker.ends()
        assert "blocked by --allowed-hosts so far, the last one to 127.0.0." in worker.log()
    text = "PermissionError('blocked: host not allowed: 127.0.0.{}')"
    assert failures(cluster.folder) == {
        ("/here", text.format(1)),
        ("/hooked", text.format(1)),
        ("/there", text.format(2)),
    }
    assert cluster.target.counts().keys() == {"/here", "/hooked"}
    assert elsewhere.total() == 0


def test_a_worker_of_another_maker_is_named_in_one_warning(
    mixed: Cluster, elsewhere: Target
) -> None:
    stage = Stage(mixed, elsewhere)
    words = ("-u", "2", "-t", "1", "--expect-workers", "2")
    master = stage.master("--allowed-hosts", "127.0.0.1", *words)
    assert mixed.real is not None
    for name in ("first", "second"):
        stage.worker(name, program=mixed.real)
    master.ends()
    warning = "is not one of gregaria's: nothing keeps its requests to the hosts of --allowed-hosts"
    assert master.log().count(warning) == 1
