"""`LoadTestShape`: a test whose user count is decided each second by code."""

from __future__ import annotations

import time
from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .runners import Runner
    from .user.users import User


class LoadTestShapeMeta(ABCMeta):
    """Makes every subclass runnable that does not say `abstract = True` itself."""

    def __new__(
        mcs, classname: str, bases: tuple[type, ...], class_dict: dict[str, Any]
    ) -> LoadTestShapeMeta:
        class_dict.setdefault("abstract", False)
        return super().__new__(mcs, classname, bases, class_dict)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """Base class of shapes. Override `tick`."""

    runner: Runner | None = None
    """The runner this shape drives; set when it is created."""

    abstract: ClassVar[bool] = True
    """An abstract shape is never picked from a locustfile."""

    use_common_options: ClassVar[bool] = False
    """Whether the shape makes use of `--users`, `--spawn-rate` and `--run-time` itself."""

    def __init__(self) -> None:
        self.start_time = time.perf_counter()

    def reset_time(self) -> None:
        """Starts the clock of `get_run_time` again."""
        self.start_time = time.perf_counter()

    def get_run_time(self) -> float:
        """Seconds since the test started."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self) -> int:
        """How many users are running."""
        return self.runner.user_count if self.runner is not None else 0

    @abstractmethod
    def tick(
        self,
    ) -> tuple[int, float] | tuple[int, float, list[type[User]] | None] | None:
        """Says what should run, about once a second.

        Returns the user count and the spawn rate, and optionally the classes that users are to
        be spawned of; or `None` to end the test.
        """
