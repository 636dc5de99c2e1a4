"""Our nodes and Locust's in one cluster: who runs what, and what listeners are told when."""

from dataclasses import dataclass

import pytest

from tests.cluster.nodes import Cluster, Node

#: Masters and workers by whether they are the real one's.
CASTS = {
    "our master, real workers": (False, (True, True)),
    "our master, workers of both": (False, (True, False)),
    "real master, our workers": (True, (False, False)),
    "real master, workers of both": (True, (True, False)),
    "our master, our workers": (False, (False, False)),
}


@dataclass(frozen=True)
class Outcome:
    """What of a run does not depend on who plays it."""

    master_events: tuple[str, ...]
    worker_events: tuple[tuple[str, ...], ...]
    final: tuple[tuple[str, int], ...]
    users_of_workers: tuple[tuple[tuple[str, int], ...], ...]
    spawned: tuple[int, ...]
    exit_codes: tuple[int, ...]
    failed: tuple[str, ...]
    exceptions: tuple[str, ...]


def most_users(worker: Node) -> tuple[tuple[str, int], ...]:
    """Users by class at the moment when most were there."""
    looks = worker.notes("look")
    return tuple(sorted(max(looks, key=lambda look: sum(look["users"].values()))["users"].items()))


def play(cluster: Cluster, cast: tuple[bool, tuple[bool, ...]], users: int = 9) -> Outcome:
    """Runs the same test with these nodes."""
    is_real, workers_are_real = cast
    cluster.classes = ("Admin", "Buyer", "Reader")
    count = len(workers_are_real)
    words = ("-u", str(users), "-r", "20", "-t", "5", "--expect-workers", str(count))
    master = cluster.master(*words, is_real=is_real)
    workers = [cluster.worker(is_real=each) for each in workers_are_real]
    codes = (master.ends(), *sorted(worker.ends() for worker in workers))
    end = master.wait_for("quit")
    assert 0 < end["requests"] <= cluster.target.total()
    return Outcome(
        _once_each(master.events(), count),
        tuple(sorted(tuple(worker.events()) for worker in workers)),
        tuple(sorted(end["final"].items())),
        tuple(sorted(most_users(worker) for worker in workers)),
        tuple(note["user_count"] for note in master.notes("spawning_complete")),
        codes,
        tuple(name for name, _, _ in end["errors"]),
        tuple(text for text, _, _ in end["exceptions"]),
    )


def _once_each(events: list[str], workers: int) -> tuple[str, ...]:
    """The events of a master, without a greeting that came again: who is not answered within five
    seconds says it a second time, which happens on a machine with much else to do."""
    again = max(0, events.count("worker_connect") - workers)
    first = events.index("worker_connect")
    return (*events[:first], *events[first + again :])


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The same run with the real one's nodes alone."""
    from tests.cluster.nodes import Target
    from tests.real_locust import real_locust

    target = Target()
    cluster = Cluster(tmp_path_factory.mktemp("real"), target, (real_locust(), "-m", "locust"))
    try:
        return play(cluster, (True, (True, True)))
    finally:
        cluster.close()
        target.close()


@pytest.mark.parametrize("cast", CASTS.values(), ids=CASTS.keys())
def test_a_cluster_does_what_one_of_the_real_locust_does(
    mixed: Cluster, expected: Outcome, cast: tuple[bool, tuple[bool, ...]]
) -> None:
    assert play(mixed, cast) == expected


def test_custom_messages_cross_the_border(mixed: Cluster) -> None:
    for is_real in (False, True):
        master = mixed.master(
            *("-u", "2", "-r", "20", "-t", "3", "--expect-workers", "2"),
            is_real=is_real,
            name=f"master{is_real}",
        )
        workers = [mixed.worker(is_real=False), mixed.worker(is_real=True)]
        assert master.ends() == 0
        question = {"numbers": [1, 2.5, None], "text": "Grüße"}
        assert [worker.wait_for("question")["data"] for worker in workers] == [question] * 2
        answers = master.notes("answer")
        assert {answer["sender"] for answer in answers} == {
            worker.wait_for("init")["id"] for worker in workers
        }
        mixed.port += 0 if is_real else 1
