"""Stopping users: those that wait at once, those in a task when they have finished it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gevent.pool import Group
from greenlet import getcurrent

from .user.task import LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

if TYPE_CHECKING:
    from .user.users import User

logger = logging.getLogger("locust.runners")


def stop_users(users: list[User], stop_timeout: float, calling: set[User]) -> None:
    """Stops `users` and returns when they are gone.

    In the middle of a task they get `stop_timeout` seconds to finish it. Those in `calling` have
    asked for this from within a task, which cannot end before it is done: they go at once.
    """
    finishing = Group()
    killed = Group()
    for user in users:
        greenlet = user.greenlet
        if greenlet is None:
            continue
        if greenlet is getcurrent():
            greenlet.kill(block=False)
            continue
        is_idle = user._state in (None, LOCUST_STATE_WAITING)
        if is_idle or not stop_timeout or user in calling:
            # All are told to go before any of them is waited for.
            greenlet.kill(block=False)
            killed.add(greenlet)
        else:
            if user._state != LOCUST_STATE_STOPPING:
                user.stop()
            finishing.add(greenlet)
    killed.join()
    if not finishing.join(timeout=stop_timeout):
        logger.info(
            "Not all users finished their tasks & terminated in %s seconds. Stopping them...",
            stop_timeout,
        )
        finishing.kill(block=True)
