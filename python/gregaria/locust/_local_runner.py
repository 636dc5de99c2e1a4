"""The runner of a test in one process."""

from __future__ import annotations

import json
import logging
import socket
import time
import uuid
from typing import TYPE_CHECKING, Any

from ._nodes import STATE_RUNNING, STATE_SPAWNING, WorkerNode
from ._runner import Runner
from .rpc import Message

if TYPE_CHECKING:
    from .env import Environment
    from .user.users import User

logger = logging.getLogger("locust.runners")

#: Users spawned a second above which the log warns.
HIGH_SPAWN_RATE = 100

#: Seconds that a ramp takes at least, as it was asked for, before it is said that all users run.
LONG_RAMP = 2.0


class LocalRunner(Runner):
    """Runs all users in this process."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.worker_index = 0
        self.client_id = f"{socket.gethostname()}_{uuid.uuid4().hex}"
        self.worker_count = 1
        self._local_worker_node = WorkerNode(id="local")
        self._spawn(self._tick_stats)

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Starts a test or changes its user count, and returns at once.

        With `wait`, returns when all users are gone; they must then fit into one step.
        """
        if spawn_rate > HIGH_SPAWN_RATE:
            logger.warning(
                "Your selected spawn rate is very high (>100), and this is known to sometimes "
                "cause issues. Do you really need to ramp up that fast?"
            )
        self._kill_unless_current(self.spawning_greenlet)
        if self.state in (STATE_RUNNING, STATE_SPAWNING):
            self.stats.native.mark_users(self.target_user_count, user_count)
        self.target_user_count = user_count
        self.spawning_greenlet = self._spawn(
            self._start, user_count, spawn_rate, wait, user_classes
        )

    def _start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Takes the users to their new count, step by step."""
        if wait and user_count - self.user_count > spawn_rate:
            raise ValueError(
                "wait is True but the amount of users to add is greater than the spawn rate"
            )
        environment = self.environment
        stops, asked_at = self._stops, time.monotonic()
        more_users = user_count - self.user_count
        if self.state not in (STATE_RUNNING, STATE_SPAWNING):
            if not self._begin_test():
                return
            self.stats.native.mark_start(user_count)
        self._set_host()
        self.update_state(STATE_SPAWNING)

        if self._users_dispatcher is None:
            self._users_dispatcher = environment.dispatcher_class(
                worker_nodes=[self._local_worker_node], user_classes=self.user_classes
            )
        logger.info("Ramping to %d users at a rate of %.2f per second", user_count, spawn_rate)
        self._users_dispatcher.new_dispatch(user_count, spawn_rate, user_classes)
        for distribution in self._users_dispatcher:
            self._go_to(distribution[self._local_worker_node.id], wait)
            if self._stops != stops:
                return

        counts = self.user_classes_count
        self.target_user_classes_count = counts
        logger.info("All users spawned: %s", _format_user_classes_count_for_log(counts))
        if more_users >= LONG_RAMP * spawn_rate and sum(counts.values()) == user_count:
            self.stats.native.mark_all_users(user_count, time.monotonic() - asked_at)
        environment.events.spawning_complete.fire(user_count=sum(counts.values()))

    def _on_overload(self, seconds: float) -> None:
        self.stats.native.mark_overload(seconds)

    def _before_stop(self) -> None:
        self.stats.native.mark_end(self._end_reason)

    def _after_stop(self) -> None:
        super()._after_stop()
        self.environment.events.test_stop.fire(environment=self.environment)

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Calls the listener for `msg_type` of this very process."""
        logger.debug("Running locally: sending %s message to self", msg_type)
        if msg_type not in self.custom_messages:
            logger.warning("Unknown message type received: %s", msg_type)
            return
        listener, _ = self.custom_messages[msg_type]
        listener(environment=self.environment, msg=Message(msg_type, data, "local"))


def _format_user_classes_count_for_log(user_classes_count: dict[str, int]) -> str:
    """`{"A": 4, "B": 2} (6 total users)`."""
    ordered = dict(sorted(user_classes_count.items()))
    return f"{json.dumps(ordered)} ({sum(ordered.values())} total users)"
