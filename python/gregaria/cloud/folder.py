"""The folder of a cluster: the packaged stack as the user's own files, with the wheel beside it."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import io
import shutil
import zipfile
from pathlib import Path

from gregaria.cloud.trouble import NOT_BEGUN, Trouble

#: The stack as it comes with this package.
PACKAGED = Path(__file__).parent / "stack"

#: What of it makes a cluster. The rest is for those who work on the stack.
PARTS = (
    "*.tf",
    ".gitignore",
    "README.md",
    "locust/*.py",
    "node/*.py",
    "templates/*",
)

#: What each entry of a wheel says of its time, so that equal contents are equal bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def parts() -> list[Path]:
    """The files of the packaged stack, relative to it."""
    return sorted(path.relative_to(PACKAGED) for part in PARTS for path in PACKAGED.glob(part))


def make(folder: Path, package: Path | None) -> Path:
    """Fills a new folder; returns the wheel in it.

    A folder that holds something is left alone: its files are the user's.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        text = f"`{folder}` is there already and not empty: name a new folder"
        raise Trouble(text, NOT_BEGUN)
    if package is not None and not package.is_file():
        raise Trouble(f"there is no package `{package}`", NOT_BEGUN)
    wheel = _own_wheel() if package is None else (package.name, package.read_bytes())
    for part in parts():
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGED / part, target)
    path = folder / "wheels" / wheel[0]
    path.parent.mkdir()
    path.write_bytes(wheel[1])
    return path


def require(folder: Path) -> None:
    """Refuses a folder that holds no stack."""
    if not (folder / "main.tf").is_file() or not (folder / "off-switches.tf").is_file():
        raise Trouble(
            f"`{folder}` holds no cluster: make one with `gregaria cloud init {folder}`, or name "
            "its folder with --folder",
            NOT_BEGUN,
        )


def _own_wheel() -> tuple[str, bytes]:
    """The wheel that this installation came from, put together again from its files."""
    try:
        distribution = importlib.metadata.distribution("gregaria")
    except importlib.metadata.PackageNotFoundError:
        raise Trouble(_NO_WHEEL, NOT_BEGUN) from None
    files = [file for file in distribution.files or [] if _is_of_wheel(file.as_posix())]
    if not any(file.name.startswith("_native.") for file in files):
        raise Trouble(_NO_WHEEL, NOT_BEGUN)
    about = distribution.read_text("WHEEL") or ""
    tags = [line.partition(": ")[2] for line in about.splitlines() if line.startswith("Tag: ")]
    python, abi, platform = tags[0].split("-")
    platforms = ".".join(sorted({tag.split("-")[2] for tag in tags})) or platform
    name = f"gregaria-{distribution.version}-{python}-{abi}-{platforms}.whl"
    return name, _packed({file.as_posix(): Path(str(file.locate())) for file in files})


_NO_WHEEL = (
    "this gregaria runs from its sources, and the nodes need a wheel: build it with `make wheel` "
    "and name it with --package dist/gregaria-….whl"
)


def _is_of_wheel(name: str) -> bool:
    """Whether a file of an installation was in its wheel: not what the installer has added."""
    last = name.rpartition("/")[2]
    return (
        not name.startswith("../")
        and not name.endswith(".pyc")
        and last not in ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
    )


def _packed(files: dict[str, Path]) -> bytes:
    """A wheel with these files and their hashes."""
    buffer = io.BytesIO()
    record: list[str] = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{name},sha256={digest.decode()},{len(content)}\n")
            wheel.writestr(zipfile.ZipInfo(name, NO_TIME), content, zipfile.ZIP_DEFLATED)
        about = next(name for name in files if name.endswith(".dist-info/WHEEL"))
        folder = about.removesuffix("/WHEEL")
        record.append(f"{folder}/RECORD,,\n")
        wheel.writestr(zipfile.ZipInfo(f"{folder}/RECORD", NO_TIME), "".join(record))
    return buffer.getvalue()
