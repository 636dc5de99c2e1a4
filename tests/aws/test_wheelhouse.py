"""What the nodes install: collected by pip for their Python, and the same bytes each time."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .ladder import STACK


def ask(folder: Path, package: Path, python: str = "3.12") -> subprocess.CompletedProcess[str]:
    query = {
        "package": str(package),
        "requirements": "",
        "python_version": python,
        "folder": str(folder / "out"),
    }
    return subprocess.run(
        [sys.executable, str(STACK / "node/wheelhouse.py")],
        input=json.dumps(query),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wheel(folder: Path, platform: str) -> Path:
    """A wheel of our name that needs nothing."""
    path = folder / f"gregaria-0.1.0-cp311-abi3-{platform}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gregaria/__init__.py", "")
        archive.writestr(
            "gregaria-0.1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: gregaria\nVersion: 0.1.0\n",
        )
        archive.writestr(
            "gregaria-0.1.0.dist-info/WHEEL",
            f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-abi3-{platform}\n",
        )
        archive.writestr("gregaria-0.1.0.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize(
    ("platform", "architecture"),
    [
        ("manylinux_2_34_x86_64", "x86_64"),
        ("linux_x86_64", "x86_64"),
        ("manylinux_2_17_aarch64.manylinux2014_aarch64", "arm64"),
    ],
)
def test_the_wheel_says_for_which_machines(
    tmp_path: Path, platform: str, architecture: str
) -> None:
    done = ask(tmp_path, wheel(tmp_path, platform))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["architecture"] == architecture
    content = Path(told["path"]).read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    with zipfile.ZipFile(told["path"]) as archive:
        assert [name.partition("-")[0] for name in archive.namelist()] == ["gregaria"]


def test_it_is_made_once_and_taken_as_it_is(tmp_path: Path) -> None:
    package = wheel(tmp_path, "linux_x86_64")
    first = json.loads(ask(tmp_path, package).stdout)
    before = Path(first["path"]).stat().st_mtime_ns
    assert json.loads(ask(tmp_path, package).stdout) == first
    assert Path(first["path"]).stat().st_mtime_ns == before
    again = json.loads(ask(tmp_path, Path(first["path"])).stdout)
    assert again == first
    assert json.loads(ask(tmp_path, package, "3.13").stdout)["path"] != first["path"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.whl", "there is no file"),
        ("gregaria-0.1.0-py3-none-macosx_11_0_arm64.whl", "is no wheel for Linux"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, message: str) -> None:
    if name != "gone.whl":
        (tmp_path / name).write_bytes(b"")
    done = ask(tmp_path, tmp_path / name)
    assert done.returncode == 1 and message in done.stderr
