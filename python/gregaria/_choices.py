"""The files that can be chosen as a test on the page: Python files where the process was started.

A viewer names one of this list and nothing else, so no path is ever taken from the page. Both the
search and what it reads have limits: the folder may be somebody's home.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

#: Folders below the first in which files are looked for.
MAX_DEPTH = 3

#: Entries of folders that are looked at.
MAX_ENTRIES = 20_000

#: Python files that are read, and how much of each.
MAX_READ = 500
MAX_READ_BYTES = 32 * 1024

#: Files in the list.
MAX_SHOWN = 200

#: Folders with other people's modules, besides hidden ones and virtual environments.
_LEFT_OUT = frozenset({"__pycache__", "site-packages", "node_modules"})

#: The file that a virtual environment has.
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"

#: What tells a locustfile from other modules: its import, or a class of users.
_IS_LIKELY = re.compile(
    rb"^[ \t]*(?:import|from)[ \t]+(?:locust|gregaria)\b|^class[ \t]+\w+[ \t]*\([^)]*User\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Choice:
    """A file that can be chosen."""

    name: str
    """Its path from the folder on, with `/`."""
    is_likely: bool
    """Whether it looks like a locustfile."""


class Choices:
    """The files below a folder, and what happens when one is chosen."""

    def __init__(self, folder: Path, on_choice: Callable[[str], None]) -> None:
        self.folder = folder.resolve()
        self.on_choice = on_choice
        """Called with the name of a file of the list."""

    def listing(self) -> tuple[list[Choice], bool]:
        """The files, those first that look like locustfiles; and whether there may be more."""
        walk = _Walk(self.folder)
        found: list[Choice] = []
        for path in walk.files():
            if len(found) == MAX_READ:
                walk.is_cut = True
                break
            name = path.relative_to(self.folder).as_posix()
            found.append(Choice(name, _is_likely(path)))
        found.sort(key=lambda each: (not each.is_likely, _order(each.name)))
        return found[:MAX_SHOWN], walk.is_cut or len(found) > MAX_SHOWN

    def has(self, name: str) -> bool:
        """Whether this is the name of a file of the list, letter by letter."""
        files, _ = self.listing()
        return any(each.name == name for each in files)


class _Walk:
    """Goes through a folder, the nearest files first."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries = 0
        self.is_cut = False

    def files(self) -> Iterator[Path]:
        level = [self._root]
        for depth in range(MAX_DEPTH + 1):
            below: list[Path] = []
            for folder in level:
                for entry in self._entries_of(folder):
                    path = folder / entry.name
                    if _is_folder_of_tests(entry):
                        below.append(path)
                    elif self._is_file(entry):
                        yield path
            self.is_cut = self.is_cut or (depth == MAX_DEPTH and bool(below))
            level = below

    def _entries_of(self, folder: Path) -> list[os.DirEntry[str]]:
        """What is in a folder, by name. One that cannot be read has nothing to choose from."""
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    if self._entries == MAX_ENTRIES:
                        self.is_cut = True
                        break
                    self._entries += 1
                    entries.append(entry)
        except OSError:
            return []
        return sorted(entries, key=lambda entry: entry.name)

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        name = entry.name
        if not name.endswith(".py") or name.startswith("_") or not _can_be_named(name):
            return False
        try:
            # A link is a file of this folder if it leads to one.
            target = Path(os.path.realpath(entry.path))
            return entry.is_file() and target.is_relative_to(self._root)
        except OSError:
            return False


def _is_folder_of_tests(entry: os.DirEntry[str]) -> bool:
    try:
        is_folder = entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
    if not is_folder or entry.name in _LEFT_OUT or not _can_be_named(entry.name):
        return False
    return not os.path.exists(os.path.join(entry.path, _VIRTUAL_ENVIRONMENT))


def _can_be_named(name: str) -> bool:
    """Whether `--locustfile` can name it: a comma separates files there, and a person reads it."""
    is_plain = name == name.strip() and name.isprintable() and "," not in name
    return is_plain and not name.startswith((".", "~", "-"))


def _is_likely(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _IS_LIKELY.search(file.read(MAX_READ_BYTES)) is not None
    except OSError:
        return False


def _order(name: str) -> tuple[int, str]:
    return len(PurePosixPath(name).parts), name
