"""Nodes that die, freeze and come back. The load goes on, and what was counted is not lost."""

import signal
import time

from tests.cluster.nodes import (
    Cluster,
    Node,
    first_look,
    id_of,
    state_of,
)
from tests.cluster.test_joining import TOKEN, Door

#: Seconds until a silent worker is missing: five beats, and patience with a busy machine.
LOSS_LIMIT = 15

#: Seconds after the loss is known in which the load is what it was.
RECOVERY_SECONDS = 5

#: Seconds of silence after which a worker stops its users.
SILENCE_SECONDS = 60


def running(cluster: Cluster, count: int, users: int) -> tuple[Node, list[Node]]:
    """A master and workers with all their users."""
    master = cluster.steered("-u", str(users), "-r", "50", "--expect-workers", str(count))
    workers = [cluster.worker() for _ in range(count)]
    cluster.wait_for_users(users, workers)
    return master, workers


def wait_for_loss(cluster: Cluster, master: Node, worker: Node) -> float:
    """Waits until the master misses a worker; returns when it did."""

    def is_missing() -> bool:
        return state_of(master, worker) == "missing"

    cluster.wait(f"{worker.name} is missed", is_missing, LOSS_LIMIT)
    name = id_of(worker)
    look = first_look(master, 0, lambda look: look["workers"].get(name, [""])[0] == "missing")
    assert look is not None
    return look["at"]


def assert_recovers(cluster: Cluster, master: Node, lost_at: float, users: int) -> None:
    """The load is back soon after a loss."""

    def is_full(look: dict) -> bool:
        return sum(look["users"].values()) == users

    look = cluster.wait("the load is back", lambda: first_look(master, lost_at, is_full))
    assert look["at"] - lost_at < RECOVERY_SECONDS


def test_users_of_a_killed_worker_move_to_the_others(cluster: Cluster) -> None:
    master, workers = running(cluster, 3, 12)
    workers[0].send(signal.SIGKILL)
    assert_recovers(cluster, master, wait_for_loss(cluster, master, workers[0]), 12)
    cluster.wait("half of them on each", lambda: [each.users() for each in workers[1:]] == [6, 6])
    cluster.tell("quit")
    assert master.ends() == 0
    assert f"{id_of(workers[0])} failed to send heartbeat" in master.log()
    # What the dead one had not reported is gone with it; nothing counts twice.
    counted = cluster.target.total()
    assert 0.5 * counted < master.wait_for("quit")["requests"] <= counted


def test_a_frozen_worker_comes_back_with_all_that_it_had_counted(cluster: Cluster) -> None:
    master, workers = running(cluster, 3, 12)
    workers[0].send(signal.SIGSTOP)
    assert_recovers(cluster, master, wait_for_loss(cluster, master, workers[0]), 12)
    workers[0].send(signal.SIGCONT)
    master.wait_for_text("self-healed with heartbeat")
    cluster.wait("it has its share", lambda: [each.users() for each in workers] == [4, 4, 4])
    cluster.wait_for_users(12, workers)
    cluster.tell("quit")
    assert master.ends() == 0
    assert [worker.ends() for worker in workers] == [0, 0, 0]
    end = master.wait_for("quit")
    assert end["entries"] == cluster.target.counts()
    frozen = id_of(workers[0])
    # How busy the machine is, is another matter.
    markers = [text for text in end["markers"] if "of a core" not in text]
    started, lost, moved, back, ended = markers
    assert started == "run started with 12 users"
    assert lost == f"worker {frozen} lost, one of 3, with 4 users"
    assert moved.startswith("4 users moved in ")
    assert back == f"worker {frozen} is back"
    assert ended == "run ended: stopped"


def test_a_worker_that_is_started_again_gets_its_share(cluster: Cluster) -> None:
    master, workers = running(cluster, 2, 8)
    workers[0].send(signal.SIGKILL)
    workers[0].process.wait()
    again = cluster.worker("again")
    cluster.wait_for_users(8, [workers[1], again])
    cluster.wait("half of them", lambda: [workers[1].users(), again.users()] == [4, 4])
    cluster.tell("quit")
    assert master.ends() == 0


def test_a_run_ends_with_its_last_worker_and_says_so(cluster: Cluster) -> None:
    master, workers = running(cluster, 2, 4)
    cluster.wait("a report", lambda: master.last_look()["requests"] > 0)
    for worker in workers:
        worker.send(signal.SIGKILL)
    assert master.ends(LOSS_LIMIT) == 1
    log = master.log()
    assert "The last worker went missing, stopping test." in log
    assert "The run has ended: the last worker has gone missing" in log
    assert master.wait_for("quit")["requests"] > 0


def test_workers_join_a_master_that_was_killed_and_started_again(cluster: Cluster) -> None:
    door = Door(cluster, "-u", "6", "-r", "50", "--expect-workers", "2")
    first = door.open()
    workers = [door.guest(name, door.line()) for name in ("one", "two")]
    cluster.wait_for_users(6, workers)
    first.send(signal.SIGKILL)
    first.process.wait()
    door.words = ("-u", "4", "-r", "50", "-t", "6", "--expect-workers", "2")
    second = cluster.master(
        *("--certificate", str(door.certificate), *door.words),
        name="second",
        variables={"GREGARIA_JOIN_TOKEN": TOKEN},
    )
    second.wait_for("test_start")
    cluster.wait("half of them on each", lambda: [each.users() for each in workers] == [2, 2])
    cluster.wait("the users of the new run", lambda: second.users() == 4)
    assert [node.ends() for node in (second, *workers)] == [0, 0, 0]
    # The run before is over on the workers, with its events, and the new one is a run of its own.
    assert all(len(worker.notes("test_start")) == 2 for worker in workers)
    assert all(len(worker.notes("test_stop")) == 2 for worker in workers)
    assert 0 < second.wait_for("quit")["requests"] < cluster.target.total()


def test_workers_without_a_master_stop_their_users_and_wait_for_it(cluster: Cluster) -> None:
    master, workers = running(cluster, 2, 4)
    master.send(signal.SIGKILL)
    master.process.wait()
    died = time.time()
    for worker in workers:
        stopped = worker.wait_for("test_stop", limit=SILENCE_SECONDS + LOSS_LIMIT)
        assert SILENCE_SECONDS - 2 < stopped["at"] - died < SILENCE_SECONDS + LOSS_LIMIT
        assert worker.process.poll() is None
    still = cluster.target.total()
    again = cluster.steered("-u", "4", "-r", "50", "--expect-workers", "2", name="again")
    cluster.wait("they have come again", lambda: sum(each.users() for each in workers) == 4)
    assert cluster.target.total() >= still
    cluster.tell("quit")
    assert again.ends() == 0
    assert again.wait_for("quit")["requests"] == cluster.target.total() - still
