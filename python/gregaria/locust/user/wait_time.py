"""Wait times: functions that say how many seconds a user waits after a task."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

WaitTime = Callable[[Any], float]


def between(min_wait: float, max_wait: float) -> WaitTime:
    """A time between `min_wait` and `max_wait` seconds, uniformly distributed."""
    span = max_wait - min_wait
    draw = random.random

    def wait_time(instance: Any) -> float:
        return min_wait + draw() * span

    return wait_time


def constant(wait_time: float) -> WaitTime:
    """Always `wait_time` seconds."""

    def constant_wait_time(instance: Any) -> float:
        return wait_time

    return constant_wait_time


def constant_pacing(wait_time: float) -> WaitTime:
    """As long as it takes to start a task every `wait_time` seconds.

    A task that takes longer is followed by no wait, and the time lost is not caught up. The first
    interval begins when the object that waits is made.
    """

    def wait_time_func(self: Any) -> float:
        now = perf_counter()
        run_time = now - self._cp_last_run - self._cp_last_wait_time
        self._cp_last_wait_time = max(0, wait_time - run_time)
        self._cp_last_run = now
        return self._cp_last_wait_time

    return wait_time_func


def constant_throughput(task_runs_per_second: float) -> WaitTime:
    """As long as it takes to start `task_runs_per_second` tasks a second, for each user."""
    if task_runs_per_second <= 0:
        raise ValueError(
            f"constant_throughput() requires a positive rate, got: {task_runs_per_second}"
        )
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate: float) -> WaitTime:
    """Exponentially distributed times with the mean `1 / rate`: arrivals of a Poisson process."""
    if rate <= 0:
        raise ValueError(f"poisson() requires a positive rate, got: {rate}")
    draw = random.expovariate

    def wait_time_func(instance: Any) -> float:
        return draw(rate)

    return wait_time_func
