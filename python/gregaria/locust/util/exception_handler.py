"""Trying again what may fail once."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

logger = logging.getLogger("locust.util.exception_handler")


def retry(
    delays: Sequence[float] = (1, 3, 5), exception: type[Exception] = Exception
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Calls the decorated function again after each of `delays` (seconds) if it raises `exception`.

    The last try lets the exception through.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_retries(*args: Any, **kwargs: Any) -> Any:
            for attempt, delay in enumerate(delays, 1):
                try:
                    return function(*args, **kwargs)
                except exception as error:
                    logger.info(
                        "Exception in %s (%s). Retry %d in %g s.",
                        function.__name__,
                        error,
                        attempt,
                        delay,
                    )
                    time.sleep(delay)
            return function(*args, **kwargs)

        return with_retries

    return decorate
