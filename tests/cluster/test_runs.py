"""A master of ours with workers of ours: what they run, and that every request is counted once."""

import signal

import pytest

from tests.cluster.nodes import Cluster, Node, id_of


def assert_sums_agree(cluster: Cluster, master: Node) -> None:
    """What the master has in the end is what the target has answered, to the last request."""
    figures = master.wait_for("quit")
    counted = cluster.target.counts()
    assert figures["entries"] == counted
    assert figures["requests"] == sum(counted.values()) > 0


@pytest.mark.parametrize("count", [1, 3])
def test_workers_share_the_users_and_the_sum_is_what_the_target_has_answered(
    cluster: Cluster, count: int
) -> None:
    master = cluster.master("-u", "8", "-r", "20", "-t", "4", "--expect-workers", str(count))
    workers = [cluster.worker() for _ in range(count)]
    assert master.ends() == 0
    assert [worker.ends() for worker in workers] == [0] * count
    assert master.wait_for("quit")["final"] == {"Buyer": 6, "Reader": 2}
    most = [max(sum(look["users"].values()) for look in each.notes("look")) for each in workers]
    assert sorted(most) == ([8] if count == 1 else [2, 3, 3])
    assert_sums_agree(cluster, master)


def test_the_sum_is_exact_through_changes_of_the_user_count_and_a_stop(cluster: Cluster) -> None:
    master = cluster.steered("-u", "4", "-r", "20", "--expect-workers", "2")
    workers = [cluster.worker(), cluster.worker()]
    for count in (4, 11, 3, 7):
        if count != 4:
            cluster.tell(f"start {count} 20")
        cluster.wait_for_users(count, workers)
    cluster.tell("stop")
    stopped = master.wait_for("test_stop")
    assert stopped["entries"] == cluster.target.counts()
    # A second run counts from nothing.
    before = cluster.target.total()
    cluster.tell("start 5 20")
    cluster.wait_for_users(5, workers)
    cluster.wait("requests of the second run", lambda: cluster.target.total() > before + 50)
    cluster.tell("quit")
    assert master.ends() == 0
    assert master.wait_for("quit")["requests"] == cluster.target.total() - before
    assert len(master.notes("test_start")) == len(workers[0].notes("test_start")) == 2


def test_a_worker_that_quits_in_the_middle_leaves_its_users_and_its_figures(
    cluster: Cluster,
) -> None:
    master = cluster.steered("-u", "9", "-r", "20", "--expect-workers", "3")
    workers = [cluster.worker() for _ in range(3)]
    cluster.wait_for_users(9, workers)
    workers[1].send(signal.SIGTERM)
    assert workers[1].ends() == 0
    cluster.wait_for_users(9, [workers[0], workers[2]])
    cluster.tell("quit")
    assert master.ends() == 0
    assert_sums_agree(cluster, master)


def test_a_worker_that_comes_in_the_middle_gets_its_share(cluster: Cluster) -> None:
    master = cluster.steered("-u", "8", "-r", "20")
    first = cluster.worker()
    cluster.wait_for_users(8, [first])
    second = cluster.worker()
    cluster.wait("half of them on each", lambda: [first.users(), second.users()] == [4, 4])
    cluster.tell("quit")
    assert master.ends() == 0
    assert_sums_agree(cluster, master)


def test_a_shape_ticks_on_the_master_alone(cluster: Cluster) -> None:
    stages = {"CLUSTER_STAGES": "3:4,6:10,8:2"}
    master = cluster.master("--expect-workers", "2", variables=stages)
    workers = [cluster.worker(variables=stages) for _ in range(2)]
    assert master.ends() == 0
    assert [worker.ends() for worker in workers] == [0, 0]
    assert len(master.notes("tick")) >= 6
    assert not any(worker.notes("tick") for worker in workers)
    counts = [sum(look["users"].values()) for look in master.notes("look")]
    assert [counts.index(count) for count in (4, 10)] == sorted(map(counts.index, (4, 10)))
    assert 2 in counts[counts.index(10) :]
    assert_sums_agree(cluster, master)


def test_messages_of_the_locustfile_go_both_ways(cluster: Cluster) -> None:
    master = cluster.master("-u", "2", "-r", "20", "-t", "2", "--expect-workers", "2")
    workers = [cluster.worker(), cluster.worker()]
    assert master.ends() == 0
    question = {"numbers": [1, 2.5, None], "text": "Grüße"}
    names = {id_of(worker) for worker in workers}
    assert [worker.wait_for("question")["data"] for worker in workers] == [question, question]
    answers = master.notes("answer")
    assert all(answer["data"]["to"] == question for answer in answers)
    assert {answer["data"]["from"] for answer in answers} == names
    assert {answer["sender"] for answer in answers} == names


def test_failures_and_exceptions_of_workers_are_the_masters(cluster: Cluster) -> None:
    cluster.classes = ("Admin", "Buyer")
    master = cluster.master("-u", "4", "-r", "20", "-t", "3", "--expect-workers", "2")
    workers = [cluster.worker(), cluster.worker()]
    assert master.ends() == 1
    assert [worker.ends() for worker in workers] == [0, 0]
    end = master.wait_for("quit")
    failed = cluster.target.counts()["/fail"]
    assert end["failures"] == failed > 0
    assert [(name, count) for name, _, count in end["errors"]] == [("/fail", failed)]
    [(text, count, nodes)] = end["exceptions"]
    assert (text, nodes) == ("the admin has made a mistake", 1)
    assert count == failed
    assert_sums_agree(cluster, master)


def test_what_the_end_cuts_off_on_the_workers_is_told_by_the_master(cluster: Cluster) -> None:
    cluster.classes = ("Patient",)
    words = ("--stop-timeout", "0", "--expect-workers", "2")
    master = cluster.steered("-u", "5", "-r", "20", *words)
    workers = [cluster.worker(), cluster.worker()]
    cluster.wait("all of them wait", lambda: cluster.target.counts() == {"/never": 5})
    cluster.tell("quit")
    assert master.ends() == 0
    assert [worker.wait_for("quit")["aborted"] for worker in workers] == [0, 0]
    end = master.wait_for("quit")
    assert (end["requests"], end["aborted"]) == (0, 5)


def test_a_run_begins_with_the_workers_that_came_in_time(cluster: Cluster) -> None:
    master = cluster.master(
        *("-u", "4", "-r", "20", "-t", "2"),
        *("--expect-workers", "3", "--expect-workers-max-wait", "20"),
    )
    workers = [cluster.worker(), cluster.worker()]
    assert master.ends() == 0
    log = master.log()
    assert "1 of 3 expected workers did not come in time" in log
    assert all(id_of(worker) in log for worker in workers)
    assert_sums_agree(cluster, master)


def test_a_master_to_whom_nobody_comes_gives_up_in_time(cluster: Cluster) -> None:
    master = cluster.master("-u", "1", "--expect-workers-max-wait", "1")
    assert master.ends() == 1
    assert "Gave up waiting for workers to connect" in master.log()
