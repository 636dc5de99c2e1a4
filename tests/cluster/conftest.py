"""What the tests of the cluster share: a target that counts, and a cluster around it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.hosts import Network, NotAllowed
from tests.cluster.nodes import Cluster, Target
from tests.cluster.sites import Site
from tests.real_locust import real_locust
from tests.system import ROOT


@pytest.fixture
def target() -> Iterator[Target]:
    """A counting server of its own for each test."""
    target = Target()
    yield target
    target.close()


@pytest.fixture
def cluster(tmp_path: Path, target: Target) -> Iterator[Cluster]:
    """A cluster of our own nodes, still empty. Its processes are ended by their ids."""
    cluster = Cluster(tmp_path, target)
    yield cluster
    cluster.close()


@pytest.fixture
def mixed(tmp_path: Path, target: Target) -> Iterator[Cluster]:
    """A cluster whose nodes may also be the real Locust's."""
    cluster = Cluster(tmp_path, target, (real_locust(), "-m", "locust"))
    yield cluster
    cluster.close()


@pytest.fixture
def network() -> Iterator[Network]:
    """A switch without hosts, if the system lets us have one. Skips the test if not."""
    try:
        network = Network()
    except NotAllowed as error:
        pytest.skip(f"network namespaces are not allowed here: {error}")
    yield network
    network.close()


@pytest.fixture
def site(tmp_path: Path, network: Network) -> Iterator[Site]:
    """A cluster on hosts of its own, not started yet."""
    site = Site(tmp_path, network)
    yield site
    site.close()


@pytest.fixture(scope="session")
def crowd() -> str:
    """The program that plays many workers. Cargo builds it, or finds it built."""
    if not shutil.which("cargo"):
        pytest.skip("there is no cargo to build the simulated workers with")
    # As `make` does: with other words, all it depends on would be built once more.
    command = "cargo build --quiet --locked --workspace --features gregaria-py/as-tested"
    built = subprocess.run(
        [*command.split(), "--example", "workers", "--message-format", "json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return next(
        message["executable"] for message in messages if message.get("executable") is not None
    )
