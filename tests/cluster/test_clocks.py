"""Workers whose clocks are wrong by an hour: only the master's clock matters."""

import csv
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cluster.nodes import OURS, Cluster, Node
from tests.cluster.test_faults import assert_recovers, wait_for_loss
from tests.cluster.test_joining import fingerprint_of

HOUR = 3600

#: Seconds by which the clocks of the workers are wrong.
ERRORS = (HOUR, -HOUR)

USERS = 6

#: Seconds that figures may be behind: reports come every three, and the machine may be busy.
LATENESS = 8


@pytest.fixture(scope="module", autouse=True)
def library() -> str:
    """The library that `faketime` loads into a program. That itself would stand before the program,
    and take the signals for it."""
    if not shutil.which("faketime"):
        pytest.skip("there is no `faketime` to make clocks wrong with")
    return subprocess.check_output(["faketime", "-f", "+0s", "printenv", "LD_PRELOAD"], text=True)


def with_clock(library: str, error: int) -> Mapping[str, str]:
    """Variables of a process whose clock shall be wrong by so many seconds: the one for the time of
    day, and not the one for timers, which nobody can set."""
    return {
        "LD_PRELOAD": library.strip(),
        "FAKETIME": f"{error:+}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def start(cluster: Cluster, library: str, *words: str) -> tuple[Node, list[Node]]:
    """A master and a worker for each error, with all their users."""
    master = cluster.steered("-u", str(USERS), "-r", "50", "--expect-workers", "2", *words)
    workers = [cluster.worker(variables=with_clock(library, error)) for error in ERRORS]
    cluster.wait_for_users(USERS, workers)
    for worker, error in zip(workers, ERRORS, strict=True):
        is_wrong_by = worker.last_look()["at"] - time.time()
        assert error - LATENESS < is_wrong_by < error + LATENESS
    return master, workers


def test_figures_are_at_the_time_of_the_master_and_each_report_counts_once(
    cluster: Cluster, library: str
) -> None:
    begun = time.time()
    master, workers = start(cluster, library, "--csv", "figures", "--csv-full-history")
    cluster.wait("some reports", lambda: master.last_look()["requests"] > 2000)
    cluster.tell("quit")
    assert [node.ends() for node in (master, *workers)] == [0, 0, 0]
    ended = time.time()

    figures = master.wait_for("quit")
    assert figures["entries"] == cluster.target.counts()
    seconds = {int(second): count for second, count in figures["seconds"].items()}
    assert sum(seconds.values()) == figures["requests"]
    assert begun - LATENESS < min(seconds) and max(seconds) < ended + LATENESS

    looks = [look for look in master.notes("look") if look["requests"]]
    for look in looks:
        assert begun - LATENESS < look["start_time"] < look["at"]
        assert abs(look["at"] - look["last_request"]) < LATENESS
        assert {state for state, _ in look["workers"].values()} <= {"ready", "spawning", "running"}
    assert all(one["requests"] <= other["requests"] for one, other in pairwise(looks))
    # What counts as current is a matter of seconds.
    true_rate = figures["requests"] / (looks[-1]["at"] - looks[0]["start_time"])
    assert true_rate / 2 < max(look["rate"] for look in looks) < true_rate * 2

    with Path(cluster.folder, "figures_stats_history.csv").open(newline="") as file:
        history = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    times = [int(row["Timestamp"]) for row in history]
    assert times == sorted(times)
    assert begun - 1 <= times[0] and times[-1] <= ended + 1
    assert max(float(row["Requests/s"]) for row in history) > true_rate / 2


def test_losses_are_noticed_as_with_right_clocks(cluster: Cluster, library: str) -> None:
    master, workers = start(cluster, library)
    for worker in workers:
        worker.send(signal.SIGSTOP)
        assert_recovers(cluster, master, wait_for_loss(cluster, master, worker), USERS)
        worker.send(signal.SIGCONT)
        cluster.wait("both have their share", lambda: [w.users() for w in workers] == [3, 3])
        cluster.wait_for_users(USERS, workers)
    cluster.tell("quit")
    assert [node.ends() for node in (master, *workers)] == [0, 0, 0]
    assert master.wait_for("quit")["entries"] == cluster.target.counts()


def test_a_join_token_expires_by_the_clock_of_the_master(cluster: Cluster, library: str) -> None:
    make = (*OURS, "token", "--expires", "30m")
    valid, expired = (
        subprocess.check_output(make, text=True, env={**os.environ, **variables}).strip()
        for variables in ({}, with_clock(library, -HOUR))
    )
    tokens = cluster.folder / "tokens"
    tokens.write_text(f"{valid}\n{expired}\n")
    certificate = cluster.folder / "certificate.pem"
    master = cluster.master(
        *("-u", "4", "-r", "20", "-t", "2", "--expect-workers", "2"),
        *("--join-token-file", str(tokens), "--certificate", str(certificate)),
    )
    master.wait_for("init")

    def guest(name: str, token: str, error: int) -> Node:
        line = f"gregaria://127.0.0.1:{cluster.port}/{fingerprint_of(certificate)}/{token}"
        variables = {**with_clock(library, error), "GREGARIA_INVITATION": line}
        return cluster.worker(name, variables=variables)

    # By its own clock, the token of this one is still good.
    late = guest("late", expired, -HOUR)
    late.wait_for_text("the join token has expired")
    # By theirs, one has come too late, and the other before the certificate was made.
    guests = [guest(f"guest{error}", valid, error) for error in ERRORS]
    assert [node.ends() for node in (master, *guests)] == [0, 0, 0]
    assert master.wait_for("quit")["entries"] == cluster.target.counts()
    assert len(master.notes("worker_connect")) == 2
