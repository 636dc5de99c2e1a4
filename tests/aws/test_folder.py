"""The folder that `gregaria cloud init` makes: the packaged stack, and a wheel beside it."""

import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from gregaria.cloud import folder as stack_folder
from gregaria.cloud import settings
from gregaria.cloud.trouble import Trouble
from tests.system import ROOT

from .ladder import STACK


def test_what_init_copies_is_in_the_wheel_and_is_the_stack() -> None:
    """maturin takes what the patterns name, and `init` takes what it finds there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["maturin"]["include"]
    prefix = "python/gregaria/cloud/stack/"
    assert {each["path"].removeprefix(prefix) for each in settings} == set(stack_folder.PARTS)
    copied = {str(path) for path in stack_folder.parts()}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=STACK,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert copied == {name for name in listed if not name.startswith("tests/")}


def test_an_installation_gives_its_own_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, about = tmp_path / "site", "gregaria-9.9.dist-info"
    files = {
        "gregaria/__init__.py": "",
        "gregaria/_native.abi3.so": "native",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: gregaria\nVersion: 9.9\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nTag: cp311-abi3-manylinux_2_34_x86_64\n",
        f"{about}/INSTALLER": "pip",
        "gregaria/__pycache__/__init__.cpython-311.pyc": "",
    }
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    record = "".join(f"{name},,\n" for name in [*files, "../bin/gregaria", f"{about}/RECORD"])
    (site / about / "RECORD").write_text(record)
    monkeypatch.syspath_prepend(str(site))
    path = stack_folder.make(tmp_path / "mine", None)
    assert path.name == "gregaria-9.9-cp311-abi3-manylinux_2_34_x86_64.whl"
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        assert set(found.namelist()) == {
            "gregaria/__init__.py",
            "gregaria/_native.abi3.so",
            f"{about}/METADATA",
            f"{about}/WHEEL",
            f"{about}/RECORD",
        }
        recorded = found.read(f"{about}/RECORD").decode()
    assert "gregaria/_native.abi3.so,sha256=" in recorded and recorded.endswith(",,\n")


def test_a_variable_is_read_where_terraform_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*words: str) -> str:
        return settings.text(tmp_path, "region", list(words))

    with pytest.raises(Trouble, match="has no variable `region`"):
        read()
    for path in STACK.glob("*.tf"):
        (tmp_path / path.name).write_text(path.read_text())
    assert read() == "us-east-1" and settings.text(tmp_path, "name", []) == "gregaria"
    monkeypatch.setenv("TF_VAR_region", "eu-north-1")
    assert read() == "eu-north-1"
    (tmp_path / "terraform.tfvars").write_text('name="x"\n  region   = "eu-west-1" # mine\n')
    assert read() == "eu-west-1"
    (tmp_path / "gregaria.auto.tfvars.json").write_text('{\n  "region": "eu-west-2"\n}')
    assert read() == "eu-west-2"
    assert read("-var", "region=eu-west-3", "-var", "name=y") == "eu-west-3"
