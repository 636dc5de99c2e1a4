"""Workers that are started again under the identity they had: old and new are not mixed up.

Workers keep their identity when they start anew by themselves, to take over a newer test. Here that
happens at worse moments.
"""

import signal
from collections.abc import Sequence

from gregaria.locust._joining import NODE_ID
from tests.cluster.nodes import Cluster, Node, state_of

NAME = "host_0123456789abcdef"

#: Both sides of each report are written down.
NOTED = {"CLUSTER_REPORTS": "1"}

USERS = 6


def start(cluster: Cluster) -> tuple[Node, Node, Node]:
    """A master, a worker, and the one that is to have namesakes, with all their users."""
    master = cluster.steered("-u", str(USERS), "-r", "50", "--expect-workers", "2", variables=NOTED)
    other = cluster.worker("other", variables=NOTED)
    first = namesake(cluster, "first")
    cluster.wait_for_users(USERS, [other, first])
    return master, other, first


def namesake(cluster: Cluster, name: str) -> Node:
    return cluster.worker(name, variables={**NOTED, NODE_ID: NAME})


def reported(workers: Sequence[Node]) -> list[int]:
    """Requests of each report of these workers."""
    return [note["requests"] for worker in workers for note in worker.notes("report")]


def merged(master: Node) -> list[int]:
    """Requests of each report of the namesakes that the master has merged."""
    return [note["requests"] for note in master.notes("merged") if note["id"] == NAME]


def is_part(part: list[int], whole: list[int]) -> bool:
    """Whether numbers stand in a row in others."""
    return any(whole[at : at + len(part)] == part for at in range(len(whole)))


def test_reports_of_a_worker_before_and_after_its_restart_count_once_each(cluster: Cluster) -> None:
    master, other, first = start(cluster)
    # Right behind a report, so that it takes none with it that is on its way.
    count = len(merged(master))
    cluster.wait("one more report", lambda: len(merged(master)) > count and sum(merged(master)) > 0)
    first.send(signal.SIGKILL)
    second = namesake(cluster, "second")
    cluster.wait_for_users(USERS, [other, second])
    cluster.wait("half of them on each", lambda: [other.users(), second.users()] == [3, 3])
    # Its place and number are those it had.
    looks = master.notes("look")
    assert {worker for look in looks for worker in look["workers"]} == {
        NAME,
        other.wait_for("init")["id"],
    }
    joined = [line for line in master.log().splitlines() if f"Worker {NAME} (index" in line]
    assert len(joined) == 2
    assert len({line.partition("(index ")[2][0] for line in joined}) == 1
    cluster.tell("quit")
    assert [node.ends() for node in (master, other, second)] == [0, 0, 0]
    assert merged(master) == reported([first, second])
    figures = master.wait_for("quit")
    assert figures["requests"] == sum(reported([other, first, second]))
    # What was counted since its last report has gone with the first, be it nothing.
    assert figures["requests"] <= cluster.target.total()


def test_a_restart_between_two_runs_changes_nothing_in_either(cluster: Cluster) -> None:
    master, other, first = start(cluster)
    cluster.tell("stop")
    assert master.wait_for("test_stop")["entries"] == cluster.target.counts()
    first.send(signal.SIGKILL)
    first.process.wait()
    second = namesake(cluster, "second")
    second.wait_for("init")
    before = cluster.target.total()
    cluster.tell(f"start {USERS} 50")
    cluster.wait_for_users(USERS, [other, second])
    cluster.wait("requests", lambda: cluster.target.total() > before + 100)
    cluster.tell("quit")
    assert [node.ends() for node in (master, other, second)] == [0, 0, 0]
    assert master.wait_for("quit")["requests"] == cluster.target.total() - before


def test_a_worker_whose_namesake_has_taken_its_place_gets_it_back_with_all_it_has_counted(
    cluster: Cluster,
) -> None:
    master, other, first = start(cluster)
    first.send(signal.SIGSTOP)
    second = namesake(cluster, "second")
    cluster.wait_for_users(USERS, [other, second])
    first.send(signal.SIGCONT)
    # Now there are two. One has the place, the second unless it is silent for seconds, as on a very
    # busy machine, and nothing of the other is merged.
    before, reports = len(reported([first])), len(merged(master))
    cluster.wait(
        "reports of both",
        lambda: len(reported([first])) > before and len(merged(master)) > reports + 1,
    )
    new = merged(master)[reports:]
    assert [is_part(new, reported([each])) for each in (first, second)].count(True) == 1
    assert state_of(master, second) == "running"
    second.send(signal.SIGTERM)
    assert second.ends() == 0
    master.wait_for("worker_connect", count=4)
    cluster.wait("half of them on each", lambda: [other.users(), first.users()] == [3, 3])
    cluster.wait_for_users(USERS, [other, first])
    cluster.tell("quit")
    assert [node.ends() for node in (master, other, first)] == [0, 0, 0]
    assert master.wait_for("quit")["entries"] == cluster.target.counts()
