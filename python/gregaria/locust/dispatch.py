"""How many users of which class run on which node, step by step, while a test ramps up or down.

The native dispatcher does the counting; what is left here is to wait between its steps.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import gevent

from gregaria._native import Dispatcher, WeightedOrder

if TYPE_CHECKING:
    from .runners import WorkerNode
    from .user.users import User

T = TypeVar("T")

#: Users of each class, by the id of the node they run on.
Distribution = dict[str, dict[str, int]]


def _kl_generator(users: Iterable[tuple[T, float]]) -> Generator[T | None]:
    """Yields for ever, so that every beginning is as close to the weights as it can be.

    Closeness is the Kullback-Leibler divergence; ties go to the smaller weight, then to the name.
    Without any weight it yields `None`.
    """
    names = sorted(users, key=lambda each: each[0])  # type: ignore[arg-type, return-value]
    for place in WeightedOrder([weight for _, weight in names]):
        yield names[place][0]
    while True:
        yield None


class UsersDispatcher(Iterator[Distribution]):
    """Yields one distribution after the other, waiting in between, until the target is reached."""

    def __init__(self, worker_nodes: list[WorkerNode], user_classes: list[type[User]]) -> None:
        if not worker_nodes:
            raise ValueError("cannot spread users: there is no node")
        if not user_classes:
            raise ValueError("cannot start users: there is no user class")
        self._dispatcher = Dispatcher(
            [worker.id for worker in worker_nodes],
            [(each.__name__, each.weight, max(0, each.fixed_count)) for each in user_classes],
        )
        self._rate = 1.0
        #: When the last step was taken, or was due if it was taken late by less than a wait.
        self._taken = 0.0
        self._durations: list[float] = []
        #: How to wait between the steps, in seconds.
        self._sleep: Callable[[float], None] = gevent.sleep

    def get_current_user_count(self) -> int:
        """How many users the last distribution has."""
        return self._dispatcher.user_count

    @property
    def dispatch_in_progress(self) -> bool:
        """Whether there are steps to come."""
        return self._dispatcher.is_in_progress

    @property
    def dispatch_iteration_durations(self) -> list[float]:
        """Seconds that each step of this ramp took to compute."""
        return self._durations

    @property
    def _wait_between_dispatch(self) -> float:
        """Seconds from one step to the next."""
        return max(1, math.floor(self._rate)) / self._rate

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Sets a new target, reached from where the users are with `spawn_rate` users a second.

        `user_classes` are those that users are spawned of from here on; who runs stays.
        """
        if target_user_count < 0:
            raise ValueError(f"target_user_count must be >= 0, got {target_user_count}")
        if not math.isfinite(spawn_rate):
            raise ValueError(f"spawn_rate must be a finite number, got {spawn_rate}")
        if spawn_rate <= 0:
            raise ValueError(f"spawn_rate must be > 0, got {spawn_rate}")
        names = None if user_classes is None else [each.__name__ for each in user_classes]
        self._dispatcher.start(target_user_count, spawn_rate, names)
        self._rate = spawn_rate
        self._durations = []
        self._taken = time.perf_counter()

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Spreads the users anew over the nodes and this one."""
        self._dispatcher.add_worker(worker_node.id)

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Spreads the users anew over the other nodes."""
        self._dispatcher.remove_worker(worker_node.id)

    def __next__(self) -> Distribution:
        wait = self._dispatcher.wait()
        if wait:
            # Steps keep to the pace whatever carrying them out took, but never hurry to catch up.
            self._taken = max(self._taken + wait, time.perf_counter())
            self._sleep(max(0.0, self._taken - time.perf_counter()))
        started = time.perf_counter()
        step = self._dispatcher.step()
        if step is None:
            raise StopIteration
        self._durations.append(time.perf_counter() - started)
        return step
