"""Names that Locust gave up in version 1.0: using them says what to use instead."""

from __future__ import annotations

import inspect
import warnings
from typing import Any


def renamed(old: str, new: str) -> ImportError:
    """The error for a class `old` that is called `new` today."""
    return ImportError(
        f"The {old} class has been renamed to {new} in version 1.0. "
        "For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
    )


def removed(old: str, advice: str) -> ImportError:
    """The error for a name `old` that has no successor of the same kind."""
    return ImportError(
        f"{old} was removed in version 1.0, {advice}. "
        "For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
    )


def check_for_deprecated_task_set_attribute(class_dict: dict[str, Any]) -> None:
    """Warns about a class body that sets `task_set` to a task set."""
    from ..user.task import TaskSet

    task_set = class_dict.get("task_set")
    if inspect.isclass(task_set) and issubclass(task_set, TaskSet):
        warnings.warn(
            "Usage of User.task_set is deprecated since version 1.0. Set the tasks attribute "
            f"instead (tasks = [{task_set.__name__}])",
            DeprecationWarning,
            stacklevel=3,
        )


def deprecated_locust_meta_class(deprecation_message: str) -> type[type]:
    """A metaclass for a base class that raises `ImportError` when somebody inherits from it."""

    class MetaClass(type):
        def __new__(
            mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
        ) -> MetaClass:
            if classname in _DEPRECATED_NAMES:
                return super().__new__(mcs, classname, bases, class_dict)
            raise ImportError(deprecation_message)

    return MetaClass


_DEPRECATED_NAMES = (
    "DeprecatedLocustClass",
    "DeprecatedHttpLocustClass",
    "DeprecatedFastHttpLocustClass",
)


class DeprecatedLocustClass(metaclass=deprecated_locust_meta_class(str(renamed("Locust", "User")))):
    """Stands where `locust.Locust` was."""


class DeprecatedHttpLocustClass(
    metaclass=deprecated_locust_meta_class(str(renamed("HttpLocust", "HttpUser")))
):
    """Stands where `locust.HttpLocust` was."""


class DeprecatedFastHttpLocustClass(
    metaclass=deprecated_locust_meta_class(str(renamed("FastHttpLocust", "FastHttpUser")))
):
    """Stands where `locust.contrib.fasthttp.FastHttpLocust` was."""
