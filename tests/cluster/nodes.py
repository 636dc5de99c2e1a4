"""Nodes of a cluster as processes: ours and Locust's, with what they log and write down."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

SCENARIO = Path(__file__).with_name("scenario.py")

OURS = (sys.executable, "-m", "gregaria")

#: Seconds after which something will not happen any more.
LIMIT = 60.0

#: Seconds that users get to end what they do. A request on a line that was cut is sent again after
#: as long as the cut has lasted; until its answer is there, the target has counted more than we.
STOP_TIMEOUT = 50

#: Seconds between two looks at the files of a node.
LOOK = 0.05

Note = dict[str, Any]
T = TypeVar("T")


def free_port() -> int:
    """A port nobody listens on, and which no connection of another test will get by chance."""
    below_those_of_connections = range(10_000, 30_000)
    while True:
        port = random.choice(below_those_of_connections)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(
    what: str, look: Callable[[], T], nodes: Sequence["Node"], limit: float = LIMIT
) -> T:
    """Looks again and again until there is something to see, and returns it."""
    end = time.monotonic() + limit
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            tails = "\n".join(f"--- {node.name}\n{node.log()[-3000:]}" for node in nodes)
            raise AssertionError(f"not within {limit} s: {what}\n{tails}")
        time.sleep(LOOK)


class Target:
    """The counting server."""

    def __init__(self, address: str = "127.0.0.1", prefix: Sequence[str] = ()) -> None:
        script = Path(__file__).with_name("target.py")
        self._process = subprocess.Popen(
            [*prefix, sys.executable, str(script), address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def counts(self) -> dict[str, int]:
        """Requests that it has answered, by path."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def total(self) -> int:
        """All of them."""
        return sum(self.counts().values())

    def close(self) -> None:
        self._process.communicate(timeout=LIMIT)


class Node:
    """One process of a cluster."""

    def __init__(
        self, name: str, folder: Path, command: Sequence[str], variables: Mapping[str, str]
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self._record = folder / f"{name}.jsonl"
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("LOCUST_", "GREGARIA_", "CLUSTER_"))
        }
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={
                    **kept,
                    "CLUSTER_RECORD": str(self._record),
                    **variables,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        """All it has said so far, on both streams."""
        return self._log.read_text(errors="replace")

    def notes(self, event: str | None = None) -> list[Note]:
        """What it has written down, complete lines only."""
        if not self._record.exists():
            return []
        lines = self._record.read_text().split("\n")[:-1]
        notes = [json.loads(line) for line in lines]
        return [note for note in notes if event in (None, note["event"])]

    def events(self) -> list[str]:
        """The events of a run on it, in their order."""
        skipped = {"look", "tick", "question", "answer", "obeyed", "report", "merged"}
        return [note["event"] for note in self.notes() if note["event"] not in skipped]

    def last_look(self) -> Note:
        """What it saw of its runner last."""
        looks = self.notes("look")
        return looks[-1] if looks else {"state": None, "users": {}, "workers": {}, "requests": 0}

    def users(self) -> int:
        """Users by its last look."""
        return sum(self.last_look()["users"].values())

    def wait_for(self, event: str, count: int = 1, limit: float = LIMIT) -> Note:
        """The note of an event, as soon as there are so many."""

        def look() -> list[Note]:
            notes = self.notes(event)
            return notes if len(notes) >= count else []

        return wait_until(f"`{event}` on {self.name}", look, [self], limit)[count - 1]

    def wait_for_text(self, text: str, limit: float = LIMIT) -> None:
        """Waits until its log says this."""
        wait_until(f"`{text}` in the log of {self.name}", lambda: text in self.log(), [self], limit)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self, limit: float = LIMIT) -> int:
        """Its exit code, when it has ended by itself."""
        wait_until(f"end of {self.name}", lambda: self.process.poll() is not None, [self], limit)
        return self.process.returncode

    def end(self) -> None:
        """Ends it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Cluster:
    """A master and workers around one target."""

    def __init__(
        self,
        folder: Path,
        target: Target,
        real: tuple[str, ...] | None = None,
        *,
        address: str = "127.0.0.1",
        classes: Sequence[str] = ("Buyer", "Reader"),
    ) -> None:
        self.folder = folder
        self.target = target
        self.real = real
        self.address = address
        self.port = free_port()
        self.classes = classes
        self.nodes: list[Node] = []
        #: The master that was started last.
        self.leader: Node
        self.orders = folder / "orders"

    def _start(
        self,
        name: str,
        is_real: bool,
        words: Sequence[str],
        variables: Mapping[str, str] | None,
        prefix: Sequence[str],
    ) -> Node:
        program = self.real if is_real else OURS
        assert program is not None
        command = [*prefix, *program, "--locustfile", str(SCENARIO), *words, *self.classes]
        return self.start(name, command, variables)

    def start(
        self, name: str, command: Sequence[str], variables: Mapping[str, str] | None = None
    ) -> Node:
        """Starts any program as a part of the cluster."""
        node = Node(name, self.folder, command, variables or {})
        self.nodes.append(node)
        return node

    def master(
        self,
        *words: str,
        is_real: bool = False,
        name: str = "master",
        variables: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> Node:
        """Starts the master, whose run begins as soon as its workers are there."""
        own = (
            *("--master", "--headless", "--host", self.target.url),
            *("--master-bind-host", self.address, "--master-bind-port", str(self.port)),
            *("--stop-timeout", str(STOP_TIMEOUT)),
        )
        self.leader = self._start(name, is_real, [*own, *words], variables, prefix)
        return self.leader

    def steered(
        self,
        *words: str,
        name: str = "master",
        variables: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> Node:
        """Starts a master that is then told what to do by `tell`."""
        self.orders.write_text("")
        variables = {"CLUSTER_ORDERS": str(self.orders), **(variables or {})}
        return self.master(*words, name=name, variables=variables, prefix=prefix)

    def tell(self, order: str) -> Note:
        """Lets a steered master do something; returns when it has been done."""
        with self.orders.open("a") as file:
            file.write(f"{order}\n")

        def look() -> list[Note]:
            return [note for note in self.leader.notes("obeyed") if note["order"] == order]

        return wait_until(f"`{order}` is obeyed", look, self.nodes)[-1]

    def worker(
        self,
        name: str = "",
        *words: str,
        is_real: bool = False,
        variables: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> Node:
        """Starts a worker."""
        name = name or f"worker{len(self.nodes)}"
        own = ("--worker", "--master-host", self.address, "--master-port", str(self.port))
        return self._start(name, is_real, [*own, *words], variables, prefix)

    def wait(self, what: str, look: Callable[[], T], limit: float = LIMIT) -> T:
        """Waits for something to be seen; shows all logs if it is not."""
        return wait_until(what, look, self.nodes, limit)

    def wait_for_users(self, count: int, on: Sequence[Node], limit: float = LIMIT) -> None:
        """Waits until so many users run on these workers together, and the master knows it."""
        self.wait(
            f"{count} users on {', '.join(node.name for node in on)}",
            lambda: sum(node.users() for node in on) == count == self.leader.users(),
            limit,
        )

    def close(self) -> None:
        for node in self.nodes:
            node.end()


def id_of(worker: Node) -> str:
    """The name a worker has in the cluster."""
    return worker.wait_for("init")["id"]


def state_of(master: Node, worker: Node) -> str | None:
    """The state of a worker as its master sees it."""
    return master.last_look()["workers"].get(id_of(worker), [None])[0]


def first_look(master: Node, since: float, holds: Callable[[Note], bool]) -> Note | None:
    """The first look of the master after a time for which something holds."""
    looks: Iterator[Note] = iter(master.notes("look"))
    return next((look for look in looks if look["at"] >= since and holds(look)), None)
