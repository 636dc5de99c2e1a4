"""Imports one locustfile and finds the user and shape classes in it."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from typing import Any

from gregaria._test_functions import find

from ..shape import LoadTestShape
from ..user.users import PytestUser, User, UserMeta


def is_user_class(item: object) -> bool:
    """Whether `item` is a class of users that can be run."""
    return inspect.isclass(item) and issubclass(item, User) and item.abstract is False


def is_shape_class(item: object) -> bool:
    """Whether `item` is a class of shapes that can be run."""
    return inspect.isclass(item) and issubclass(item, LoadTestShape) and not item.abstract


def load_locustfile(path: str) -> tuple[dict[str, type[User]], list[LoadTestShape]]:
    """Executes the file at `path`; returns its user classes by variable name, and its shapes.

    The working directory stays on the module path afterwards; the file's own directory is first
    on it while the file is executed.
    """
    cwd = os.getcwd()
    if cwd not in sys.path:
        sys.path.insert(0, cwd)
    directory = os.path.dirname(os.path.abspath(path))
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot read `{path}` as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, directory)
    try:
        spec.loader.exec_module(module)
    finally:
        if directory in sys.path:
            sys.path.remove(directory)
    found: dict[str, Any] = vars(module)
    user_classes = {name: value for name, value in found.items() if is_user_class(value)}
    # Distinct, since a class may have several names in one file.
    shapes = dict.fromkeys(value for value in found.values() if is_shape_class(value))
    return user_classes, [shape() for shape in shapes]


def load_locustfile_pytest(path: str) -> dict[str, type[User]]:
    """A class of users for each test function in the file at `path`, by the function's name.

    The file has been loaded before. For a locustfile in which no class of users was found.
    """
    return {
        function.originalname: _user_of(function)
        for function in find(path, vars(sys.modules[_module_name(path)]))
    }


def _user_of(function: Any) -> type[User]:
    members = {"functions": [function], "__module__": PytestUser.__module__}
    made: Any = UserMeta(function.originalname, (PytestUser,), members)
    return made


def _module_name(path: str) -> str:
    name = os.path.splitext(os.path.basename(path))[0]
    # The file would hide the package it imports.
    return "locustfile" if name == "locust" else name
