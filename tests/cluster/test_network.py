"""A cluster on hosts of its own: cables that are pulled, links that are slow."""

import json
import os
import subprocess
import sys

from tests.cluster.hosts import Host, Network
from tests.cluster.nodes import LIMIT, Target, state_of
from tests.cluster.sites import USERS, Site
from tests.cluster.test_faults import LOSS_LIMIT, assert_recovers, wait_for_loss

#: Seconds that a frame is under way on a slow link.
DELAY = 0.2

#: Connects to the host and port of its arguments and writes down how many seconds that took.
CONNECT = """
import socket, sys, time
begun = time.monotonic()
socket.create_connection(sys.argv[1:])
print(time.monotonic() - begun)
"""

#: Seconds within which 200 workers are in that come within one; the rest is for a busy machine.
JOIN_LIMIT = 15


def test_a_worker_that_was_cut_off_comes_back_with_all_that_it_had_counted(site: Site) -> None:
    master, workers = site.start()
    site.hosts[0].cut_off()
    lost_at = wait_for_loss(site.cluster, master, workers[0])
    assert_recovers(site.cluster, master, lost_at, USERS)
    site.hosts[0].connect()
    site.cluster.wait("both have their share", lambda: [w.users() for w in workers] == [3, 3])
    site.cluster.wait_for_users(USERS, workers)
    assert workers[0].process.poll() is None
    site.quit(master, workers)


def test_a_cut_shorter_than_the_patience_of_the_master_moves_no_user(site: Site) -> None:
    master, workers = site.start()
    before = site.target.total()
    site.hosts[0].cut_off()
    # The other worker goes on: so much time has passed, about a second.
    site.cluster.wait("requests of the other", lambda: site.target.total() > before + 40)
    site.hosts[0].connect()
    at_connect = site.target.total()
    site.cluster.wait("requests of both", lambda: site.target.total() > at_connect + 400)
    assert state_of(master, workers[0]) == "running"
    assert "failed to send heartbeat" not in master.log()
    site.quit(master, workers)


def test_a_master_that_was_cut_off_finds_its_workers_again(site: Site) -> None:
    master, workers = site.start()
    master_users = site.target.total()
    site.master_host.cut_off()
    # Users go on without their master for a while: nothing of that is lost.
    site.cluster.wait("requests meanwhile", lambda: site.target.total() > master_users + 150)
    site.master_host.connect()
    site.cluster.wait(
        "the master knows what was counted meanwhile",
        lambda: master.last_look()["requests"] > master_users + 150,
    )
    site.cluster.wait_for_users(USERS, workers)
    site.quit(master, workers)


def connect_seconds(host: Host, target: Target) -> float:
    """How long a connection from a host to the target takes."""
    command = [
        *host.prefix,
        sys.executable,
        "-c",
        CONNECT,
        *target.url[len("http://") :].split(":"),
    ]
    return float(subprocess.check_output(command, timeout=LIMIT))


def test_a_slow_link_that_loses_packets_costs_neither_users_nor_samples(site: Site) -> None:
    site.hosts[0].slow_down(DELAY, loss_percent=5)
    assert connect_seconds(site.hosts[1], site.target) < DELAY
    assert connect_seconds(site.hosts[0], site.target) > 2 * DELAY
    master, workers = site.start()
    begun = master.last_look()["at"]
    site.cluster.wait(
        "a silent worker would be missed by now",
        lambda: master.last_look()["at"] > begun + LOSS_LIMIT,
    )
    looks = master.notes("look")
    assert "missing" not in {state for look in looks for state, _ in look["workers"].values()}
    assert [worker.users() for worker in workers] == [3, 3]
    assert len(master.notes("worker_connect")) == 2
    site.quit(master, workers)


def test_two_hundred_workers_join_within_a_second(site: Site, crowd: str) -> None:
    cluster = site.cluster
    words = ("-u", "400", "-r", "400", "--expect-workers", "200")
    master = cluster.steered(*words, prefix=site.master_host.prefix)
    master.wait_for("init")
    address = (cluster.address, str(cluster.port))
    workers = cluster.start("crowd", [*site.hosts[0].prefix, crowd, *address, "200", "50", "1"])
    cluster.wait("all of them and their users", lambda: master.users() == 400)
    states = {state for state, _ in master.last_look()["workers"].values()}
    assert states == {"running"}
    assert {users for _, users in master.last_look()["workers"].values()} == {2}
    cluster.tell("quit")
    assert (master.ends(), workers.ends()) == (0, 0)
    seen = json.loads(workers.log())
    assert (seen["failed"], seen["lost_connections"]) == (0, 0)
    assert seen["joined_after"] < JOIN_LIMIT
    assert len(master.notes("worker_connect")) == 200
    # Reports with users in them, and none of them lost: each has 50 names with 20 requests.
    assert master.wait_for("quit")["requests"] % 1000 == 0


def test_namespaces_of_tests_that_were_killed_are_removed(network: Network) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    left_over, of_the_living = f"gregaria-{ended.pid}-0", f"gregaria-{os.getpid()}-x"
    for name in (left_over, of_the_living):
        subprocess.run(["ip", "netns", "add", name], check=True)
    Network().close()
    names = subprocess.check_output(["ip", "netns", "list"], text=True).split()
    assert left_over not in names
    assert of_the_living in names
    subprocess.run(["ip", "netns", "delete", of_the_living], check=True)
