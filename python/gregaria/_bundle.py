"""The files of a test as one parcel: what a master packs, and what a worker unpacks.

A locustfile imports modules and opens files beside it, so the parcel holds its whole folder. It is
a ZIP archive whose bytes depend on names and contents alone: its SHA-256 names a state of the test.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Files that a bundle may hold, bytes of all of them, and bytes when packed.
MAX_FILES = 10_000
MAX_BYTES = 64 << 20
MAX_PACKED_BYTES = 16 << 20

#: A virtual environment has a file of this name.
VIRTUAL_ENVIRONMENT = "pyvenv.cfg"

#: What each entry of the archive says of its time, so that equal contents are equal bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)

#: The largest files that a bundle that is too large is told with.
SHOWN = 3


class BundleError(Exception):
    """A test that cannot be packed or unpacked. The text is for the person who runs it."""


@dataclass(frozen=True)
class Found:
    """A file for the bundle as the folder has it at this moment."""

    path: str
    size: int
    state: tuple[int, int, int]
    """Differs when the file was written or replaced."""


@dataclass(frozen=True)
class Bundle:
    """A packed test."""

    sha256: str
    locustfiles: list[str]
    """Names in the archive of the files to be imported."""
    packed: bytes


def listing(locustfiles: list[str], is_private: Callable[[str], bool]) -> dict[str, Found]:
    """What a bundle of these locustfiles holds, by name: relative to `base`, with slashes.

    These are the regular files in the folders of the locustfiles and in folders within these,
    except for hidden ones, compiled modules, logs, virtual environments, links to folders, links
    that lead out of the folder, and what `is_private`. Raises `BundleError` if they are too many.
    """
    root = base(locustfiles)
    beside = (path for folder in _folders(locustfiles) for path in _walk(folder))
    found: dict[str, Found] = {}
    for path in (*map(_placed, locustfiles), *(path for path in beside if not is_private(path))):
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            continue
        state = (status.st_size, status.st_mtime_ns, status.st_ino)
        found[_name(path, root)] = Found(path, status.st_size, state)
        if len(found) > MAX_FILES:
            raise BundleError(
                f"the test has more than {MAX_FILES} files beside its locustfile: move the "
                f"locustfile into a folder of its own"
            )
    return found


def base(locustfiles: list[str]) -> str:
    """The folder that names in the bundle are relative to, and in which a worker runs the test.

    The working directory, if the locustfiles are in it: relative paths mean the same to a worker
    then. Otherwise the folder that holds them all.
    """
    folders = _folders(locustfiles)
    here = os.path.realpath(os.getcwd())
    common = os.path.commonpath(folders)
    return here if os.path.commonpath([here, common]) == here else common


def pack(locustfiles: list[str], files: dict[str, Found]) -> Bundle:
    """Packs these files. Raises `BundleError` if they are too large or cannot be read."""
    _refuse_above(MAX_BYTES, sum(file.size for file in files.values()), "", files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            try:
                with open(files[name].path, "rb") as file:
                    contents = file.read(MAX_BYTES + 1)
            except OSError as error:
                raise BundleError(f"cannot read `{files[name].path}`: {error.strerror}") from error
            try:
                entry = zipfile.ZipInfo(name, NO_TIME)
                archive.writestr(entry, contents, zipfile.ZIP_DEFLATED, 1)
            except UnicodeEncodeError as error:
                raise BundleError(f"the file name {name!r} is not UTF-8 text") from error
            _refuse_above(MAX_PACKED_BYTES, buffer.tell(), " when packed", files)
    packed = buffer.getvalue()
    root = base(locustfiles)
    names = [_name(_placed(path), root) for path in locustfiles]
    return Bundle(hashlib.sha256(packed).hexdigest(), names, packed)


def unpack(bundle: Bundle, folder: str) -> list[str]:
    """Writes the files into an empty folder; returns the paths of the locustfiles.

    Raises `BundleError` if the bundle is not what its hash says, is too large, or holds a name that
    would lead out of the folder.
    """
    if hashlib.sha256(bundle.packed).hexdigest() != bundle.sha256:
        raise BundleError("the test has arrived damaged: its SHA-256 is not what the master says")
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.packed)) as archive:
            _unpack(archive, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise BundleError(f"the test of the master cannot be unpacked: {error}") from error
    paths = [os.path.join(folder, *_parts(name)) for name in bundle.locustfiles]
    for path in paths:
        if not os.path.isfile(path):
            raise BundleError(f"the test of the master lacks `{os.path.relpath(path, folder)}`")
    return paths


def _unpack(archive: zipfile.ZipFile, folder: str) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise BundleError(f"the test of the master has more than {MAX_FILES} files")
    left = MAX_BYTES
    for entry in entries:
        path = os.path.join(folder, *_parts(entry.filename))
        # Not what the entry claims: what comes out of it counts.
        with archive.open(entry) as file:
            contents = file.read(left + 1)
        left -= len(contents)
        if left < 0:
            raise BundleError(f"the test of the master is larger than {_size(MAX_BYTES)}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(contents)


def _parts(name: str) -> list[str]:
    """The parts of a relative path. A peer has sent it: nothing in it may lead elsewhere."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or os.sep in part or "\0" in part for part in parts):
        raise BundleError(f"the test of the master holds the file name {name!r}, which is refused")
    return parts


def _folders(locustfiles: list[str]) -> list[str]:
    """The folders of the locustfiles, without those in another of them."""
    outer: list[str] = []
    for folder in sorted({os.path.dirname(_placed(path)) for path in locustfiles}):
        if not any(os.path.commonpath([folder, other]) == other for other in outer):
            outer.append(folder)
    return outer


def _placed(path: str) -> str:
    """The path of a locustfile, which may be a link to anywhere, in its folder, which may not."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _name(path: str, root: str) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


def _walk(root: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise error

    for folder, subfolders, names in os.walk(root, onerror=refuse):
        # What is taken out of the list here is not walked into.
        subfolders[:] = [name for name in subfolders if _is_folder_of_test(folder, name)]
        for name in names:
            path = os.path.join(folder, name)
            if not _is_left_out(name) and (not os.path.islink(path) or _stays_in(root, path)):
                yield path


def _is_folder_of_test(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    is_environment = os.path.exists(os.path.join(path, VIRTUAL_ENVIRONMENT))
    return not (name.startswith(".") or name == "__pycache__" or is_environment)


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name.endswith((".pyc", ".log"))


def _stays_in(root: str, path: str) -> bool:
    """Whether a link leads to a file in the folder."""
    target = os.path.realpath(path)
    return os.path.commonpath([root, target]) == root and os.path.exists(target)


def _refuse_above(limit: int, size: int, how: str, files: dict[str, Found]) -> None:
    if size <= limit:
        return
    largest = sorted(files, key=lambda name: files[name].size, reverse=True)[:SHOWN]
    shown = ", ".join(f"`{name}` ({_size(files[name].size)})" for name in largest)
    raise BundleError(
        f"the files beside the locustfile are larger than {_size(limit)}{how}, which is more than "
        f"a master sends to its workers. The largest: {shown}. Move what the test does not need "
        f"elsewhere, or give workers a locustfile of their own"
    )


def _size(count: int) -> str:
    return f"{count / (1 << 20):.0f} MiB" if count >= 1 << 20 else f"{count} bytes"
