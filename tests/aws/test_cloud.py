"""`gregaria cloud`, from an empty folder to an empty account, and what can go wrong on the way."""

from __future__ import annotations

import http.server
import json
import os
import pty
import shutil
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from gevent.socket import wait_read

from gregaria.cloud.left import LOOKS

from .ladder import LIMIT_SECONDS, Emulator
from .test_wheelhouse import wheel

#: In place of the addresses that the emulator makes up: nobody listens there.
NO_PAGE = "https://127.0.0.1:9"


def here(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a command that asks for its page on this machine alone."""
    asks = words[0] in ("up", "status", "push", "down") and "--page" not in words
    return (*words, "--page", NO_PAGE) if asks else words


@dataclass
class Cloud:
    """The command in a folder, as a person gives it there."""

    folder: Path
    emulator: Emulator
    extra: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            **self.emulator.environment(self.folder),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.emulator.url,
            # Nobody answers there for an instance: the usual address is not asked.
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "HOME": str(self.folder.parent),
            **self.extra,
        }

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "gregaria", "cloud", *here(words)],
            cwd=self.folder if self.folder.exists() else self.folder.parent,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == code, (done.stdout + done.stderr)[-3000:]
        return done

    def typed(self, answer: str, *words: str, code: int = 0) -> str:
        """What somebody at a terminal sees who answers so."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "gregaria", "cloud", *here(words)],
            cwd=self.folder,
            env=self.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            os.write(ours, f"{answer}\n".encode())
            seen = b""
            # The page is served by a thread of this process, which must not wait for the terminal.
            # That is gone when nobody holds its other end.
            with suppress(OSError):
                while True:
                    wait_read(ours)
                    seen += os.read(ours, 4096)
            assert process.wait(LIMIT_SECONDS) == code, seen.decode()
        os.close(ours)
        return seen.decode().replace("\r\n", "\n")

    def told(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The document of a run with --json."""
        return json.loads(self.run(*words, "--json", code=code).stdout)


def last_words(process: subprocess.Popen[str]) -> str:
    """What a process that is about to end writes to its standard error."""
    try:
        return process.communicate(timeout=LIMIT_SECONDS)[1]
    finally:
        # Whoever leaves the block of a process waits for it, however long that takes.
        process.kill()


def make(parent: Path, emulator: Emulator) -> Cloud:
    """A folder by `init`, edited as its owner would."""
    cloud = Cloud(parent / "mine", emulator)
    cloud.run("init", "mine", "--package", str(wheel(parent, "linux_x86_64")))
    (cloud.folder / "terraform.tfvars").write_text('target_hosts = ["shop.test"]\n')
    return cloud


@pytest.fixture
def cloud(tmp_path: Path, emulator: Emulator) -> Iterator[Cloud]:
    """A folder that nothing was made of, and an empty account."""
    emulator.reset()
    yield make(tmp_path, emulator)
    emulator.fail()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Cloud:
    """A cluster that was brought up, and whose page does not answer yet."""
    emulator.reset()
    cloud = make(tmp_path_factory.mktemp("cloud"), emulator)
    told = cloud.told("up", "--yes", "--deadline", "0", code=3)
    assert told["plan"]["create"] > 40 and told["plan"]["usd_per_hour"] == 0.139
    assert told["plan"]["max_total_usd"] == 0.56
    assert told["workers"] == {"wanted": 2, "joined": 0}
    assert [line.split()[-1] for line in told["missing"]] == ["starting", "starting"]
    return cloud


class Page(http.server.BaseHTTPRequestHandler):
    """The page of a master, which says who has joined."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Served)
        is_us = self.headers["Authorization"] == f"Bearer {server.password}"
        workers = [{"id": f"{host}_0123", "state": "ready"} for host in server.hosts]
        told: dict[str, Any] = {"state": server.state, "workers": workers}
        if self.path.startswith("/api/v1/log"):
            (since,) = parse_qs(urlsplit(self.path).query)["since"]
            lines = [{"seq": seq, "text": text} for seq, text in enumerate(server.said)]
            told = {"lines": lines[int(since) :]}
        body = json.dumps(told).encode() if is_us else b""
        self.send_response(200 if is_us else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Served) and self.path == "/stop"
        server.state = "stopped"
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Served(http.server.ThreadingHTTPServer):
    password = ""
    state = "ready"
    hosts: list[str]
    said: list[str]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def page(running: Cloud, emulator: Emulator) -> Iterator[Served]:
    """The page with the certificate and the password of the cluster."""
    state = json.loads((running.folder / "terraform.tfstate").read_text())
    outputs = {name: each["value"] for name, each in state["outputs"].items()}
    key = emulator.client("ssm").get_parameter(
        Name=f"/{outputs['stack']}/page-key", WithDecryption=True
    )["Parameter"]["Value"]
    pem = running.folder / "page.pem"
    pem.write_text(outputs["certificate"] + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = Served(("127.0.0.1", 0), Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.password, server.hosts, server.said = outputs["ui_password"], [], ["Starting"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def workers(emulator: Emulator) -> list[tuple[str, str]]:
    """Ids of the workers' machines, and the names of their hosts, which say nothing of either."""
    found = emulator.client("ec2").describe_instances(
        Filters=[
            {"Name": "instance-state-name", "Values": ["running"]},
            {"Name": "tag:Name", "Values": ["*-workers"]},
        ]
    )["Reservations"]
    machines = [each for reservation in found for each in reservation["Instances"]]
    return [(each["InstanceId"], f"host-{number}.corp") for number, each in enumerate(machines)]


def all_are_ready(emulator: Emulator) -> list[str]:
    """Lets each worker tell that it is, and its host; returns the hosts."""
    found = workers(emulator)
    for instance, host in found:
        tell(emulator, instance, state="ready", host=host)
    return [host for _, host in found]


def tell(emulator: Emulator, instance: str, **told: str) -> None:
    """As a node does."""
    emulator.client("s3").put_object(
        Bucket=bucket_of(emulator),
        Key=f"nodes/AROA:{instance}/state.json",
        Body=json.dumps({"role": "worker", **told}),
    )


def bucket_of(emulator: Emulator) -> str:
    return emulator.client("s3").list_buckets()["Buckets"][0]["Name"]


def test_a_worker_that_never_joins_is_named_with_its_reason(
    running: Cloud, page: Served, emulator: Emulator
) -> None:
    page.hosts = all_are_ready(emulator)[:1]
    second = workers(emulator)[1][0]
    tell(emulator, second, state="failed", reason="no Python 3.12")
    done = running.run("up", "--page", page.url, "--yes", "--deadline", "60", code=3)
    assert "Nothing to change" in done.stdout
    assert "the page answers, 1 of 2 workers have joined" in done.stdout
    assert f"{second}" in done.stdout and "failed: no Python 3.12" in done.stdout
    enough = running.told("up", "--page", page.url, "--yes", "--quorum", "1")
    assert enough["workers"] == {"wanted": 2, "joined": 1}


def test_an_interrupt_leaves_the_cluster_as_it_is(running: Cloud, emulator: Emulator) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gregaria", "cloud", *here(("up", "--yes"))],
        cwd=running.folder,
        env=running.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("no page yet"):
                break
        process.send_signal(signal.SIGINT)
        err = last_words(process)
    assert process.returncode == 130
    assert "interrupted. What is up stays up until its end" in err and "Traceback" not in err
    assert not (running.folder / "plan.out").exists()
    assert len(workers(emulator)) == 2


def test_up_ends_when_all_have_joined(running: Cloud, page: Served, emulator: Emulator) -> None:
    page.hosts = all_are_ready(emulator)
    opened = running.folder.parent / "opened"
    browser = running.folder.parent / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    at_desk = Cloud(running.folder, emulator, {"BROWSER": str(browser)})
    seen = at_desk.typed("", "up", "--page", page.url, "--yes")
    assert "the page answers, 2 of 2 workers have joined" in seen and "Missing" not in seen
    assert "Sign in as:  operator, terraform output -raw ui_password" in seen
    assert opened.read_text() == f"{page.url}\n"


def test_status_lists_nodes_cost_and_end(running: Cloud, page: Served, emulator: Emulator) -> None:
    page.hosts = all_are_ready(emulator)
    told = running.told("status", "--page", page.url)
    assert [(each["role"], each["state"]) for each in told["nodes"]] == [
        ("master", "joined"),
        ("worker", "joined"),
        ("worker", "joined"),
    ]
    assert told["test"] == "ready" and 0 <= told["usd_so_far"] < 0.14
    assert told["max_total_usd"] == 0.56
    done = running.run("status", "--page", page.url)
    assert "Cost: $0.14 an hour, $0.0" in done.stdout and "Ends: 20" in done.stdout
    assert "in 3:" in done.stdout


def test_a_machine_that_ends_is_called_so(running: Cloud, emulator: Emulator) -> None:
    (ending, _), (staying, _) = workers(emulator)
    ec2 = emulator.client("ec2")
    ec2.stop_instances(InstanceIds=[ending])
    try:
        nodes = {each["instance"]: each for each in running.told("status")["nodes"]}
    finally:
        ec2.start_instances(InstanceIds=[ending])
    assert (nodes[ending]["state"], nodes[staying]["state"]) == ("ending", "ready")
    assert nodes[staying]["address"].startswith("10.42.0.")


def test_nobody_but_its_owner_reads_the_state(running: Cloud) -> None:
    paths = list(running.folder.glob("terraform.tfstate*"))
    assert paths and [path for path in paths if path.stat().st_mode & 0o077] == []


def test_nobody_with_another_certificate_is_the_page(running: Cloud, page: Served) -> None:
    other = running.folder / "other.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"),
            *("-keyout", str(other), "-out", str(other.with_suffix(".crt")), "-days", "1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(other.with_suffix(".crt"), other)
    server = Served(("127.0.0.1", 0), Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.password, server.hosts, server.said = page.password, [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert running.told("status", "--page", server.url)["test"] == "unknown"
    server.shutdown()


def test_push_sends_the_test_and_nothing_else(running: Cloud, emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    before = s3.head_object(Bucket=bucket_of(emulator), Key="bundle/test.zip")["ETag"]
    assert running.told("push")["pushed"] is False
    path = running.folder / "locust/locustfile.py"
    path.write_text(path.read_text() + "\n# Another version.\n")
    told = running.told("push")
    assert (told["pushed"], told["offered"]) == (True, None), "the page was not seen"
    assert s3.head_object(Bucket=bucket_of(emulator), Key="bundle/test.zip")["ETag"] != before


def test_up_with_a_variable_changes_what_is_there(running: Cloud, emulator: Emulator) -> None:
    words = ["up", "--deadline", "0", "--no-open", "--var", "worker_count=1"]
    seen = running.typed("y", *words, code=3)
    told = [
        "Resources: 2 to update",
        "Cost: about $0.08 an hour, at most $0.33 in all",
        "Everything ends by itself at 20",
        "Workers fall from 2 to 1",
        "[y/N]",
        "0 of 1 workers have joined",
    ]
    places = [seen.index(each) for each in told]
    assert places == sorted(places), "what it costs is shown before it is asked"


def test_what_was_given_once_holds_for_the_next_time(running: Cloud) -> None:
    """The command that the page shows for more time says nothing of the workers."""
    # As if it had been up for an hour.
    state = running.folder / "terraform.tfstate"
    known = json.loads(state.read_text())
    known["outputs"]["spent"]["value"]["since"] -= 3600
    state.write_text(json.dumps(known))
    words = ("up", "--yes", "--deadline", "0")
    longer = running.run(*words, "--var", "lease=2", code=3).stdout
    assert "Kept from an earlier --var: worker_count = 1" in longer
    assert "To drop one, take it out of gregaria.auto.tfvars.json" in longer
    assert "The end moves from 20" in longer and "Workers fall" not in longer
    same = running.run(*words, code=3).stdout
    assert "Kept from an earlier --var: lease = 2, worker_count = 1" in same
    assert "Nothing to change" in same and "0 of 1 workers have joined" in same
    assert "at most $0.4" in longer and "about $0.0" in longer and "since the first `up`" in longer
    told = running.told("status")
    assert 0.08 < told["usd_so_far"] < 0.12 and 0.4 < told["max_total_usd"] < 0.45


def test_without_a_terminal_or_a_yes_nothing_is_changed(running: Cloud, emulator: Emulator) -> None:
    done = running.run("down", code=2)
    assert "Say so with --yes" in done.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gregaria", "cloud", *here(("down",))],
        cwd=running.folder,
        env=running.environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, b"n\n")
        err = last_words(process)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 2 and "Remove them? [y/N]" in err and "nothing was changed" in err
    assert emulator.client("s3").list_buckets()["Buckets"]


def test_down_does_not_lose_results_that_it_cannot_fetch(running: Cloud) -> None:
    away = Cloud(running.folder, running.emulator, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    told = away.told("down", "--yes", code=1)
    assert "Nothing was removed: --without-results removes it all the same" in told["error"]


def test_down_ends_the_test_fetches_the_results_and_leaves_nothing(
    running: Cloud, page: Served, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(figures: bytes) -> None:
        emulator.client("s3").put_object(
            Bucket=bucket_of(emulator), Key="results/AROA:i-1/runs.sqlite", Body=figures
        )

    def stop(request: Page) -> None:
        keep(b"figures")
        do_post(request)

    do_post = Page.do_POST
    monkeypatch.setattr(Page, "do_POST", stop)
    keep(b"figures of the test before")
    page.state = "running"
    assert "A test is running. It will be stopped" in running.typed(
        "n", "down", "--page", page.url, code=2
    )
    assert page.state == "running"
    told = running.told("down", "--yes", "--page", page.url)
    assert told["test_stopped"] and page.state == "stopped"
    assert not (running.folder / "gregaria.auto.tfvars.json").exists()
    (path,) = told["results"]
    assert (running.folder / path).read_bytes() == b"figures" and "/i-1/" in path
    assert told["left"] == [] and 0 <= told["total_usd"] < 1
    assert emulator.client("s3").list_buckets()["Buckets"] == []
    assert "There is no cluster." in running.run("status").stdout
    assert "There is no cluster." in running.run("down").stdout


def test_an_apply_that_stops_half_way_is_told_and_cleaned(cloud: Cloud, emulator: Emulator) -> None:
    emulator.fail(aws_autoscaling_group="InsufficientInstanceCapacity: no c7a.medium is left")
    done = cloud.run("up", "--yes", code=1)
    assert "InsufficientInstanceCapacity: no c7a.medium is left" in done.stderr
    assert "This exists now" in done.stderr and "  aws_vpc.this[0]\n" in done.stderr
    assert "gregaria cloud down" in done.stderr
    status = cloud.told("status", code=1)
    assert status["up"] is False and "aws_vpc.this[0]" in status["resources"]
    emulator.fail()
    told = cloud.told("down", "--yes")
    assert told["left"] == []
    ec2 = emulator.client("ec2")
    assert [each for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]] == []


def test_what_is_left_behind_is_named(cloud: Cloud, emulator: Emulator) -> None:
    cloud.run("up", "--yes", "--deadline", "0", "--var", "worker_count=0", code=3)
    state = json.loads((cloud.folder / "terraform.tfstate").read_text())
    stray = emulator.client("ec2").run_instances(
        ImageId="ami-00000000000000001",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "gregaria-stack", "Value": state["outputs"]["stack"]["value"]}],
            }
        ],
    )["Instances"][0]["InstanceId"]
    stack = state["outputs"]["stack"]["value"]
    role = {"RoleName": f"{stack}-stray", "AssumeRolePolicyDocument": "{}"}
    emulator.client("iam").create_role(**role)
    told = cloud.told("down", "--yes", "--deadline", "0", code=1)
    assert told["left"] == [f"machine {stray}", f"role {stack}-stray"]
    assert "not confirmed gone" in told["error"]
    assert f"aws --region us-east-1 iam delete-role --role-name {stack}-stray" in told["commands"]
    again = cloud.told("down", "--yes", code=1)
    assert again["left"] == [f"{stack}: {each}" for each in told["left"]]


def test_a_cluster_whose_state_is_lost_is_not_called_none(cloud: Cloud, emulator: Emulator) -> None:
    cloud.run("up", "--yes", "--deadline", "0", "--var", "worker_count=0", code=3)
    state = cloud.folder / "terraform.tfstate"
    stack = json.loads(state.read_text())["outputs"]["stack"]["value"]
    state.rename(cloud.folder / "lost")
    for word in ("down", "status"):
        done = cloud.run(word, code=1)
        assert "There is no cluster" not in done.stdout
        assert "in us-east-1 there is what is listed below" in done.stderr
        assert f"\n{stack}\n  auto-scaling group {stack}-workers\n" in done.stderr
        assert f"aws --region us-east-1 iam delete-role --role-name {stack}-master" in done.stderr
    told = cloud.told("down", code=1)
    kinds = {each.removeprefix(f"{stack}: ").rpartition(" ")[0] for each in told["left"]}
    assert kinds == set(LOOKS) - {"address", "network interface", "budget"}
    (cloud.folder / "lost").rename(state)
    assert cloud.told("down", "--yes")["left"] == []


def test_down_needs_neither_the_package_nor_the_test(cloud: Cloud, emulator: Emulator) -> None:
    cloud.run("up", "--yes", "--deadline", "0", "--var", "worker_count=0", code=3)
    shutil.rmtree(cloud.folder / "wheels")
    shutil.rmtree(cloud.folder / "locust")
    (cloud.folder / "terraform.tfvars").unlink()
    assert cloud.told("down", "--yes")["left"] == []
    assert emulator.client("s3").list_buckets()["Buckets"] == []


def test_a_plan_over_the_price_is_refused_before_anything_is_made(
    cloud: Cloud, emulator: Emulator
) -> None:
    done = cloud.run("up", "--yes", "--var", "worker_count=30", code=2)
    assert "This cluster costs $1.74 an hour" in done.stderr
    assert emulator.client("s3").list_buckets()["Buckets"] == []


def test_without_terraform_it_is_said_where_to_get_it(cloud: Cloud, tmp_path: Path) -> None:
    cloud.extra = {"PATH": str(tmp_path)}
    assert "terraform is not on the PATH: install 1.9 or later" in cloud.run("up", code=2).stderr


def test_a_terraform_that_is_too_old_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    old = tmp_path / "bin/terraform"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.5.7"}\'\n')
    old.chmod(0o755)
    cloud.extra = {"PATH": f"{old.parent}:{os.environ['PATH']}"}
    assert "terraform 1.5.7 is too old" in cloud.run("up", code=2).stderr


def test_without_credentials_it_is_said_how_to_give_them(cloud: Cloud) -> None:
    cloud.extra = {"AWS_ACCESS_KEY_ID": ""}
    assert (
        "there are no credentials for AWS: set AWS_ACCESS_KEY_ID"
        in cloud.run("up", "--yes", code=2).stderr
    )


def test_a_folder_without_a_cluster_is_refused(tmp_path: Path, emulator: Emulator) -> None:
    empty = Cloud(tmp_path / "empty", emulator)
    empty.folder.mkdir()
    assert "holds no cluster: make one with `gregaria cloud init" in empty.run("up", code=2).stderr


def test_init_leaves_a_folder_alone_that_holds_something(cloud: Cloud) -> None:
    package = next(cloud.folder.glob("wheels/*.whl"))
    told = cloud.run("init", str(cloud.folder), "--package", str(package), code=2).stderr
    assert "is there already and not empty" in told
    gone = cloud.run("init", "new", "--package", "gone.whl", code=2).stderr
    assert "there is no package `gone.whl`" in gone
