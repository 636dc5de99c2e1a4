"""`MarkovTaskSet`: each task says which one may follow it, and how likely.

The chain is checked when the class is made, so that a mistyped name fails at load and not in the
middle of a test.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any, TypeVar

from ..exception import LocustError
from .task import TaskSet, TaskSetMeta

Step = TypeVar("Step", bound=Callable[..., Any])


class NoMarkovTasksError(LocustError):
    """The class has no method with `@transition`."""


class InvalidTransitionError(LocustError):
    """A transition names something the class does not have."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition leads to a method from which no transition leads on."""


class MarkovTaskTagError(LocustError):
    """A step has tags; filtering by them could break the chain."""


def is_markov_task(task: Any) -> bool:
    """Whether `task` is a method with `@transition`."""
    return "transitions" in dir(task)


def to_weighted_list(transitions: dict[str, int]) -> list[str]:
    """Each name as often as its weight says."""
    return [name for name in transitions for _ in range(transitions[name])]


def validate_task_name(decorated_func: Callable[..., Any]) -> None:
    """Warns about a step that is also called at start or stop, and refuses `run`."""
    if decorated_func.__name__ in ("on_stop", "on_start"):
        logging.warning(
            "You have tagged your on_stop/start function with @transition. This will make the "
            "method get called both as a step AND on stop/start."
        )
    if decorated_func.__name__ == "run":
        raise Exception(
            "TaskSet.run() is a method used internally by Locust, and you must not override it "
            "or register it as a task"
        )


def transition(func_name: str, weight: int = 1) -> Callable[[Step], Step]:
    """Lets the method called `func_name` follow this one, with `weight`. May be stacked."""

    def decorate(function: Step) -> Step:
        validate_task_name(function)
        names = [*getattr(function, "transitions", []), *to_weighted_list({func_name: weight})]
        function.transitions = names  # type: ignore[attr-defined]
        return function

    return decorate


def transitions(
    weights: dict[str, int] | list[tuple[str, int] | str],
) -> Callable[[Step], Step]:
    """Lets several methods follow this one: `{name: weight}`, or a list of names and pairs.

    Replaces what decorators below it have declared.
    """

    def decorate(function: Step) -> Step:
        validate_task_name(function)
        pairs = (
            weights
            if isinstance(weights, dict)
            else dict(each if isinstance(each, tuple) else (each, 1) for each in weights)
        )
        function.transitions = to_weighted_list(pairs)  # type: ignore[attr-defined]
        return function

    return decorate


def get_markov_tasks(class_dict: dict[str, Any]) -> list[Any]:
    """The steps of a class body, in the order they are declared."""
    return [value for value in class_dict.values() if is_markov_task(value)]


def validate_has_markov_tasks(tasks: list[Any], classname: str) -> None:
    """Raises if there is no step at all."""
    if not tasks:
        raise NoMarkovTasksError(
            f"No Markov tasks defined in class {classname}. "
            "Use the @transition(s) decorators to define some."
        )


def validate_transitions(tasks: list[Any], class_dict: dict[str, Any], classname: str) -> None:
    """Raises if a transition leads nowhere, or to a method that leads nowhere."""
    for each in tasks:
        for target in each.transitions:
            if target not in class_dict:
                raise InvalidTransitionError(
                    f"Transition to {target} from {each.__name__} is invalid since no such "
                    f"element exists on class {classname}"
                )
            if not is_markov_task(class_dict[target]):
                raise NonMarkovTaskTransitionError(
                    f"{classname}.{target} cannot be used as a target for a transition since it "
                    "does not define any transitions of its own."
                    f"Used as a transition from {each.__name__}."
                )


def validate_no_unreachable_tasks(
    tasks: list[Any], class_dict: dict[str, Any], classname: str
) -> None:
    """Warns about steps that cannot be reached from the first one."""
    reached = {tasks[0].__name__}
    waiting = [tasks[0]]
    while waiting:
        for target in waiting.pop().transitions:
            if target not in reached:
                reached.add(target)
                waiting.append(class_dict[target])
    unreachable = {each.__name__ for each in tasks} - reached
    if unreachable:
        logging.warning(
            "The following markov tasks are unreachable in class %s: %s", classname, unreachable
        )


def validate_no_tags(task: Any, classname: str) -> None:
    """Raises if a step has tags."""
    tags = getattr(task, "locust_tag_set", None)
    if tags:
        raise MarkovTaskTagError(
            "Tags are unsupported for MarkovTaskSet since they can make the markov chain invalid. "
            f"Tags detected on {classname}.{task.__name__}: {tags}"
        )


def validate_markov_chain(tasks: list[Any], class_dict: dict[str, Any], classname: str) -> None:
    """Checks all of the above."""
    validate_has_markov_tasks(tasks, classname)
    validate_transitions(tasks, class_dict, classname)
    validate_no_unreachable_tasks(tasks, class_dict, classname)
    for each in tasks:
        validate_no_tags(each, classname)


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain and finds its first step, unless the class says `abstract = True`."""

    def __new__(
        mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
    ) -> MarkovTaskSetMeta:
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
            tasks = get_markov_tasks(class_dict)
            validate_markov_chain(tasks, class_dict, classname)
            class_dict["current"] = tasks[0]
        return type.__new__(mcs, classname, bases, class_dict)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """A task set that goes from task to task along the transitions, beginning at the first.

    Its `tasks` list is empty, since nothing is picked from it.
    """

    current: Any
    """The step that comes next."""

    abstract: bool = True
    """Whether the class is a base class without a chain of its own."""

    def get_next_task(self) -> Any:
        """The current step; which one is next is drawn at the same time."""
        step = self.current
        self.current = getattr(type(self), random.choice(step.transitions))
        return step
