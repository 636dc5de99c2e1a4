"""Carries out what a shape asks for, once a second."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import gevent

from ._nodes import STATE_INIT, STATE_RUNNING, STATE_SPAWNING

if TYPE_CHECKING:
    from .runners import Runner

logger = logging.getLogger("locust.runners")

#: Seconds between two questions to the shape.
INTERVAL = 1.0


def drive(runner: Runner) -> None:
    """Starts what the shape of the environment says, until it says `None` or the test stops."""
    environment = runner.environment
    shape = environment.shape_class
    logger.info("Shape worker starting")
    while runner.state in (STATE_INIT, STATE_SPAWNING, STATE_RUNNING):
        started = time.monotonic()
        tick: Any = shape.tick() if shape is not None else None
        if tick is None:
            logger.info("Shape test stopping")
            runner.shape_greenlet = None
            runner.shape_last_tick = None
            runner.ends_because("the shape has ended")
            if getattr(environment.parsed_options, "headless", False):
                runner.quit()
            else:
                runner.stop()
            return
        if tick != runner.shape_last_tick:
            user_count, spawn_rate, *classes = tick
            logger.info(
                "Shape test updating to %d users at %.2f spawn rate", user_count, spawn_rate
            )
            runner.start(user_count, spawn_rate, user_classes=classes[0] if classes else None)
            runner.shape_last_tick = tick
        gevent.sleep(max(INTERVAL - (time.monotonic() - started), 0))
