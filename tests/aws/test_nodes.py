"""What a node does with its user data: the programs of the stack, with the emulator as AWS.

The files of the rendered user data are written below a folder, `systemctl` only notes what it is
told, and a small server stands for the metadata of the instance. Nothing of this machine changes.
"""

import base64
import gzip
import http.server
import importlib
import json
import os
import re
import sqlite3
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gregaria.cloud import nodes

from .ladder import STACK, Emulator, Stack
from .node import (
    FLAKY,
    INSTANCE,
    METADATA,
    Flaky,
    Machine,
    Metadata,
    Trickle,
    change_cluster,
    instances_of,
    kept_runs,
    put_test,
    serve,
    shown,
    states,
)


@pytest.fixture(scope="module")
def metadata() -> Iterator[str]:
    server = serve(Metadata)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def cluster(stack: Stack, account: Emulator) -> Stack:
    stack.variables["node_endpoint_url"] = account.url
    stack.variables["python_version"] = f"{sys.version_info.major}.{sys.version_info.minor}"
    stack.apply()
    return stack


@pytest.fixture(scope="module")
def rendered(cluster: Stack) -> dict[str, dict[str, str]]:
    """The files that cloud-init writes, by role."""
    packed = {
        "master" if each["type"] == "aws_instance" else "worker": each["values"].get(
            "user_data_base64"
        )
        or each["values"]["user_data"]
        for each in cluster.resources()
        if each["type"] in ("aws_instance", "aws_launch_template")
    }
    return {
        role: {
            each["path"]: each["content"]
            for each in yaml.safe_load(gzip.decompress(base64.b64decode(text)))["write_files"]
        }
        for role, text in packed.items()
    }


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    yield FLAKY
    FLAKY.left.clear()


@pytest.fixture
def trickle() -> Iterator[str]:
    server = serve(Trickle)
    yield f"http://127.0.0.1:{server.server_port}"
    Trickle.is_over.set()
    server.shutdown()


@pytest.fixture
def master(tmp_path: Path, rendered: dict[str, dict[str, str]], metadata: str) -> Machine:
    return Machine(tmp_path / "master", rendered["master"], metadata)


@pytest.fixture
def worker(tmp_path: Path, rendered: dict[str, dict[str, str]], metadata: str) -> Machine:
    return Machine(tmp_path / "worker", rendered["worker"], metadata)


def test_a_worker_learns_how_to_join_and_starts(
    worker: Machine, cluster: Stack, account: Emulator
) -> None:
    done = worker.boot()
    assert done.returncode == 0, done.stderr
    assert worker.told == ["enable --now gregaria.service"]
    invitation = worker.file("/etc/gregaria/secrets/invitation")
    fingerprint = cluster.outputs()["certificate_fingerprint"]
    assert re.fullmatch(
        rf"gregaria://10\.42\.0\.10:5557/{fingerprint}/[A-Za-z0-9]{{48}}", invitation.read_text()
    )
    assert invitation.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in invitation.parent.iterdir()] == ["invitation"]
    site = worker.file("/opt/gregaria/site")
    assert (site / "gregaria/__init__.py").exists() and (site / "beside.py").exists()
    environment = worker.file("/etc/gregaria/gregaria.env").read_text()
    assert "GREGARIA_ALLOWED_HOSTS=shop.test\n" in environment
    assert "GREGARIA_ZONE=eu-north-1a\n" in environment
    state = states(cluster, account)["worker"]
    assert (state["state"], state.get("reason")) == ("ready", None)
    assert state["limits"]["open files"] == "1048576", "that of the service"
    assert state["host"] == os.uname().nodename, "by which its workers join"


def test_a_service_that_may_open_too_few_files_is_told(
    worker: Machine, cluster: Stack, account: Emulator
) -> None:
    worker.limit_open_files("1024")
    assert worker.boot().returncode == 0
    state = states(cluster, account)["worker"]
    assert (state["state"], state["limits"]["open files"]) == ("ready", "1024")
    assert state["reason"] == "gregaria may have 1024 files open, and 1048576 were asked for"


def test_a_master_has_the_test_its_users_and_its_names(master: Machine) -> None:
    done = master.boot()
    assert done.returncode == 0, done.stderr
    test = master.file("/opt/gregaria/test/locustfile.py")
    assert test.read_text() == (STACK / "locust/locustfile.py").read_text()
    secrets = master.file("/etc/gregaria/secrets")
    assert sorted(path.name for path in secrets.iterdir()) == [
        "join-token",
        "master.pem",
        "page-key",
        "web-users",
    ]
    pem = (secrets / "master.pem").read_text()
    assert pem.count("BEGIN CERTIFICATE") == pem.count("BEGIN PRIVATE KEY") == 1
    environment = master.file("/etc/gregaria/gregaria.env").read_text()
    assert "GREGARIA_WEB_NAME=198.51.100.20,10.42.0.10\n" in environment


@pytest.mark.parametrize("role", ["master", "worker"])
def test_the_units_are_such_as_systemd_takes_and_their_options_exist(
    role: str, rendered: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    from gregaria import _native

    files = {path: text for path, text in rendered[role].items() if "/systemd/" in path}
    assert len(files) == 4
    closed = [path for path, text in files.items() if "IPAddressDeny=169.254.169.254\n" in text]
    assert closed == ["/etc/systemd/system/gregaria.service"], "the keeper needs its metadata"
    command = re.search(
        r"^ExecStart=.*? -m gregaria ((?:.*\\\n)*.*)$",
        files["/etc/systemd/system/gregaria.service"],
        re.M,
    )
    assert command is not None
    words = command[1].replace("\\\n", " ").split()
    options, left, unknown, _ = _native.parse_command_line(words, {}, [], [])
    assert options[role] and not left and not unknown


def test_a_package_that_was_changed_is_not_installed(
    worker: Machine, cluster: Stack, account: Emulator
) -> None:
    config = json.loads(worker.file("/etc/gregaria/node.json").read_text())
    worker.edit_config(wheelhouse={**config["wheelhouse"], "sha256": "0" * 64})
    done = worker.boot()
    assert done.returncode == 1 and worker.told == []
    state = states(cluster, account)["worker"]
    assert state["state"] == "failed" and "is not what was uploaded" in state["reason"]
    assert not worker.file("/opt/gregaria/site").exists()


def test_a_package_for_another_python_is_told(
    worker: Machine, cluster: Stack, account: Emulator
) -> None:
    config = json.loads(worker.file("/etc/gregaria/node.json").read_text())
    worker.edit_config(wheelhouse={**config["wheelhouse"], "python": "3.99"})
    assert worker.boot().returncode == 1
    reason = states(cluster, account)["worker"]["reason"]
    assert "the packages are for 3.99" in reason and "set python_version" in reason


def test_a_call_that_is_refused_is_tried_for_a_while_and_then_told(
    worker: Machine, cluster: Stack, account: Emulator
) -> None:
    worker.edit_config(stack="another")
    done = worker.boot()
    assert done.returncode == 1 and "tried again" in done.stderr
    reason = states(cluster, account)["worker"]["reason"]
    assert "given up after 1 seconds" in reason and "ParameterNotFound" in reason


@pytest.mark.parametrize("times", [1, 2])
def test_a_metadata_service_that_is_late_is_waited_for(
    times: int, worker: Machine, cluster: Stack, account: Emulator, flaky: Flaky
) -> None:
    flaky.refuse("meta-data/local-ipv4", times)
    done = worker.boot()
    assert done.returncode == 0, done.stderr
    assert "tried again" in done.stderr
    assert states(cluster, account)["worker"]["state"] == "ready"


def test_a_bucket_that_refuses_at_first_is_asked_again(
    worker: Machine, cluster: Stack, account: Emulator, flaky: Flaky
) -> None:
    config = json.loads(worker.file("/etc/gregaria/node.json").read_text())
    worker.edit_config(endpoint=flaky.in_front_of(account.url))
    for state in ("booting", "ready", "failed"):
        flaky.refuse(f'"state": "{state}"', 1)
    assert worker.boot().returncode == 0
    assert states(cluster, account)["worker"]["state"] == "ready"
    worker.edit_config(
        endpoint=flaky.in_front_of(account.url),
        wheelhouse={**config["wheelhouse"], "sha256": "0" * 64},
    )
    assert worker.boot().returncode == 1
    assert states(cluster, account)["worker"]["state"] == "failed"
    assert flaky.left == {}, "each was refused once"


@pytest.fixture
def keeper(master: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The keeper of a master that has booted, as a module of this process."""
    assert master.boot().returncode == 0
    for name, value in master.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(master.file("/opt/gregaria/node")))
    yield importlib.import_module("watch")
    for name in ("aws", "ending", "node", "watch"):
        sys.modules.pop(name, None)


def test_a_newer_test_is_taken_over_when_none_runs(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator, monkeypatch: Any
) -> None:
    put_test(cluster, account, locustfile="FIRST = 1\n", old="")
    running = {"state": "running"}
    monkeypatch.setattr(keeper, "page_state", lambda config: running["state"])
    watch = keeper.Watch()
    watch.look()
    test = master.file("/opt/gregaria/test")
    assert "FIRST" not in (test / "locustfile.py").read_text()
    running["state"] = "stopped"
    watch.look()
    assert (test / "locustfile.py").read_text() == "FIRST = 1\n" and (test / "old.py").exists()
    put_test(cluster, account, locustfile="SECOND = 2\n")
    watch.look()
    assert [path.name for path in test.iterdir()] == ["locustfile.py"]
    assert master.told[1:] == [], "nothing is restarted for a newer test"


def test_results_are_kept_while_they_are_written(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    store = master.file("/var/lib/gregaria/runs.sqlite")
    store.parent.mkdir(parents=True)
    writer = sqlite3.connect(store)
    writer.execute("pragma journal_mode = wal")
    writer.execute("create table run (name text)")
    writer.execute("insert into run values ('first')")
    writer.commit()
    keeper.Watch().look()
    assert kept_runs(master, cluster, account) == [("first",)]
    writer.close()


def test_a_test_that_runs_at_the_end_of_the_time_is_kept(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator, monkeypatch: Any
) -> None:
    store = master.file("/var/lib/gregaria/runs.sqlite")
    store.parent.mkdir(parents=True)
    with sqlite3.connect(store) as writer:
        writer.execute("create table run (name text)")
        writer.execute("insert into run values ('unfinished')")
    monkeypatch.setattr(keeper, "page_state", lambda config: "running")
    master.file("/var/lib/gregaria-node/deadline").write_text("1")
    keeper.end_if_due()
    assert kept_runs(master, cluster, account) == [("unfinished",)]


def test_what_the_page_shows_is_written(keeper: Any, master: Machine) -> None:
    keeper.Watch().look()
    shown = json.loads(master.file("/run/gregaria-cloud/cloud.json").read_text())
    assert (shown["provider"], shown["region"]) == ("AWS", "us-east-1")
    assert (shown["usd_per_hour"], shown["worker_count"]) == (0.139, 2)
    assert shown["nodes"][INSTANCE]["state"] in ("ready", "failed")
    assert shown["ends_at"] - shown["started_at"] == 4 * 3600
    assert shown["extension"] == {
        "command": "gregaria cloud up --var lease=2",
        "seconds": 4 * 3600,
    }
    assert (shown["problem"], shown["teardown"]) == (None, None)
    assert time.time() - shown["checked_at"] < 60
    assert {"idle_since", "usd_before", "prices_date", "prices_source"} <= shown.keys()
    assert shown["max_usd_in_all"] == 25


def test_what_one_node_has_torn_hides_no_other(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    s3, bucket = account.client("s3"), cluster.outputs()["bucket"]
    torn = {
        "nodes/A:i-0torn/state.json": b'{"state": "rea',
        "nodes/A:i-0list/state.json": b"[]",
        "nodes/stray": b"",
    }
    for key, body in torn.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    keeper.Watch().look()
    found = nodes.states(keeper.Watch().node.client, bucket)
    for key in torn:
        s3.delete_object(Bucket=bucket, Key=key)
    assert found.keys() == shown(master)["nodes"].keys() == {INSTANCE}
    assert shown(master)["problem"] is None


def test_another_lease_is_always_another_word(keeper: Any) -> None:
    assert [keeper.another(each) for each in ("1", "9", "friday")] == ["2", "10", "friday-2"]


def test_other_targets_hold_at_once(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    watch = keeper.Watch()
    watch.look()
    change_cluster(cluster, account, allowed_hosts=["other.test"])
    watch.look()
    change_cluster(cluster, account, allowed_hosts=["shop.test"])
    environment = master.file("/etc/gregaria/gregaria.env").read_text()
    assert "GREGARIA_ALLOWED_HOSTS=other.test\n" in environment
    assert master.told[1:] == ["try-restart gregaria.service"]


def test_other_targets_hold_although_the_keeper_was_away(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    change_cluster(cluster, account, allowed_hosts=["other.test"])
    keeper.Watch().look()
    change_cluster(cluster, account, allowed_hosts=["shop.test"])
    assert master.told[1:] == ["try-restart gregaria.service"]


def test_a_restart_that_fails_is_made_up_for(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    tool = master.root / "bin/systemctl"
    works = tool.read_text()
    watch = keeper.Watch()
    watch.look()
    change_cluster(cluster, account, allowed_hosts=["other.test"])
    tool.write_text("#!/bin/sh\nexit 1\n")
    watch.look()
    assert "try-restart" in shown(master)["problem"]
    tool.write_text(works)
    watch.look()
    change_cluster(cluster, account, allowed_hosts=["shop.test"])
    assert master.told[1:] == ["try-restart gregaria.service"], "although nothing is new"


def test_a_public_address_is_not_forgotten_when_metadata_fail(
    keeper: Any, master: Machine, flaky: Flaky
) -> None:
    flaky.refuse("meta-data/public-ipv4", 1)
    watch = keeper.Watch()
    watch.look()
    watch.look()
    assert master.told[1:] == []
    environment = master.file("/etc/gregaria/gregaria.env").read_text()
    assert "GREGARIA_WEB_NAME=198.51.100.20,10.42.0.10\n" in environment


def test_a_master_whose_first_start_failed_ends_when_idle(
    keeper: Any, master: Machine, cluster: Stack
) -> None:
    master.file("/etc/gregaria/secrets/web-users").unlink()
    master.file("/var/lib/gregaria-node/test.etag").unlink()
    watch = keeper.Watch()
    watch._started_at = time.time() - 7200
    watch.look()
    assert shown(master)["problem"] is None
    assert shown(master)["teardown"]["reason"] == "no test for 60 minutes"


def test_a_node_ends_when_its_lease_does_and_not_before(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator
) -> None:
    scaling, group = account.client("autoscaling"), cluster.outputs()["worker_group"]
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)
    watch = keeper.Watch()
    watch.look()
    keeper.end_if_due()
    assert master.told[1:] == []
    assert instances_of(cluster, account)
    change_cluster(cluster, account, expires_at="2026-01-01T00:00:00Z")
    watch.look()
    keeper.end_if_due()
    change_cluster(cluster, account, expires_at=cluster.outputs()["expires_at"])
    assert master.told[1:] == ["poweroff"]
    assert states(cluster, account)["master"]["state"] == "ended"
    assert instances_of(cluster, account) == [], "no schedule is needed to end the workers"
    watch.look()
    keeper.end_if_due()
    assert master.told[1:] == ["poweroff"], "a renewed lease holds"


def test_a_worker_that_ends_is_not_replaced(
    worker: Machine, cluster: Stack, account: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = cluster.outputs()["worker_group"]
    account.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=group, DesiredCapacity=2
    )
    mine, other = instances_of(cluster, account)
    monkeypatch.setitem(METADATA, "meta-data/instance-id", mine)
    deadline = worker.file("/var/lib/gregaria-node/deadline")
    deadline.parent.mkdir(parents=True)
    deadline.write_text("1")
    assert worker.run("watch.py", "end").returncode == 0
    assert worker.told == ["poweroff"]
    assert instances_of(cluster, account) == [other]


@pytest.mark.parametrize("place", ["http://127.0.0.1:9", None])
def test_a_worker_that_aws_refuses_to_end_is_off_all_the_same(
    place: str | None, worker: Machine
) -> None:
    if place is not None:
        worker.edit_config(endpoint=place)
    deadline = worker.file("/var/lib/gregaria-node/deadline")
    deadline.parent.mkdir(parents=True)
    deadline.write_text("1")
    done = worker.run("watch.py", "end")
    assert "left out at the end" in done.stderr
    assert worker.told == ["poweroff"]


def test_an_upload_that_hangs_keeps_no_machine(worker: Machine, trickle: str) -> None:
    worker.edit_config(endpoint=trickle)
    worker.environment["GREGARIA_STEP"] = "1"
    deadline = worker.file("/var/lib/gregaria-node/deadline")
    deadline.parent.mkdir(parents=True)
    deadline.write_text("1")
    done = worker.run("watch.py", "end")
    assert "left out at the end: not done in 1 seconds" in done.stderr
    assert worker.told == ["poweroff"]


def test_a_worker_waits_for_the_group_to_end_it_first(keeper: Any, worker: Machine) -> None:
    config = json.loads(worker.file("/etc/gregaria/node.json").read_text())
    assert keeper.deadline(config) == pytest.approx(keeper.booted_at() + 4 * 3600 + 900, abs=5), (
        "a node that never hears of a lease ends, too"
    )


def test_idle_machines_end(
    keeper: Any, master: Machine, cluster: Stack, account: Emulator, monkeypatch: Any
) -> None:
    state = {"state": "running"}
    monkeypatch.setattr(keeper, "page_state", lambda config: state["state"])
    scaling = account.client("autoscaling")
    group = cluster.outputs()["worker_group"]
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)
    watch = keeper.Watch()
    watch._started_at = time.time() - 7200
    watch.look()
    assert "poweroff" not in master.told, "a test runs"
    state["state"] = "stopped"
    watch.look()
    assert "poweroff" not in master.told, "it ran a moment ago"
    master.file("/var/lib/gregaria-node/active").write_text(str(time.time() - 3700))
    watch.look()
    (found,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert found["DesiredCapacity"] == 0
    told = shown(master)["teardown"]
    assert (told["ended"], told["total"], told["unconfirmed"]) == (2, 3, [])
    assert told["is_done"] and told["reason"] == "no test for 60 minutes"
    assert "poweroff" not in master.told, "the page has not told it yet"
    watch.look()
    assert master.told[-1] == "poweroff"
    assert states(cluster, account)["master"]["reason"] == "no test for 60 minutes"


@pytest.fixture
def asked(master: Machine) -> Path:
    """The file by which the page asks for the end."""
    path = master.file("/run/gregaria/end")
    path.parent.mkdir(parents=True)
    path.write_text("anna from 203.0.113.7\n")
    return path


def test_the_page_can_ask_for_the_end_and_sees_what_is_not_confirmed(
    keeper: Any, master: Machine, asked: Path, monkeypatch: Any
) -> None:
    watch = keeper.Watch()
    monkeypatch.setattr(watch.node.client, "instances_of", lambda group: ["i-0a"])
    watch.look()
    told = shown(master)["teardown"]
    assert told["reason"] == "asked for on the page by anna from 203.0.113.7"
    assert (told["ended"], told["total"], told["unconfirmed"]) == (0, 2, [])
    watch._ending._since -= 300
    watch.look()
    assert shown(master)["teardown"]["unconfirmed"] == ["i-0a"]
    asked.write_text("anna from 203.0.113.7\n")
    os.utime(asked, (1, 1))
    watch.look()
    assert shown(master)["teardown"]["unconfirmed"] == [], "it is tried again"
    assert "poweroff" not in master.told
    watch._ending._since -= 1000
    watch.look()
    assert master.told[-1] == "poweroff", "a master does not wait for ever"


def test_nothing_is_called_gone_while_aws_does_not_answer(
    keeper: Any, master: Machine, asked: Path, cluster: Stack, account: Emulator, monkeypatch: Any
) -> None:
    account.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName=cluster.outputs()["worker_group"], DesiredCapacity=2
    )
    watch = keeper.Watch()
    url = watch.node.client._endpoint
    monkeypatch.setattr(watch.node.client, "_endpoint", "http://127.0.0.1:9")
    watch.look()
    told = shown(master)
    assert "refused" in told["problem"]
    assert (told["teardown"]["ended"], told["teardown"]["is_done"]) == (0, False)
    monkeypatch.setattr(watch.node.client, "_endpoint", url)
    watch.look()
    told = shown(master)
    assert (told["problem"], told["teardown"]["ended"]) == (None, 2)
    assert told["teardown"]["is_done"] and "poweroff" not in master.told


def test_a_network_that_fails_keeps_nothing_else_back(
    keeper: Any, master: Machine, monkeypatch: Any
) -> None:
    watch = keeper.Watch()
    monkeypatch.setattr(watch.node.client, "_endpoint", "http://127.0.0.1:9")
    watch.look()
    assert master.file("/run/gregaria-cloud/cloud.json").exists()
    assert "poweroff" not in master.told


def test_the_state_of_the_page_is_asked_with_its_certificate_and_password(
    keeper: Any, master: Machine
) -> None:
    asked: list[str | None] = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            body = b'{"state": "spawning"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(master.file("/etc/gregaria/secrets/master.pem"))
    server = serve(Page, context)
    try:
        assert keeper.page_state({"page_port": server.server_port}) == "spawning"
    finally:
        server.shutdown()
    password = master.file("/etc/gregaria/secrets/web-users").read_text().split()[-1]
    assert asked == [f"Bearer {password}"]
    assert keeper.page_state({"page_port": 9}) == "unknown"
