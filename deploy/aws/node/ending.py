"""The end of everything before its time: workers, results, what AWS confirms, and then the master.

A step is made at each look. What fails is tried again at the next one, and what AWS does not
confirm is told as such. After a quarter of an hour the master turns itself off all the same: the
schedule of the group ends at T what is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aws import AwsError
from node import Node, log, system

#: Seconds in which AWS ends machines; those that are there later are told by name.
CONFIRM = 240

#: Seconds after which the master ends, whatever has become of the workers.
GIVE_UP = 900


class Ending:
    """The end, since it was decided."""

    def __init__(self, node: Node, reason: str, keep_results: Callable[[], None]) -> None:
        self.reason = reason
        self._node = node
        self._keep_results = keep_results
        self._since = time.time()
        self._total = 1
        self._left: list[str] | None = None
        self._checked_at: float | None = None
        self._has_kept = False
        self._is_done = False
        log(f"everything ends: {reason}")

    def try_again(self) -> None:
        """Begins the time anew in which AWS may confirm it."""
        self._since = time.time()
        self._is_done = False

    def go_on(self) -> None:
        """Makes a step. The one after the last turns the master off."""
        if self._is_done or time.time() - self._since > GIVE_UP:
            self._turn_off()
            return
        client, group = self._node.client, self._node.config["group"]
        if self._left is None:
            self._see(client.instances_of(group))
        client.set_desired_capacity(group, 0)
        if not self._has_kept:
            self._keep_results()
            self._has_kept = True
        self._see(client.instances_of(group))
        self._is_done = not self._left

    def told(self) -> dict[str, Any]:
        """For the page."""
        left = self._left
        is_late = time.time() - self._since > CONFIRM
        return {
            "since": self._since,
            "reason": self.reason,
            "ended": 0 if left is None else self._total - 1 - len(left),
            "total": self._total,
            "unconfirmed": left if left and is_late else [],
            "is_done": self._is_done,
            "checked_at": self._checked_at,
        }

    def _see(self, left: list[str]) -> None:
        self._left, self._checked_at = left, time.time()
        self._total = max(self._total, len(left) + 1)

    def _turn_off(self) -> None:
        try:
            self._node.tell("ended", reason=self.reason)
        except (AwsError, OSError) as error:
            log(f"the end is not told: {error}")
        system("systemctl", "poweroff")
