"""A cache for one value that is costly to compute and may be a little old."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any


def memoize(
    timeout: float, dynamic_timeout: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Keeps the result of a function for `timeout` seconds, whatever its arguments.

    With `dynamic_timeout`, a result that took long to compute is kept for at least twice that
    time. The decorated function has a `clear_cache()`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        kept: list[tuple[float, Any]] = []

        @functools.wraps(function)
        def cached(*args: Any, **kwargs: Any) -> Any:
            started = time.monotonic()
            if kept and started < kept[0][0]:
                return kept[0][1]
            value = function(*args, **kwargs)
            ended = time.monotonic()
            keep_for = max(timeout, 2 * (ended - started)) if dynamic_timeout else timeout
            kept[:] = [(ended + keep_for, value)]
            return value

        cached.clear_cache = kept.clear  # type: ignore[attr-defined]
        return cached

    return decorate
