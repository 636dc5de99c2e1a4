"""Collects what the nodes install: called by Terraform at each plan, with JSON in and out.

The wheel of gregaria says for which architecture the nodes are. What it needs is fetched by pip for
the nodes' Python, together with the requirements.txt of the test. The archive is made once for each
set of inputs. A .zip that was made like this elsewhere is taken as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: AWS's name, by that in the platform tag of a wheel.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}

#: Tags of wheels that the image can use: those for its glibc, 2.39, and for older ones.
MANYLINUX = (*(f"manylinux_2_{minor}" for minor in range(39, 16, -1)), "manylinux2014")

#: What each entry of the archive says of its time, so that equal contents are equal bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class Refusal(Exception):
    """What is wrong with the package. The text is for the person who runs Terraform."""


def machine_of(wheel: str) -> str:
    """`x86_64` or `aarch64`, by the name of our wheel."""
    found = re.search(r"-[a-z0-9_.]*linux[a-z0-9_.]*_(x86_64|aarch64)\.whl$", wheel)
    if found is None:
        raise Refusal(f"{wheel} is no wheel for Linux on x86-64 or arm64")
    return found[1]


def make(package: Path, requirements: str, python: str, folder: Path) -> dict[str, str]:
    """The archive: where it is, its hash and its architecture."""
    if not package.is_file():
        raise Refusal(f"there is no file {package}")
    if package.suffix == ".zip":
        with zipfile.ZipFile(package) as archive:
            ours = [name for name in archive.namelist() if name.startswith("gregaria-")]
        if len(ours) != 1:
            raise Refusal(f"{package} holds no wheel of gregaria, or several")
        return told(package, machine_of(ours[0]))
    machine = machine_of(package.name)
    inputs = package.read_bytes() + python.encode()
    if requirements:
        inputs += Path(requirements).read_bytes()
    path = folder / f"wheelhouse-{hashlib.sha256(inputs).hexdigest()[:16]}.zip"
    if not path.exists():
        collect(package, requirements, python, machine, path)
    return told(path, machine)


def collect(package: Path, requirements: str, python: str, machine: str, path: Path) -> None:
    """Fetches what the wheel needs and packs all of it."""
    with tempfile.TemporaryDirectory() as wheels:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
        words += ["--disable-pip-version-check", "--dest", wheels, "--python-version", python]
        for tag in (*MANYLINUX, "linux"):
            words += ["--platform", f"{tag}_{machine}"]
        words += [str(package)] + (["--requirement", requirements] if requirements else [])
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Refusal(f"pip cannot collect the packages of the nodes: {done.stderr.strip()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        with zipfile.ZipFile(new, "w") as archive:
            for wheel in sorted(Path(wheels).glob("*.whl")):
                archive.writestr(zipfile.ZipInfo(wheel.name, NO_TIME), wheel.read_bytes())
        new.replace(path)


def told(path: Path, machine: str) -> dict[str, str]:
    """What Terraform wants to know."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"path": str(path), "sha256": digest, "architecture": ARCHITECTURES[machine]}


def main() -> int:
    """Answers a query of Terraform; returns the exit code."""
    query = json.load(sys.stdin)
    try:
        answer = make(
            Path(query["package"]),
            query["requirements"],
            query["python_version"],
            Path(query["folder"]),
        )
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
