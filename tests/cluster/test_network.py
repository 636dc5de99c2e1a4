"""A cluster on hosts of its own: cables that are pulled, links that are slow."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.hosts import Host, Network, NotAllowed
from tests.cluster.nodes import Cluster, Node, Target, state_of
from tests.cluster.test_faults import assert_recovers, wait_for_loss

USERS = 6

#: Seconds within which 200 workers are in that come within one; the rest is for a busy machine.
JOIN_LIMIT = 5


class Site:
    """A master, a target and two workers, each on a host of its own."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.master_host = network.host("m")
        target_host = network.host("t")
        self.hosts = [network.host("a"), network.host("b")]
        self.target = Target(target_host.address, target_host.prefix)
        self.cluster = Cluster(folder, self.target, address=self.master_host.address)

    def start(self) -> tuple[Node, list[Node]]:
        """Starts the master, and the workers on their hosts; returns when all users run."""
        cluster = self.cluster
        words = ("-u", str(USERS), "-r", "50", "--expect-workers", "2")
        master = cluster.steered(*words, prefix=self.master_host.prefix)
        workers = [cluster.worker(prefix=host.prefix) for host in self.hosts]
        cluster.wait_for_users(USERS, workers)
        return master, workers

    def quit(self, master: Node, workers: list[Node]) -> None:
        """Ends the run; whatever has happened, each answer of the target is counted once."""
        self.cluster.tell("quit")
        assert master.ends() == 0
        assert [worker.ends() for worker in workers] == [0, 0]
        assert master.wait_for("quit")["entries"] == self.target.counts()

    def close(self) -> None:
        self.cluster.close()
        self.target.close()


@pytest.fixture
def network() -> Iterator[Network]:
    try:
        network = Network()
    except NotAllowed as error:
        pytest.skip(f"network namespaces are not allowed here: {error}")
    yield network
    network.close()


@pytest.fixture
def site(tmp_path: Path, network: Network) -> Iterator[Site]:
    site = Site(tmp_path, network)
    yield site
    site.close()


def slowed(host: Host, milliseconds: int, loss_percent: int) -> None:
    """Makes a link slow, if the system can."""
    try:
        host.slow_down(milliseconds, loss_percent)
    except NotAllowed as error:
        pytest.skip(f"links cannot be made slow here: {error}")


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


def test_a_slow_link_that_loses_packets_costs_no_sample(site: Site) -> None:
    slowed(site.hosts[0], milliseconds=250, loss_percent=2)
    master, workers = site.start()
    before = site.target.total()
    site.cluster.wait("requests", lambda: site.target.total() > before + 300)
    assert "failed to send heartbeat" not in master.log()
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
