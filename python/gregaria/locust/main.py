"""`locust.main`: for programs that start a run through Locust's own names."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gregaria._locustfiles import LoadError, load

from .env import Environment

if TYPE_CHECKING:
    from .event import Events
    from .shape import LoadTestShape
    from .user.task import TaskSet
    from .user.users import User

__all__ = ["COMMON_OPTIONS", "create_environment", "main", "merge_locustfiles_content"]

#: Options that a shape may make useless: their attribute and their name.
COMMON_OPTIONS = {"num_users": "users", "spawn_rate": "spawn-rate", "run_time": "run-time"}


def create_environment(
    user_classes: list[type[User]],
    options: argparse.Namespace,
    events: Events | None = None,
    shape_class: LoadTestShape | None = None,
    locustfile: str | None = None,
    parsed_locustfiles: list[str] | None = None,
    available_user_classes: dict[str, type[User]] | None = None,
    available_shape_classes: dict[str, LoadTestShape] | None = None,
    available_user_tasks: dict[str, list[TaskSet | Callable[..., Any]]] | None = None,
) -> Environment:
    """An environment with the options of the command line."""
    return Environment(
        locustfile=locustfile,
        user_classes=user_classes,
        shape_class=shape_class,
        events=events,
        tags=options.tags,
        exclude_tags=options.exclude_tags,
        host=options.host,
        reset_stats=options.reset_stats,
        stop_timeout=options.stop_timeout,
        parsed_options=options,
        parsed_locustfiles=parsed_locustfiles,
        available_user_classes=available_user_classes,
        available_shape_classes=available_shape_classes,
        available_user_tasks=available_user_tasks,
        profile=options.profile,
    )


def merge_locustfiles_content(
    locustfiles: list[str],
) -> tuple[
    dict[str, type[User]],
    dict[str, LoadTestShape],
    dict[str, list[TaskSet | Callable[..., Any]]],
    LoadTestShape | None,
]:
    """Imports the files; returns user classes, shapes, tasks by class, and the shape to use."""
    try:
        loaded = load(locustfiles)
    except LoadError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    tasks: dict[str, list[Any]] = {
        name: list(each.tasks) for name, each in loaded.user_classes.items()
    }
    shape = next(iter(loaded.shape_classes.values()), None)
    return loaded.user_classes, loaded.shape_classes, tasks, shape


def main() -> None:
    """Does what the command does, with the words of the command line."""
    runpy.run_module("gregaria", run_name="__main__")
