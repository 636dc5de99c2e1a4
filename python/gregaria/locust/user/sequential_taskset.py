"""`SequentialTaskSet`: tasks in the order they are written, round and round."""

from __future__ import annotations

import itertools
from typing import Any

from ..exception import LocustError
from .task import TaskSet, TaskSetMeta


class SequentialTaskSetMeta(TaskSetMeta):
    """Gathers the tasks in the order of the class body, where a `tasks` list has its place."""

    def __new__(
        mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
    ) -> SequentialTaskSetMeta:
        gathered: list[Any] = []
        for base in bases:
            gathered.extend(getattr(base, "tasks", None) or ())
        for name, value in class_dict.items():
            if name == "tasks":
                if isinstance(value, dict):
                    for each, weight in value.items():
                        gathered.extend(each for _ in range(weight))
                else:
                    gathered.extend(value)
            elif "locust_task_weight" in dir(value):
                # The weight repeats the task in a row, contrary to what Locust's guide says.
                gathered.extend(value for _ in range(value.locust_task_weight))
        class_dict["tasks"] = gathered
        # `TaskSetMeta` would gather them again, in another order.
        return type.__new__(mcs, classname, bases, class_dict)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """A task set whose tasks run one after the other. Entered again, it begins at the first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._task_cycle = itertools.cycle(self.tasks)

    def get_next_task(self) -> Any:
        """The task after the last one."""
        if not self.tasks:
            raise LocustError(
                "No tasks defined. Use the @task decorator or set the 'tasks' attribute of the "
                "SequentialTaskSet"
            )
        return next(self._task_cycle)
