"""Finds the files that `--locustfile` means, imports them and gathers their classes.

What goes wrong is a `LoadError`, whose text is meant for the person who wrote the locustfile: it
shows their part of a traceback and none of ours.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gregaria import _native

if TYPE_CHECKING:
    from gregaria.locust.shape import LoadTestShape
    from gregaria.locust.user.users import User

_NOT_FOUND = (
    "Could not find '{}'. Ensure your locustfile ends with '.py' or is a directory with "
    "locustfiles. See --help for available options."
)

#: Seconds a server may take to hand out a locustfile.
_DOWNLOAD_TIMEOUT = 10


class LoadError(Exception):
    """A locustfile that is missing or cannot be imported. Ends the program with exit code 1."""


@dataclass
class Locustfiles:
    """What all locustfiles of a run define."""

    paths: list[str]
    user_classes: dict[str, type[User]] = field(default_factory=dict)
    shape_classes: dict[str, LoadTestShape] = field(default_factory=dict)
    """Shapes by the name of their class. They are objects already."""


@dataclass
class TestFiles:
    """Where the locustfiles are."""

    paths: list[str]
    folder: str | None = None
    """Working directory of the test; `None` if it is that of the process."""
    bundle: str | None = None
    """Hash of the bundle of a master that the files are from."""

    def __post_init__(self) -> None:
        self._started_in = os.getcwd()

    def enter(self) -> None:
        """Lets relative paths mean what they mean to the test."""
        if self.folder is not None:
            os.chdir(self.folder)

    def leave(self) -> None:
        """Lets relative paths mean what they mean to whoever has started the process."""
        if self.folder is not None:
            os.chdir(self._started_in)


def find(locustfile: str) -> list[str]:
    """The paths that `locustfile` stands for.

    It is a list with commas. Each part is a file, a directory, a URL, or the dotted name of a
    module that can be imported from the working directory.
    """
    if locustfile == "-":
        raise LoadError(
            "locustfile was set to '-' (meaning to download from master) but --worker was not "
            "specified."
        )
    paths: list[str] = []
    for part in (part.strip() for part in locustfile.split(",")):
        paths.extend(_find_one(part))
    return paths


def _find_one(part: str) -> list[str]:
    from gregaria.locust.util.directory import get_abspaths_in
    from gregaria.locust.util.url import is_url

    if is_url(part):
        return [download(part)]
    path = os.path.expanduser(part)
    if os.path.isdir(path):
        files = get_abspaths_in(path, extension=".py")
        if not files:
            raise LoadError(f"Could not find any locustfiles in directory '{part}'")
        return files
    if path.endswith(".py") and os.path.isfile(path):
        return [os.path.abspath(path)]
    module = part.replace(".", os.sep) + ".py"
    if all(word.isidentifier() for word in part.split(".")) and os.path.isfile(module):
        return [os.path.abspath(module)]
    raise LoadError(_not_found(part))


def _not_found(part: str) -> str:
    folder = os.path.dirname(part)
    beside = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
    near = _native.closest(part, [os.path.join(folder, name) for name in beside])
    hint = f"\nDid you mean '{near}'?" if near is not None and near.endswith(".py") else ""
    return _NOT_FOUND.format(part) + hint


def download(url: str) -> str:
    """Fetches a locustfile into a directory that is removed when the process ends."""
    import requests

    try:
        response = requests.get(url, timeout=_DOWNLOAD_TIMEOUT)
        response.raise_for_status()
    except requests.RequestException as error:
        raise LoadError(f"Failed to get locustfile from: {url}. Exception: {error}") from error
    name = url.rstrip("/").rsplit("/", 1)[-1].split("?", 1)[0]
    if not name.endswith(".py"):
        name = "locustfile.py"
    try:
        compile(response.text, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise LoadError(
            f"cannot use `{url}` as a locustfile: line {error.lineno} is not Python ({error.msg})"
        ) from error
    directory = tempfile.mkdtemp(prefix="gregaria-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(response.text)
    return path


def load(paths: list[str]) -> Locustfiles:
    """Imports the files at `paths` and gathers their classes.

    A class that several files import from one place is the same class; two classes with the same
    name from different files are an error.
    """
    from gregaria.locust.util.load_locustfile import load_locustfile, load_locustfile_pytest

    loaded = Locustfiles(paths)
    for path in paths:
        try:
            user_classes, shapes = load_locustfile(path)
        except Exception as error:
            raise LoadError(_describe(path, error)) from error
        for name, user_class in user_classes.items():
            other = loaded.user_classes.setdefault(name, user_class)
            if other is not user_class and _source(other) != _source(user_class):
                raise LoadError(
                    f"Duplicate user class names: {name} is defined in both {_source(other)} and "
                    f"{_source(user_class)}"
                )
        for shape in shapes:
            name = type(shape).__name__
            known = loaded.shape_classes.setdefault(name, shape)
            if known is not shape and _source(type(known)) != _source(type(shape)):
                raise LoadError(f"Duplicate shape classes: {name}")
    if not loaded.user_classes:
        for path in paths:
            try:
                loaded.user_classes |= load_locustfile_pytest(path)
            except Exception as error:
                raise LoadError(_describe(path, error)) from error
    return loaded


def _source(user_class: type) -> str:
    """The file a class was defined in."""
    module = sys.modules.get(user_class.__module__)
    return getattr(module, "__file__", None) or user_class.__module__


def _describe(path: str, error: Exception) -> str:
    """What failed in the locustfile, as a traceback without frames that are not the user's."""
    told = traceback.TracebackException.from_exception(error)
    _leave_out_internals(told)
    return f"cannot load locustfile `{os.path.relpath(path)}`\n{''.join(told.format()).rstrip()}"


def _leave_out_internals(told: traceback.TracebackException | None) -> None:
    """Removes our frames and those of the import system, also from what led to the error."""
    own = os.path.dirname(os.path.abspath(__file__)) + os.sep
    while told is not None:
        frames = [
            frame
            for frame in told.stack
            if not frame.filename.startswith(("<frozen importlib", own))
        ]
        if frames:
            told.stack[:] = frames
        else:
            # Without frames, as for an error of syntax, there is no heading above them either.
            told.stack = None  # pyright: ignore[reportAttributeAccessIssue]
        _leave_out_internals(told.__cause__)
        told = told.__context__
