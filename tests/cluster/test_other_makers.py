"""A worker of another maker in our cluster: it sends what Locust's do, or what it makes of that."""

import ast
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.nodes import LIMIT, Cluster, Node, wait_until
from tests.real_locust import real_locust
from tests.system import ROOT

NAME = "elsewhere_0123456789abcdef"
USERS = 8

#: What a worker that runs nothing says each second.
BEAT = {"state": "ready", "current_cpu_usage": 1.5, "current_memory_usage": 0}

#: What says nothing, or not what it should. What the master answers in its log stands beside it.
NONSENSE = [
    (("heartbeat", None), "heartbeat"),
    (("heartbeat", {"current_cpu_usage": 1.0}), "`state`"),
    (("heartbeat", {**BEAT, "current_cpu_usage": "much"}), "`current_cpu_usage`"),
    (("stats", {"stats": "none"}), "`stats`"),
    (("stats", {"stats": [{"name": "/"}]}), "`num_requests`"),
    (("stats", {"stats": [], "user_classes_count": {"Buyer": "many"}}), "`user_classes_count`"),
    (("spawning_complete", {"user_count": 4}), "`user_classes_count`"),
    (("exception", {"msg": 5}), "`msg`"),
    (("logs", ["a line"]), "logs"),
    (("no_such_type", {"whatever": 1}), "no_such_type"),
]


def recorded(kind: str) -> list[bytes]:
    """Messages of this type that were recorded from workers of Locust."""
    lines = (ROOT / "crates/runner/tests/wire/frames.txt").read_text().splitlines()
    return [bytes.fromhex(line.split()[2]) for line in lines if line.startswith(f"w->m {kind} ")]


class Peer:
    """The other worker."""

    def __init__(self, cluster: Cluster) -> None:
        self._output = cluster.folder / "peer.out"
        self._cluster = cluster
        script = str(ROOT / "tests/cluster/peer.py")
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [real_locust(), script, cluster.address, str(cluster.port), NAME],
                stdin=subprocess.PIPE,
                stdout=output,
                text=True,
            )

    def _do(self, *order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order!r}\n")
        self._process.stdin.flush()

    def say(self, kind: str, data: Any = None) -> None:
        """Sends a message."""
        self._do("say", kind, data)

    def beat(self, state: str, **more: Any) -> None:
        """Sends a heartbeat at once, and again every second."""
        self._do("beat", "heartbeat", {**BEAT, "state": state, **more})

    def repeat(self, frames: list[bytes]) -> None:
        """Sends recorded messages."""
        for frame in frames:
            self._do("recorded", frame)

    def send(self, frame: bytes) -> None:
        """Sends what need not be a message."""
        self._do("bytes", frame)

    def messages(self, way: str, kind: str) -> list[Any]:
        """Data of the messages of one type that it has `said` or `heard`."""
        lines = map(ast.literal_eval, self._output.read_text().split("\n")[:-1])
        return [data for each, its_kind, data in lines if (each, its_kind) == (way, kind)]

    def hears(self, kind: str, count: int = 1) -> Any:
        """The data of a message of the master, as soon as there are so many."""

        def look() -> list[Any]:
            heard = self.messages("heard", kind)
            return heard if len(heard) >= count else []

        return wait_until(f"`{kind}` for the peer", look, self._cluster.nodes)[-1]

    def counted(self) -> dict[str, int]:
        """Requests by name in all its reports."""
        sums: dict[str, int] = {}
        for report in self.messages("said", "stats"):
            for entry in report["stats"] if isinstance(report["stats"], list) else []:
                if "num_requests" in entry:
                    sums[entry["name"]] = sums.get(entry["name"], 0) + entry["num_requests"]
        return sums

    def join(self, version: Any) -> None:
        """Takes part, and runs the users that it is given."""
        self.say("client_ready", version)
        assert self.hears("ack")["index"] in (0, 1)
        self.beat("ready")
        spawn = self.hears("spawn")
        assert {"Buyer", "Reader"} == set(spawn["user_classes_count"])
        self.say("spawning")
        counts = spawn["user_classes_count"]
        users = {"user_classes_count": counts, "user_count": sum(counts.values())}
        self.beat("running")
        self.say("spawning_complete", users)

    def close(self) -> None:
        """Lets it go, once all it has to say is on its way."""
        self._process.communicate(timeout=LIMIT)


@pytest.fixture
def peer(cluster: Cluster) -> Iterator[Peer]:
    peer = Peer(cluster)
    yield peer
    peer.close()


def start(cluster: Cluster, peer: Peer, version: Any) -> tuple[Node, Node]:
    """A master, a worker of ours, and beside it the other, with half of the users on each."""
    master = cluster.steered("-u", str(USERS), "-r", "50", "--expect-workers", "2")
    worker = cluster.worker()
    worker.wait_for("init")
    peer.join(version)
    cluster.wait(
        "half of the users on each",
        lambda: worker.users() == USERS // 2 and workers_of(master).get(NAME) == ["running", 4],
    )
    return master, worker


def workers_of(master: Node) -> dict[str, list[Any]]:
    return master.last_look()["workers"]


@pytest.mark.parametrize("version", ["2.20.1", -1])
def test_its_reports_count_exactly_and_are_said_to_be_coarse(
    cluster: Cluster, peer: Peer, version: str | int
) -> None:
    master, worker = start(cluster, peer, version)
    reports, exceptions = recorded("stats"), recorded("exception")
    peer.repeat([*reports, *exceptions])
    cluster.wait("its reports", lambda: len(peer.messages("said", "stats")) == len(reports))
    cluster.tell("stop")
    peer.hears("stop")
    peer.beat("ready")
    peer.say("client_stopped")
    master.wait_for("test_stop")
    peer.say("client_ready", version)
    peer.hears("ack", count=2)
    cluster.tell("quit")
    peer.hears("quit")
    peer.say("quit")
    # Requests have failed there.
    assert [master.ends(), worker.ends()] == [1, 0]
    figures = master.wait_for("quit")
    assert sum(peer.counted().values()) > 100
    assert figures["entries"] == {**cluster.target.counts(), **peer.counted()}
    assert sum(count for _, count, _ in figures["exceptions"]) == len(exceptions)
    log = master.log()
    assert "some workers report rounded response times only: all percentiles are as coarse" in log
    # −1 stands for a worker that wants no comparison.
    assert (f"worker {NAME} runs version 2.20.1" in log) == (version == "2.20.1")


def test_nonsense_of_it_harms_nobody(cluster: Cluster, peer: Peer) -> None:
    master, worker = start(cluster, peer, -1)
    before = cluster.target.total()
    for message, complaint in NONSENSE:
        peer.say(*message)
        master.wait_for_text(complaint)
    for number, frame in enumerate(
        (b"", b"\xc1", b"\x93\xa5stats", b"\x91\x91\x91", b"\xff" * 999)
    ):
        peer.send(frame)
        peer.hears("reconnect", count=number + 1)
    # What it means and says in a way of its own is taken as far as it goes.
    entry = {"name": "/else", "num_requests": 7, "response_times": {3: 5, 4.5: 2}, "colour": "red"}
    peer.say("stats", {"stats": [entry], "mood": {"good": True}})
    peer.beat("on holiday", load=0.5)
    cluster.wait("requests of ours", lambda: cluster.target.total() > before + 200)
    assert workers_of(master)[NAME] == ["running", 0]
    assert worker.users() == USERS // 2
    cluster.tell("quit")
    peer.hears("quit")
    peer.say("quit")
    assert [master.ends(), worker.ends()] == [0, 0]
    assert master.wait_for("quit")["entries"] == {**cluster.target.counts(), "/else": 7}
