"""The stack's machines really boot: Debian's systemd and cloud-init run the rendered user data.

A master and two workers stand in a network of their own. The emulator is their AWS, the security
groups are packet filters. An operator, a target and an intruder have hosts, too.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest

from tests.aws.ladder import Stack
from tests.boot import machine
from tests.boot.filter import protect
from tests.boot.machine import Machine
from tests.boot.package import NoPackages, make_package
from tests.cluster.hosts import Host, Network, NotAllowed
from tests.cluster.nodes import Target
from tests.system import ROOT

T = TypeVar("T")

#: The VPC of the stack.
SUBNET = "10.42.0"

#: Whom the security groups let in, by the emulator's answer to who asks.
CALLER = "203.0.113.7"

#: Seconds in which a machine is up. It takes ten, or a minute on a busy computer.
LIMIT_SECONDS = 120

#: Seconds between two looks.
LOOK = 0.3

INSTANCES = {"master": "i-0a", "worker1": "i-0b", "worker2": "i-0c"}

LOCUSTFILE = """\
from locust import HttpUser, constant, task

from helper import paths


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def visit(self):
        for path in paths():
            self.client.get(path)
"""

HELPER = """\
import csv
from pathlib import Path


def paths():
    with Path(__file__).with_name("paths.csv").open() as file:
        return [row["path"] for row in csv.DictReader(file)]
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debian") / "root"
    try:
        machine.check()
        machine.make_root(folder)
    except machine.NotPossible as reason:
        pytest.skip(f"no machine can be booted here: {reason}")
    return folder


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    try:
        network = Network(SUBNET)
    except NotAllowed as error:
        pytest.skip(f"network namespaces are not allowed here: {error}")
    yield network
    network.close()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of what is being tested and of what it needs."""
    try:
        return make_package(tmp_path_factory.mktemp("package"))
    except NoPackages as reason:
        pytest.skip(f"the packages of a node cannot be had: {reason}")


class Cluster:
    """All of it, while it is up."""

    def __init__(self, folder: Path, network: Network, stack: Stack) -> None:
        self.folder = folder
        self.stack = stack
        self.emulator = stack.emulator
        self.hosts = {
            "target": network.host("t", 9),
            "master": network.host("m", 10),
            "worker1": network.host("a", 21),
            "worker2": network.host("b", 22),
            "aws": network.host("s", 5),
            "operator": network.host("o", 50),
            "intruder": network.host("i", 66),
        }
        self.machines: dict[str, Machine] = {}
        self.target = Target(self.hosts["target"].address, self.hosts["target"].prefix)
        #: Of the stack, when it is there.
        self.outputs: dict[str, Any] = {}
        #: Processes that serve the nodes; they end with their standard input.
        self.services: list[subprocess.Popen[str]] = []

    def serve(self) -> None:
        """Connects the operator as the caller, and lets metadata and emulator be reached."""
        self.hosts["operator"].configure("address", "add", f"{CALLER}/32", "dev", "lo")
        to_nodes = ("route", "replace", f"{SUBNET}.0/24", "dev", "eth0", "src", CALLER)
        self.hosts["operator"].configure(*to_nodes)
        nodes = {}
        for name, instance in INSTANCES.items():
            host = self.hosts[name]
            host.configure("address", "add", "169.254.169.254/32", "dev", "lo")
            host.configure("route", "add", f"{CALLER}/32", "dev", "eth0")
            nodes[host.namespace] = {
                "instance-id": instance,
                "local-ipv4": host.address,
                "placement/availability-zone": "eu-north-1a",
            }
        aws = self.hosts["aws"]
        config = {
            "emulator": self.emulator.url,
            "endpoint": [aws.namespace, aws.address],
            "nodes": nodes,
        }
        service = subprocess.Popen(
            [sys.executable, "-m", "tests.boot.services", json.dumps(config)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.services.append(service)
        assert service.stdout is not None and service.stdout.readline() == "ready\n"

    def protect(self) -> None:
        """Puts the security groups in force."""
        members = {
            "master": [self.hosts["master"].address],
            "worker": [self.hosts[name].address for name in ("worker1", "worker2")],
        }
        for name in INSTANCES:
            protect(self.hosts[name], name.rstrip("12"), self.emulator, members)

    def boot(self, root: Path) -> None:
        for name in INSTANCES:
            data = self._user_data(name.rstrip("12"))
            host = self.hosts[name]
            self.machines[name] = Machine(root, self.folder, name, host, data)

    def _user_data(self, role: str) -> bytes:
        (found,) = [
            each["values"].get("user_data_base64") or each["values"]["user_data"]
            for each in self.stack.resources()
            if each["type"] == {"master": "aws_instance", "worker": "aws_launch_template"}[role]
        ]
        return base64.b64decode(found)

    def states(self) -> dict[str, Any]:
        """What the nodes have written of themselves, by instance."""
        s3, bucket = self.emulator.client("s3"), self.outputs["bucket"]
        found = s3.list_objects_v2(Bucket=bucket, Prefix="nodes/").get("Contents", [])
        return {
            each["Key"].split("/")[1].partition(":")[2]: json.load(
                s3.get_object(Bucket=bucket, Key=each["Key"])["Body"]
            )
            for each in found
        }

    def ask(
        self, path: str, on: str = "operator", password: str | None = None, **form: object
    ) -> dict[str, Any]:
        """An answer of the page, as it comes to somebody's host."""
        certificate = self.folder / "certificate.pem"
        certificate.write_text(self.outputs["certificate"])
        secret = self.outputs["ui_password"] if password is None else password
        command = [*self.hosts[on].prefix, sys.executable, str(ROOT / "tests/boot/ask.py")]
        url = f"https://{self.hosts['master'].address}:8089{path}"
        command += [url, str(certificate), secret, *([urlencode(form)] if form else [])]
        return json.loads(subprocess.check_output(command, text=True))

    def stats(self) -> dict[str, Any]:
        answer = self.ask("/stats/requests")
        return json.loads(answer["body"]) if answer.get("status") == 200 else {}

    def has_both_workers(self) -> bool:
        """Whether each has joined, with a process for each of its cores."""
        names = [each["id"].partition("_")[0] for each in self.stats().get("workers", [])]
        cores = os.cpu_count() or 1
        return sorted(names) == ["worker1"] * cores + ["worker2"] * cores

    def wait(self, what: str, look: Callable[[], T]) -> T:
        end = time.monotonic() + LIMIT_SECONDS
        while not (seen := look()):
            if time.monotonic() > end:
                logs = "\n".join(f"--- {name}\n{m.log()}" for name, m in self.machines.items())
                raise AssertionError(f"not within {LIMIT_SECONDS} s: {what}\n{logs}")
            time.sleep(LOOK)
        return seen

    def close(self) -> None:
        for each in self.machines.values():
            each.close()
        for service in self.services:
            assert service.stdin is not None
            service.stdin.close()
            service.wait(20)
        self.target.close()


@pytest.fixture(scope="module")
def cluster(
    root: Path,
    network: Network,
    package: Path,
    stack: Stack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """A master and two workers that are ready."""
    cluster = Cluster(tmp_path_factory.mktemp("machines"), network, stack)
    try:
        test = stack.folder / "locust"
        (test / "locustfile.py").write_text(LOCUSTFILE)
        (test / "helper.py").write_text(HELPER)
        (test / "paths.csv").write_text("path\n/first\n/second\n")
        stack.variables.update(
            package=str(package),
            python_version="3.11",
            node_endpoint_url=f"http://{cluster.hosts['aws'].address}",
            target_hosts=json.dumps([cluster.hosts["target"].address]),
        )
        stack.apply()
        cluster.outputs = stack.outputs()
        cluster.serve()
        cluster.protect()
        cluster.boot(root)
        cluster.wait(
            "all nodes are ready",
            lambda: [each["state"] for each in cluster.states().values()] == ["ready"] * 3,
        )
        yield cluster
    finally:
        cluster.close()


def test_both_workers_join_and_the_page_answers_its_operator(cluster: Cluster) -> None:
    cluster.wait("both workers", cluster.has_both_workers)
    assert cluster.ask("/")["status"] == 200
    assert cluster.ask("/stats/requests", password="")["status"] == 401
    assert cluster.ask("/stats/requests", password="wrong")["status"] == 401


def test_the_page_tells_of_the_machines_and_can_end_them(cluster: Cluster) -> None:
    told = cluster.wait("facts of the cloud", lambda: cloud_line(cluster))
    assert (told["condition"], told["workers"], told["problem"]) == ("normal", 2, None)
    assert 0 < told["ends_at"] - time.time() <= 4 * 3600
    assert told["can_tear_down"] and told["failed"] == []


def cloud_line(cluster: Cluster) -> dict[str, Any] | None:
    """What the page tells of the machines, once its keeper has written it."""
    told = json.loads(cluster.ask("/api/v1/cloud")["body"])
    return None if told["condition"] == "unreadable" else told


def test_an_intruder_reaches_neither_the_page_nor_the_port_of_workers(cluster: Cluster) -> None:
    assert "timed out" in cluster.ask("/", on="intruder")["error"]
    for host, expected in (("intruder", "closed"), ("operator", "closed"), ("worker1", "open")):
        assert port(cluster.hosts[host], cluster.hosts["master"].address, 5557) == expected


def port(host: Host, address: str, number: int) -> str:
    """Whether a port is open for a host."""
    script = (
        "import socket, sys\n"
        "try:\n"
        "    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)\n"
        "    print('open')\n"
        "except OSError:\n"
        "    print('closed')\n"
    )
    command = [*host.prefix, sys.executable, "-c", script, address, str(number)]
    return subprocess.check_output(command, text=True).strip()


def test_a_locustfile_with_a_module_and_a_table_beside_it_loads_the_target(
    cluster: Cluster,
) -> None:
    cluster.wait("both workers", cluster.has_both_workers)
    answer = cluster.ask("/swarm", user_count=4, spawn_rate=10, host=cluster.target.url)
    assert json.loads(answer["body"])["success"], answer
    cluster.wait("load", lambda: cluster.target.total() > 100)
    assert cluster.ask("/stop", now=1)["status"] == 200
    cluster.wait("the end of the run", lambda: cluster.stats()["state"] == "stopped")
    stats = {each["name"]: each for each in cluster.stats()["stats"]}
    counted = {name: stats[name]["num_requests"] for name in ("/first", "/second")}
    # A request that is under way when its user is stopped has reached the target alone.
    cut = {name: count - counted[name] for name, count in cluster.target.counts().items()}
    assert all(each >= 0 for each in cut.values()) and sum(cut.values()) <= 4, cut
    assert stats["Aggregated"]["num_failures"] == 0


def test_limits_were_set_and_read_back(cluster: Cluster) -> None:
    for told in cluster.states().values():
        assert told["limits"]["net.ipv4.ip_local_port_range"] == "1024 65535"
        assert told["limits"]["net.ipv4.tcp_tw_reuse"] == "1"
        assert int(told["limits"]["open files"]) > 0


def test_their_time_turns_the_nodes_off_and_results_stay(cluster: Cluster) -> None:
    s3, bucket = cluster.emulator.client("s3"), cluster.outputs["bucket"]
    key = "control/cluster.json"
    told = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    # Longer ago than the grace of workers, whose group is to go first.
    ended = datetime.now(UTC) - timedelta(minutes=20)
    told["expires_at"] = ended.strftime("%Y-%m-%dT%H:%M:%SZ")
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(told).encode())
    cluster.wait("all are off", lambda: all(m.has_ended() for m in cluster.machines.values()))
    assert [each.process.returncode for each in cluster.machines.values()] == [0, 0, 0]
    kept = s3.list_objects_v2(Bucket=bucket, Prefix="results/")["Contents"]
    assert [each["Key"].rpartition("/")[2] for each in kept] == ["runs.sqlite"]
    assert cluster.states()[INSTANCES["master"]]["reason"] == "the time was over"
