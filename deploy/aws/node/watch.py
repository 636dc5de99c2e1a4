"""Looks after a running node: the end of its time, a newer test, results, what the page shows.

`watch.py` does so for ever. `watch.py end` asks once whether the time is over, by what this machine
knows alone, and turns it off.
"""

from __future__ import annotations

import datetime
import json
import os
import signal
import sqlite3
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws import AwsError
from ending import Ending
from node import ETC, HOME, ROOT, STALE, STATE, BootError, Node, log, system, unpack_test, write

#: Seconds between two looks.
INTERVAL = 10

#: Looks between two at how the other nodes are.
LOOKS_OF_NODES = 6

#: Characters of what AWS says when it refuses, as the page shows it.
PROBLEM = 200

#: Seconds that each step before the end may take: an upload that hangs keeps no machine.
STEP = int(os.environ.get("GREGARIA_STEP", "200"))

#: Unix time of the end, as it was last heard.
DEADLINE = STATE / "deadline"

#: Unix time of the last look at which a test was running.
ACTIVE = STATE / "active"

#: States of Locust's API in which a test is on.
RUNNING = ("spawning", "running", "stopping", "cleanup")

#: What the page shows of the cloud, and the file by which it asks for the end of everything.
CLOUD = ROOT / "run/gregaria-cloud/cloud.json"
ASKED_TO_END = ROOT / "run/gregaria/end"


def deadline(config: dict[str, Any]) -> float:
    """When this node ends. One that never heard of a lease counts from its start."""
    try:
        return float(DEADLINE.read_text())
    except (OSError, ValueError):
        return booted_at() + config["longest_life_s"] + config["grace_s"]


def booted_at() -> float:
    """Unix time at which the machine was started."""
    return time.time() - float(Path("/proc/uptime").read_text().split()[0])


class Watch:
    """One node's keeper."""

    def __init__(self) -> None:
        self.node = Node()
        self.config = self.node.config
        self._cluster: dict[str, Any] = {}
        self._cluster_etag: str | None = None
        self._nodes: dict[str, Any] = {}
        self._looks = 0
        self._kept: tuple[int, int] | None = None
        self._started_at = time.time()
        #: When AWS answered last, and what it did not do since.
        self._heard_at: float | None = None
        self._problem: str | None = None
        self._ending: Ending | None = None
        self._asked_at: float | None = None

    def look(self) -> None:
        """Everything once. What fails is tried at the next look, and keeps nothing else back."""
        self._looks += 1
        self._problem = None
        tries: list[Callable[[], None]] = [self._read_cluster]
        if self.node.role == "master":
            tries += [self._follow_test, self._keep_results, self._see_nodes]
            tries += [self._end_if_asked, self._end_if_idle, self._go_on_ending, self._show]
        for each in tries:
            try:
                each()
            except (AwsError, BootError, OSError, ValueError, sqlite3.Error) as error:
                log(f"{each.__name__}: {error}")
                self._problem = str(error)[:PROBLEM]

    def _read_cluster(self) -> None:
        # A restart that has failed is made up for, although nothing is new.
        if STALE.exists():
            self._restart()
        key = "control/cluster.json"
        found = self.node.client.get_object(self.node.bucket, key, self._cluster_etag)
        self._heard_at = time.time()
        if found is None:
            return
        self._cluster = json.loads(found[0])
        end = unix_time(self._cluster["expires_at"])
        write(DEADLINE, str(end + self.config["grace_s"]), 0o644)
        self.node.configure(self._cluster)
        self._cluster_etag = found[1]
        if STALE.exists():
            self._restart()

    def _restart(self) -> None:
        """Lets the service have its newer environment. One that has never run is not started."""
        log("the environment of gregaria has changed: it is started anew if it runs")
        system("systemctl", "try-restart", "gregaria.service")
        STALE.unlink(missing_ok=True)

    def _follow_test(self) -> None:
        """Takes over a newer test while none runs: the master then offers it to the workers."""
        path = STATE / "test.etag"
        if not path.exists():
            # The first one is taken over when the node boots.
            return
        found = self.node.client.get_object(self.node.bucket, "bundle/test.zip", path.read_text())
        if found is None or self._is_running():
            return
        unpack_test(found[0], HOME / "test")
        write(path, found[1], 0o644)
        log("took over a newer test")

    def _is_running(self) -> bool:
        return page_state(self.config) in RUNNING

    def _keep_results(self, is_last: bool = False) -> None:
        """Copies the run store to the bucket when it has changed, after each test and last."""
        store = ROOT / "var/lib/gregaria/runs.sqlite"
        if not store.exists():
            return
        present = [path.stat() for path in store.parent.glob("runs.sqlite*")]
        state = (sum(each.st_size for each in present), max(each.st_mtime_ns for each in present))
        if state == self._kept or (not is_last and self._is_running()):
            return
        key = f"results/{self.node.identity}/runs.sqlite"
        self.node.client.put_object(
            self.node.bucket, key, snapshot_of(store), "application/vnd.sqlite3"
        )
        self._kept = state

    def _see_nodes(self) -> None:
        if self._looks % LOOKS_OF_NODES != 1:
            return
        client, bucket = self.node.client, self.node.bucket
        nodes: dict[str, Any] = {}
        for key in client.list_objects(bucket, "nodes/"):
            # nodes/ROLE:INSTANCE/state.json. What a node has torn hides no other.
            with suppress(AwsError, ValueError):
                found = client.get_object(bucket, key)
                told = json.loads(found[0]) if found else None
                if isinstance(told, dict):
                    nodes[key.partition(":")[2].partition("/")[0]] = told
        self._nodes = nodes

    def _show(self) -> None:
        """Writes what the page shows in its cloud line. Times are seconds since 1970."""
        cluster = self._cluster
        told = {
            **cluster.get("cloud", {}),
            "idle_minutes": cluster.get("idle_minutes"),
            "idle_since": self._active_at(),
            "nodes": self._nodes,
            "teardown": self._ending and self._ending.told(),
            "problem": self._problem,
            "checked_at": self._heard_at,
        }
        if cluster:
            told["ends_at"] = unix_time(cluster["expires_at"])
            told["extension"] = {
                "command": f"gregaria cloud up --var lease={another(cluster['lease'])}",
                "seconds": 3600 * cluster["ttl_hours"],
            }
        CLOUD.parent.mkdir(parents=True, exist_ok=True)
        write(CLOUD, json.dumps(told), 0o644)

    def _active_at(self) -> float:
        try:
            return float(ACTIVE.read_text())
        except (OSError, ValueError):
            return self._started_at

    def _end_if_asked(self) -> None:
        if not ASKED_TO_END.exists():
            return
        asked_at = ASKED_TO_END.stat().st_mtime
        if self._ending is None:
            self._end(f"asked for on the page by {ASKED_TO_END.read_text().strip() or 'somebody'}")
        elif asked_at != self._asked_at:
            self._ending.try_again()
        self._asked_at = asked_at

    def _end_if_idle(self) -> None:
        minutes = self._cluster.get("idle_minutes", 0)
        if self._is_running():
            write(ACTIVE, str(time.time()), 0o644)
        elif minutes and time.time() - self._active_at() > 60 * minutes:
            self._end(f"no test for {minutes} minutes")

    def _end(self, why: str) -> None:
        if self._ending is None:
            self._ending = Ending(self.node, why, lambda: self._keep_results(is_last=True))

    def _go_on_ending(self) -> None:
        if self._ending is not None:
            self._ending.go_on()


def unix_time(text: str) -> float:
    """Seconds since 1970 of a time as Terraform writes it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def another(lease: str) -> str:
    """A value that the lease does not have: any other one begins it anew."""
    return str(int(lease) + 1) if lease.isdecimal() else f"{lease}-2"


def page_state(config: dict[str, Any]) -> str:
    """What Locust's API says of the test, or `unknown` while the page is not there."""
    try:
        words = (ETC / "secrets/web-users").read_text().split()
        request = urllib.request.Request(
            f"https://127.0.0.1:{config['page_port']}/stats/requests",
            headers={"Authorization": f"Bearer {words[-1]}"},
        )
        trust = ssl.create_default_context(cafile=str(ETC / "certificate.pem"))
        with urllib.request.urlopen(request, timeout=5, context=trust) as answer:
            return json.load(answer)["state"]
    except (OSError, ValueError, KeyError):
        return "unknown"


def snapshot_of(store: Path) -> bytes:
    """The run store as it is at this moment, in one piece, although somebody may write to it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "runs.sqlite")
        source = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        target = sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        return copy.read_bytes()


def end_if_due() -> None:
    """Turns the machine off if its time is over. Needs no network.

    If there is one, nothing comes after it: the master takes its group to 0 and keeps the results,
    and a worker leaves its group smaller by one.
    """
    config = json.loads((ETC / "node.json").read_text())
    if time.time() < deadline(config):
        return
    log("the time of this node is over")
    try:
        for each in last_steps(in_time(Watch)):
            try:
                in_time(each)
            except Exception as error:
                log(f"left out at the end: {error}")
    except Exception as error:
        log(f"nobody is told: {error}")
    system("systemctl", "poweroff")


class TooLong(Exception):
    """What the alarm raises: nothing else takes it for a call that can be tried again."""


def in_time(call: Callable[[], Any]) -> Any:
    """Makes a call, which an alarm ends when it takes too long."""

    def give_up(*_: object) -> None:
        raise TooLong(f"not done in {STEP} seconds")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(STEP)
    try:
        return call()
    finally:
        signal.alarm(0)


def last_steps(watch: Watch) -> list[Callable[[], None]]:
    """What a node does before it is off. None of them waits for another to succeed."""
    node = watch.node
    if node.role == "worker":
        return [lambda: node.client.end_and_shrink(node.own_id)]
    return [
        lambda: node.client.set_desired_capacity(node.config["group"], 0),
        lambda: watch._keep_results(is_last=True),
        lambda: node.tell("ended", reason="the time was over"),
    ]


def main() -> None:
    """Looks for ever, or once whether it is time to end."""
    if sys.argv[1:] == ["end"]:
        end_if_due()
        return
    watch = Watch()
    while True:
        watch.look()
        time.sleep(INTERVAL)


if __name__ == "__main__":
    main()
