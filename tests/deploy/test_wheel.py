"""The wheel brings the stack along: maturin packs what pyproject.toml names, and `init` finds it.

A program that does nothing stands for the native module, so that building takes a second.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.system import ROOT

#: Seconds after which a build of nothing has hung.
LIMIT_SECONDS = 120

MANIFEST = """\
[package]
name = "gregaria"
version = "0.1.0"
edition = "2021"

[workspace]
"""


def packed(folder: Path) -> Path:
    """A wheel by the project's own settings, with another program in it."""
    settings = (ROOT / "pyproject.toml").read_text()
    for ours, other in (
        ('manifest-path = "crates/py/Cargo.toml"', 'manifest-path = "nothing/Cargo.toml"'),
        ('features = ["extension-module"]', 'bindings = "bin"'),
        ("locked = true", "locked = false"),
        # A program brings its own name.
        ('[project.scripts]\ngregaria = "gregaria.__main__:main"\n', ""),
    ):
        assert ours in settings
        settings = settings.replace(ours, other)
    (folder / "pyproject.toml").write_text(settings)
    for name in ("README.md", "LICENSE-APACHE", "LICENSE-MIT"):
        shutil.copy(ROOT / name, folder)
    left_out = shutil.ignore_patterns(
        "*.so", "__pycache__", ".terraform*", ".gregaria", "*.tfstate*"
    )
    for name in ("python", "deploy", "examples"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=left_out)
    (folder / "nothing/src").mkdir(parents=True)
    (folder / "nothing/Cargo.toml").write_text(MANIFEST)
    (folder / "nothing/src/main.rs").write_text("fn main() {}\n")
    maturin = shutil.which("maturin", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert maturin is not None, "maturin is among the requirements of these tests"
    done = subprocess.run(
        [maturin, "build", "--quiet", "--out", "dist", "--interpreter", sys.executable],
        cwd=folder,
        env={**os.environ, "CARGO_TARGET_DIR": str(folder / "target")},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("wheel"))


def test_a_folder_made_from_the_wheel_is_the_stack(wheel: Path, tmp_path: Path) -> None:
    site, mine = tmp_path / "site", tmp_path / "mine"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    done = subprocess.run(
        [sys.executable, "-m", "gregaria", "cloud", "init", str(mine), "--package", str(wheel)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = {
        str(path.relative_to(mine)): path.read_bytes()
        for path in mine.rglob("*")
        if path.is_file() and path.parent.name != "wheels"
    }
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT / "deploy/aws",
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    stack = {name for name in listed if not name.startswith("tests/")}
    assert made == {name: (ROOT / "deploy/aws" / name).read_bytes() for name in stack}


def test_what_is_packed_is_no_file_of_a_build_or_of_a_test(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "gregaria/py.typed" in names and "gregaria/_native.pyi" in names
    parts = {part for name in names for part in Path(name).parts}
    assert not parts & {"__pycache__", "tests", ".terraform", "terraform.tfstate"}
