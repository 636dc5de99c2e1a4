"""The container and the systemd unit: options that exist, few rights, a unit that loads."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gregaria import _native
from tests.cli.command import finish, interrupt, start
from tests.system import ROOT
from tests.web.page import PLAIN

CONTAINER = ROOT / "deploy/container"


def test_the_image_has_the_wheel_and_no_root() -> None:
    lines = (CONTAINER / "Dockerfile").read_text().splitlines()
    words = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert ["COPY", "dist/*.whl /tmp/dist/"] in words
    assert ["USER", "65532:65532"] in words
    assert words[-1] == ["ENTRYPOINT", '["gregaria"]']


@pytest.mark.parametrize("role", ["master", "worker"])
def test_a_service_of_the_compose_file_is_a_node(role: str) -> None:
    service = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"][role]
    options, left, unknown, _ = _native.parse_command_line(service["command"], {}, [], [])
    assert not left and not unknown
    assert [options["master"], options["worker"]] == [role == "master", role == "worker"]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    if role == "master":
        assert service["expose"] == [str(options["master_bind_port"])]
        assert "ports" not in service
    else:
        assert options["master_host"] == "master"


def test_the_containers_join_by_the_token_that_the_guide_makes(tmp_path: Path) -> None:
    guide = (ROOT / "docs/cluster.md").read_text()
    (script,) = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    # The folder of the test is /test in a container, and the master is found by its name.
    script = script.replace("/test/", f"{tmp_path}/").replace("//master:", "//127.0.0.1:")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = subprocess.run(
        ["bash", "-euc", f"{script}\nenv | grep ^GREGARIA_"],
        cwd=tmp_path,
        env={"PATH": path},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    known = dict(line.split("=", 1) for line in told.splitlines())
    port = str(free_port())
    known["GREGARIA_INVITATION"] = known["GREGARIA_INVITATION"].replace(":5557/", f":{port}/")
    (tmp_path / "locustfile.py").write_text(PLAIN)
    services = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"]

    def begin(role: str, *more: str) -> "subprocess.Popen[str]":
        variables = {name: known[name] for name in services[role]["environment"]}
        return start(tmp_path, *services[role]["command"], *more, variables=variables)

    master = begin(
        "master", "--run-time=1s", "--master-bind-host=127.0.0.1", f"--master-bind-port={port}"
    )
    worker = begin("worker")
    ended = finish(master)
    assert ended.code == 0, ended.stderr
    assert "by invitation" in ended.stderr and known["GREGARIA_JOIN_TOKEN"] not in ended.stderr
    interrupt(worker)
    assert finish(worker).code == 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_systemd_takes_the_unit_of_the_documentation(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze to check the unit with")
    (unit,) = re.findall(r"```ini\n(.*?)```", (ROOT / "docs/cluster.md").read_text(), re.DOTALL)
    command = re.search(r"^ExecStart=\S*/gregaria (.*)$", unit, re.MULTILINE)
    assert command is not None
    options, left, unknown, _ = _native.parse_command_line(command[1].split(), {}, [], [])
    assert options["worker"] and not left and not unknown
    # The program need not be installed here.
    path = tmp_path / "gregaria-worker.service"
    path.write_text(unit.replace(command[0], "ExecStart=/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if path.name in line]
    assert (done.returncode, complaints) == (0, []), done.stderr
