"""The wheels that a node installs, of the checkout as it is."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

from tests.aws.ladder import STACK
from tests.system import ROOT

#: As `make wheel` names it.
WHEEL = "gregaria-0.1.0-cp311-abi3-manylinux_2_34_x86_64.whl"


class NoPackages(Exception):
    """Why the wheels cannot be collected."""


def make_package(folder: Path) -> Path:
    """An archive of the wheels, as the stack makes it. Packages of others are fetched by pip."""
    wheel = folder / WHEEL
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = "".join(f"Requires-Dist: {each}\n" for each in about["dependencies"])
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted((ROOT / "python/gregaria").rglob("*")):
            if path.suffix in (".py", ".pyi", ".so", ".typed"):
                archive.write(path, path.relative_to(ROOT / "python"))
        record = "gregaria-0.1.0.dist-info"
        metadata = f"Metadata-Version: 2.4\nName: gregaria\nVersion: 0.1.0\n{needs}"
        archive.writestr(f"{record}/METADATA", metadata)
        archive.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nTag: cp311-abi3-linux_x86_64\n")
        archive.writestr(f"{record}/RECORD", "")
    sys.path.insert(0, str(STACK / "node"))
    try:
        import wheelhouse
    finally:
        sys.path.pop(0)
    house = folder / "wheelhouse.zip"
    try:
        wheelhouse.collect(wheel, "", "3.11", "x86_64", house)
    except wheelhouse.Refusal as refusal:
        raise NoPackages(str(refusal)) from refusal
    return house
