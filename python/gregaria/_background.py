"""Greenlets beside the users. If one of them dies, the log says so and the exit code is 2."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

import gevent
from gevent import Greenlet

from gregaria.locust.log import greenlet_exception_logger

#: A greenlet of ours; its arguments and what it returns do not matter.
Background: TypeAlias = "Greenlet[..., object]"

_log_death = greenlet_exception_logger(logging.getLogger("locust.main"))


def spawn(function: Callable[..., object], *args: object) -> Background:
    """Runs `function` in a greenlet at the next turn of the loop."""
    return _watched(gevent.spawn(function, *args))  # pyright: ignore[reportUnknownArgumentType]


def spawn_later(seconds: float, function: Callable[..., object]) -> Background:
    """Runs `function` in a greenlet after a while."""
    # The loop reads the clock once a turn, and its last turn was before the locustfile was read.
    gevent.get_hub().loop.update_now()
    return _watched(gevent.spawn_later(seconds, function))  # pyright: ignore[reportUnknownArgumentType]


def _watched(greenlet: Background) -> Background:
    greenlet.link_exception(_log_death)
    return greenlet
