"""Clusters on hosts of their own."""

from pathlib import Path

from tests.cluster.hosts import Network
from tests.cluster.nodes import Cluster, Node, Target

#: Users of all workers; they can be shared by two and by three.
USERS = 6


class Site:
    """A master, a target and workers, each on a host of its own."""

    def __init__(self, folder: Path, network: Network, count: int = 2) -> None:
        self.master_host = network.host("m")
        target_host = network.host("t")
        self.hosts = [network.host(f"w{number}") for number in range(count)]
        self.target = Target(target_host.address, target_host.prefix)
        self.cluster = Cluster(folder, self.target, address=self.master_host.address)

    def start(self) -> tuple[Node, list[Node]]:
        """Starts the master, and the workers on their hosts; returns when all users run."""
        cluster = self.cluster
        words = ("-u", str(USERS), "-r", "50", "--expect-workers", str(len(self.hosts)))
        master = cluster.steered(*words, prefix=self.master_host.prefix)
        workers = [cluster.worker(prefix=host.prefix) for host in self.hosts]
        cluster.wait_for_users(USERS, workers)
        return master, workers

    def quit(self, master: Node, workers: list[Node]) -> None:
        """Ends the run; whatever has happened, each answer of the target is counted once."""
        self.cluster.tell("quit")
        assert master.ends() == 0
        assert [worker.ends() for worker in workers] == [0] * len(workers)
        assert master.wait_for("quit")["entries"] == self.target.counts()

    def close(self) -> None:
        self.cluster.close()
        self.target.close()
