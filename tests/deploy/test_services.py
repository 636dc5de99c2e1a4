"""The container and the systemd unit: options that exist, few rights, a unit that loads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from gregaria import _native
from tests.system import ROOT

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
