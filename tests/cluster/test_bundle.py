"""The test reaches workers from the master: locustfiles, what lies beside them, and changes."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gregaria import _native
from tests.system import LIMIT_SECONDS, System

OURS = (sys.executable, "-m", "gregaria")

#: A test that is nothing without what lies beside it. Its requests are named after that.
SHOP = """\
import words
from parts.deep import VALUE
from locust import User, constant, task

with open("data/users.csv") as file:
    USER = file.read().strip()


class Visitor(User):
    wait_time = constant(0.1)

    @task
    def visit(self):
        import late

        self.environment.events.request.fire(
            request_type="GET", name=f"{words.WORD} {VALUE} {USER} {late.LATE}", response_time=1,
            response_length=1, exception=None,
        )
"""

#: A test in one file.
PLAIN = """\
from locust import User, constant, task


class Visitor(User):
    wait_time = constant(0.1)

    @task
    def visit(self):
        self.environment.events.request.fire(
            request_type="GET", name="NAME", response_time=1, response_length=1, exception=None
        )
"""


class Node:
    """A process of a cluster."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        program: tuple[str, ...] = OURS,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LOCUST_", "GREGARIA_"))
        }
        self.process = subprocess.Popen(
            [*program, *arguments],
            cwd=folder,
            env={**kept, "HOME": str(folder), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Reads the log until `text` appears in it, after what was read before."""
        assert self.process.stderr is not None
        limit = threading.Timer(LIMIT_SECONDS, self.process.kill)
        limit.start()
        try:
            for line in self.process.stderr:
                self.seen += line
                if text in line:
                    return
        finally:
            limit.cancel()
        raise AssertionError(f"`{text}` was never said:\n{self.seen}")

    def finish(self) -> tuple[int, str, str]:
        """Waits for the end; returns exit code, standard output and log."""
        try:
            stdout, stderr = self.process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, stderr = self.process.communicate()
            raise AssertionError(f"still running:\n{self.seen}{stderr}") from None
        return self.process.returncode, stdout, self.seen + stderr


class Cluster:
    """Starts nodes that find each other on a port of their own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = str(listener.getsockname()[1])
        self.nodes: list[Node] = []
        self.home = folder / "elsewhere"
        self.home.mkdir()
        self.temporary = folder / "temporary"
        self.temporary.mkdir()

    def master(
        self, folder: Path, *arguments: str, workers: int = 1, program: tuple[str, ...] = OURS
    ) -> Node:
        words = "--master --master-bind-host 127.0.0.1 --headless -u 4 -r 10 -t 2s --json"
        words += f" --expect-workers-max-wait {LIMIT_SECONDS // 2} --loglevel INFO"
        options = ("--master-bind-port", self.port, "--expect-workers", str(workers))
        return self._keep(Node(folder, *words.split(), *options, *arguments, program=program))

    def worker(self, *arguments: str, program: tuple[str, ...] = OURS, **variables: str) -> Node:
        words = "--worker --master-host 127.0.0.1 --master-port"
        arguments = arguments or ("-f", "-")
        variables = {"TMPDIR": str(self.temporary), **variables}
        return self._keep(
            Node(
                self.home,
                *words.split(),
                self.port,
                *arguments,
                program=program,
                variables=variables,
            )
        )

    def _keep(self, node: Node) -> Node:
        self.nodes.append(node)
        return node


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Ends the nodes that a test has left."""
    cluster = Cluster(tmp_path)
    yield cluster
    for node in cluster.nodes:
        node.process.kill()
        node.process.communicate()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a test of many files."""
    folder = tmp_path / "shop"
    for name, text in {
        "locustfile.py": SHOP,
        "words.py": "WORD = 'hello'",
        "late.py": "LATE = 'imported-in-a-task'",
        "parts/__init__.py": "",
        "parts/deep.py": "VALUE = 'from-a-package'",
        "data/users.csv": "ada\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for a test of few files."""
    folder = tmp_path / "test"
    folder.mkdir()
    return folder


def names(json_text: str) -> set[str]:
    """Names of the requests that a master has counted."""
    return {row["name"] for row in json.loads(json_text)}


def plain(name: str) -> str:
    return PLAIN.replace("NAME", name)


def ended(node: Node) -> str:
    """Standard output of a node that has to end well."""
    code, stdout, log = node.finish()
    assert code == 0, log
    return stdout


def test_a_worker_gets_modules_and_data_files_from_its_master(cluster: Cluster, shop: Path) -> None:
    master, worker = cluster.master(shop), cluster.worker()
    assert names(ended(master)) == {"hello from-a-package ada imported-in-a-task"}
    ended(worker)
    assert not list(cluster.temporary.iterdir()), "the worker has left files behind"


def test_relative_paths_mean_on_a_worker_what_they_mean_on_the_master(
    cluster: Cluster, shop: Path
) -> None:
    (shop / "load").mkdir()
    (shop / "load" / "users.txt").write_text("grace")
    (shop / "load" / "test.py").write_text(
        "import beside\nfrom load import beside as same\n"
        "NAME = open('load/users.txt').read() + beside.WORD\n" + plain("x").replace('"x"', "NAME")
    )
    (shop / "load" / "beside.py").write_text("WORD = 'beside'")
    master, worker = cluster.master(shop, "-f", "load/test.py"), cluster.worker()
    assert names(ended(master)) == {"gracebeside"}
    ended(worker)


def test_a_worker_keeps_its_own_paths_for_its_own_options(cluster: Cluster, shop: Path) -> None:
    (cluster.home / "locust.conf").write_text("logfile = of-this-worker.log\n")
    master, worker = cluster.master(shop), cluster.worker()
    ended(master)
    ended(worker)
    assert "Shutting down" in (cluster.home / "of-this-worker.log").read_text()


def test_variables_and_config_files_lead_to_the_master_too(cluster: Cluster, shop: Path) -> None:
    (cluster.home / "locust.conf").write_text(f"worker\nmaster-port = {cluster.port}\n")
    master = cluster.master(shop)
    worker = Node(cluster.home, variables={"LOCUST_LOCUSTFILE": "-"})
    cluster.nodes.append(worker)
    assert names(ended(master)) == {"hello from-a-package ada imported-in-a-task"}
    ended(worker)


def test_an_invited_worker_gets_the_test_over_tls_and_no_secrets(
    cluster: Cluster, shop: Path
) -> None:
    token = _native.make_join_token()
    (shop / "token").write_text(token)
    (shop / "late.py").write_text("import os\nLATE = sorted(os.listdir())")
    master = cluster.master(shop, "--join-token-file", "token", "--certificate", "master.pem")
    master.wait_for("by invitation")
    certificate = (shop / "master.pem").read_text()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    der = base64.b64decode(certificate.split(begin)[1].split(end)[0])
    fingerprint = hashlib.sha256(der).hexdigest()
    line = f"gregaria://127.0.0.1:{cluster.port}/{fingerprint}/{token}"
    (cluster.home / "invitation").write_text(line)
    worker = cluster.worker("-f", "-", "--invitation", "invitation")
    (name,) = names(ended(master))
    assert "token" not in name
    assert "master.pem" not in name
    assert "words.py" in name
    ended(worker)


def test_a_test_that_is_too_large_is_told_on_both_sides(cluster: Cluster, shop: Path) -> None:
    with (shop / "huge.bin").open("wb") as file:
        file.truncate((64 << 20) + 1)
    master, worker = cluster.master(shop), cluster.worker()
    code, _, said = worker.finish()
    text = "the files beside the locustfile are larger than 64 MiB"
    assert code == 1
    assert text in said
    assert "`huge.bin` (64 MiB)" in said
    master.wait_for(text)


def test_a_worker_of_locust_gets_the_locustfile_from_our_master(
    cluster: Cluster, folder: Path, real_locust: System
) -> None:
    (folder / "locustfile.py").write_text(plain("both"))
    master = cluster.master(folder, workers=2)
    theirs, ours = cluster.worker(program=real_locust.command), cluster.worker()
    assert names(ended(master)) == {"both"}
    ended(theirs)
    ended(ours)


def test_our_worker_gets_the_locustfile_from_a_master_of_locust(
    cluster: Cluster, folder: Path, real_locust: System
) -> None:
    (folder / "locustfile.py").write_text(plain("theirs"))
    master = cluster.master(folder, program=real_locust.command)
    worker = cluster.worker()
    assert names(ended(master)) == {"theirs"}
    ended(worker)
    assert not list(cluster.temporary.iterdir()), "the worker has left files behind"


def test_a_changed_file_reaches_idle_workers_and_their_numbers_stay(
    cluster: Cluster, shop: Path
) -> None:
    own = cluster.home / "own.py"
    own.write_text(plain("own"))
    master = cluster.master(shop, workers=3)
    first = cluster.worker()
    master.wait_for("(index 0) reported as ready")
    second = cluster.worker("-f", str(own))
    master.wait_for("(index 1) reported as ready")
    (shop / "data" / "users.csv").write_text("grace\n")
    master.wait_for("The test has changed and is offered")
    first.wait_for("starting anew with it")
    master.wait_for("(index 0) reported as ready")
    third = cluster.worker()
    assert names(ended(master)) == {"hello from-a-package grace imported-in-a-task", "own"}
    ended(first)
    ended(third)
    _, _, said = second.finish()
    assert "another test" not in said
    assert not list(cluster.temporary.iterdir()), "a worker has left files behind"


def test_a_file_that_is_no_python_is_not_offered(cluster: Cluster, shop: Path) -> None:
    master = cluster.master(shop, workers=2)
    first = cluster.worker()
    master.wait_for("reported as ready")
    (shop / "words.py").write_text("WORD = (")
    master.wait_for("the changed test is not offered to workers: words.py, line 1")
    (shop / "words.py").write_text("WORD = 'mended'")
    first.wait_for("starting anew with it")
    master.wait_for("reported as ready")
    second = cluster.worker()
    assert names(ended(master)) == {"mended from-a-package ada imported-in-a-task"}
    ended(first)
    ended(second)


def test_a_worker_that_cannot_load_the_newer_test_waits_for_another(
    cluster: Cluster, shop: Path
) -> None:
    master = cluster.master(shop, workers=2)
    first = cluster.worker()
    master.wait_for("(index 0) reported as ready")
    (shop / "words.py").write_text("import no_such_module")
    first.wait_for("No module named 'no_such_module'")
    first.wait_for("waits until the master has another test")
    (shop / "words.py").write_text("WORD = 'mended'")
    master.wait_for("(index 0) reported as ready")
    second = cluster.worker()
    assert names(ended(master)) == {"mended from-a-package ada imported-in-a-task"}
    ended(first)
    ended(second)


#: A master of two runs. While the first goes on, the test changes.
TWO_RUNS = """\
import sys
from pathlib import Path

import gregaria

gregaria.install()

import gevent
from locust.env import Environment
from locust.log import setup_logging
from locust.util.load_locustfile import load_locustfile

setup_logging("INFO")
path = Path("locustfile.py").resolve()
classes, _ = load_locustfile(str(path))
environment = Environment(user_classes=list(classes.values()), parsed_locustfiles=[str(path)])
runner = environment.create_master_runner("127.0.0.1", int(sys.argv[1]))
runner.wait_for_workers(1, 30)


def await_requests(count):
    with gevent.Timeout(30):
        while environment.stats.total.num_requests < count:
            gevent.sleep(0.1)


def run(before_stop):
    runner.start(2, 10)
    await_requests(1)
    before_stop()
    runner.stop()
    print(*{name for name, _ in environment.stats.entries}, flush=True)


def change():
    path.write_text(path.read_text().replace("before", "after"))
    # For five seconds more: longer than the time between two looks at the files.
    await_requests(100)


run(change)
run(lambda: None)
runner.quit()
"""


def test_a_change_during_a_run_is_for_the_next_one(cluster: Cluster, folder: Path) -> None:
    (folder / "locustfile.py").write_text(plain("before"))
    (folder / ".two_runs.py").write_text(TWO_RUNS)
    program = (sys.executable, ".two_runs.py")
    master = Node(folder, cluster.port, program=program)
    cluster.nodes.append(master)
    worker = cluster.worker()
    assert ended(master).splitlines() == ["before", "after"]
    _, _, said = worker.finish()
    assert said.count("starting anew with it") == 1


def test_a_run_starts_with_the_files_of_this_moment(cluster: Cluster, folder: Path) -> None:
    (folder / "word.py").write_text("WORD = 'before'")
    (folder / "locustfile.py").write_text(
        "from pathlib import Path\nfrom locust import events\nfrom word import WORD\n"
        + plain("x").replace('"x"', "WORD")
        + """

@events.worker_connect.add_listener
def change(client_id):
    Path("word.py").write_text("WORD = 'after'")
"""
    )
    master, worker = cluster.master(folder), cluster.worker()
    assert names(ended(master)) == {"after"}
    ended(worker)
