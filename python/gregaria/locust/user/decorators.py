"""The decorators `@task` and `@tag`, and how the tasks of a class are gathered and filtered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

TaskT = TypeVar("TaskT", bound="Callable[..., Any] | type")


@overload
def task(weight: TaskT) -> TaskT: ...
@overload
def task(weight: int = 1) -> Callable[[TaskT], TaskT]: ...
def task(weight: Any = 1) -> Any:
    """Makes a method or a nested task set a task, picked in proportion to `weight`.

    Used as `@task` or as `@task(3)`.
    """

    def decorate(function: TaskT) -> TaskT:
        if function.__name__ in ("on_stop", "on_start"):
            logging.warning(
                "You have tagged your on_stop/start function with @task. This will make the "
                "method get called both as a task AND on stop/start."
            )
        if function.__name__ == "run":
            raise Exception(
                "User.run() is a method used internally by Locust, and you must not override it "
                "or register it as a task"
            )
        function.locust_task_weight = weight if callable_weight is None else 1  # type: ignore[union-attr]
        return function

    callable_weight = weight if callable(weight) else None
    return decorate(weight) if callable_weight is not None else decorate


def tag(*tags: str) -> Callable[[TaskT], TaskT]:
    """Names a task, so that `--tags` and `--exclude-tags` can pick it.

    On a task set, every task in it gets the tags.
    """
    if not tags or any(not isinstance(name, str) for name in tags):
        raise ValueError("No tag name was supplied")

    def decorate(decorated: TaskT) -> TaskT:
        if hasattr(decorated, "tasks"):
            # A task that was repeated by its weight is tagged more than once, to no harm.
            decorated.tasks = [decorate(each) for each in decorated.tasks]  # type: ignore[union-attr]
        else:
            decorated.locust_tag_set = getattr(decorated, "locust_tag_set", set()) | set(tags)  # type: ignore[union-attr]
        return decorated

    return decorate


def expand_tasks(tasks: Any) -> list[Any]:
    """Turns `{task: weight}` and `[(task, weight), task, …]` into a flat list with repeats."""
    pairs: Iterable[Any] = tasks.items() if isinstance(tasks, dict) else tasks
    expanded: list[Any] = []
    for each in pairs:
        if isinstance(each, tuple):
            one, weight = each
            expanded.extend(one for _ in range(weight))
        else:
            expanded.append(each)
    return expanded


def get_tasks_from_base_classes(bases: Iterable[type], class_dict: dict[str, Any]) -> list[Any]:
    """All tasks of a class that is being made, repeated by weight.

    First those of the bases, then its own `tasks`, then its decorated methods and classes in the
    order of declaration.
    """
    gathered: list[Any] = []
    for base in bases:
        gathered.extend(getattr(base, "tasks", None) or ())
    if class_dict.get("tasks"):
        gathered.extend(expand_tasks(class_dict["tasks"]))
    for attribute in class_dict.values():
        if "locust_task_weight" in dir(attribute):
            gathered.extend(attribute for _ in range(attribute.locust_task_weight))
    return gathered


def filter_tasks_by_tags(
    task_holder: Any,
    tags: set[str] | None = None,
    exclude_tags: set[str] | None = None,
    checked: dict[Any, bool] | None = None,
) -> None:
    """Removes from `task_holder.tasks`, and from nested task sets, what the tags do not allow.

    A task stays if it has one of `tags` (or `tags` is `None`) and none of `exclude_tags`. A task
    set stays if something is left in it. `checked` remembers verdicts between calls.
    """
    if checked is None:
        checked = {}
    kept: list[Any] = []
    for each in task_holder.tasks:
        if each not in checked:
            if hasattr(each, "tasks"):
                filter_tasks_by_tags(each, tags, exclude_tags, checked)
                # A Markov chain keeps its steps elsewhere, and they cannot have tags.
                checked[each] = bool(each.tasks) or is_markov_taskset(each)
            else:
                names: set[str] = getattr(each, "locust_tag_set", set())
                checked[each] = (tags is None or bool(names & tags)) and not (
                    exclude_tags is not None and names & exclude_tags
                )
        if checked[each]:
            kept.append(each)
    task_holder.tasks = kept
    if not kept and not is_markov_taskset(task_holder):
        logging.warning(
            "%s had no tasks left after filtering, instantiating it will fail!",
            task_holder.__name__,
        )


def is_markov_taskset(task: Any) -> bool:
    """Whether `task` is a class derived from `MarkovTaskSet`."""
    from .markov_taskset import MarkovTaskSet

    return isinstance(task, type) and issubclass(task, MarkovTaskSet)
