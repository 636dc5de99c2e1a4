"""How likely each task is: the numbers behind `--show-task-ratio` and the page's ratio view."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from typing import Any

from .task import TaskSet
from .users import User

Ratios = dict[str, dict[str, Any]]


def get_ratio(
    user_classes: Sequence[type[User]], user_spawned: dict[str, int], total: bool
) -> Ratios:
    """The ratio of each user class and of its tasks, nested like the task sets.

    With `total`, a task's ratio is its part of everything; else its part of the tasks beside it.
    """
    count = sum(user_spawned.values())
    ratios: Ratios = {}
    for user_class in user_classes:
        name = user_class.__name__
        ratio = user_spawned.get(name, 0) / count if count else 0.0
        ratios[name] = {"ratio": ratio}
        ratios[name]["tasks"] = _get_task_ratio(user_class.tasks, total, ratio)
    return ratios


def _get_task_ratio(tasks: Sequence[Any], total: bool, parent_ratio: float) -> Ratios:
    """The ratios of `tasks`, of which each may occur several times."""
    counts: dict[Any, int] = {}
    for each in tasks:
        counts[each] = counts.get(each, 0) + 1
    ratios: Ratios = {}
    for each, occurrences in counts.items():
        ratio = occurrences / len(tasks) * (parent_ratio if total else 1.0)
        ratios[each.__name__] = {"ratio": ratio}
        if inspect.isclass(each) and issubclass(each, TaskSet) and each.tasks:
            ratios[each.__name__]["tasks"] = _get_task_ratio(each.tasks, total, ratio)
    return ratios


def _calc_distribution(user_classes: Sequence[type[User]], num_users: int | None) -> dict[str, int]:
    """How many users of each class there would be: fixed ones first, the rest by weight."""
    fixed = {each.__name__: each.fixed_count for each in user_classes if each.fixed_count}
    total_weight = sum(each.weight for each in user_classes if not each.fixed_count)
    total = num_users or sum(fixed.values()) or total_weight
    rest = max(0, total - sum(fixed.values()))
    return {
        each.__name__: fixed.get(each.__name__) or round(rest * each.weight / total_weight)
        for each in user_classes
    }


def format_task_ratio(ratios: Ratios, level: int = 0) -> list[str]:
    """The lines of the table of `--show-task-ratio`."""
    padding = 2 * " " * level
    lines: list[str] = []
    for name, item in ratios.items():
        percent = padding + f"{item['ratio'] * 100:<6.1f}"
        lines.append(f" {percent:<10} {padding + name:<50}")
        lines.extend(format_task_ratio(item.get("tasks", {}), level + 1))
    return lines


def print_task_ratio(
    user_classes: Sequence[type[User]], num_users: int | None, total: bool
) -> None:
    """Writes the table of ratios to stdout."""
    ratios = get_ratio(user_classes, _calc_distribution(user_classes, num_users), total)
    _print_task_ratio(ratios)


def _print_task_ratio(x: Ratios, level: int = 0) -> None:
    for line in format_task_ratio(x, level):
        _write(line)


def print_task_ratio_json(user_classes: Sequence[type[User]], num_users: int | None) -> None:
    """Writes the ratios of each class and of everything to stdout, as JSON."""
    spawned = _calc_distribution(user_classes, num_users)
    ratios = {
        "per_class": get_ratio(user_classes, spawned, False),
        "total": get_ratio(user_classes, spawned, True),
    }
    _write(json.dumps(ratios, indent=4))


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
