"""Which hosts this process loads: those of its own `--allowed-hosts` and of its master's.

The list is kept where connections are opened, so a request to another host fails and is counted as
a failure, whatever URL or redirect has led there. Here it is put there, and the log is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gregaria import _hub
from gregaria._native import HostGate

if TYPE_CHECKING:
    from argparse import Namespace

logger = logging.getLogger("locust.runners")


class AllowedHosts:
    """The lists that hold for the requests of this process, from when it is made on."""

    def __init__(self, options: Namespace | None) -> None:
        self._own = _list_of(vars(options) if options is not None else {})
        self._masters = ""
        self._told = 0
        self._apply()

    def follow(self, options: dict[str, object]) -> None:
        """Takes the list of the master out of its options: a host has to be in both.

        Raises `ValueError` if it is no list.
        """
        masters = _list_of(options)
        if masters != self._masters:
            # What cannot be read must not be forgotten: the list before holds on.
            HostGate([masters])
            self._masters = masters
            self._apply()

    def _apply(self) -> None:
        lists = [each for each in (self._own, self._masters) if each]
        gate = HostGate(lists) if lists else None
        if gate is not None or _hub.gate() is not None:
            _hub.set_gate(gate)
        self._told = 0

    def tell(self) -> None:
        """Logs how many requests were blocked: at the first, the second, the fourth, and so on."""
        gate = _hub.gate()
        if gate is None:
            return
        count, last = gate.blocked()
        if count.bit_length() > self._told:
            self._told = count.bit_length()
            logger.warning(
                "%d %s blocked by --allowed-hosts so far, the last one to %s",
                count,
                "request was" if count == 1 else "requests were",
                last,
            )

    @property
    def are_limited(self) -> bool:
        """Whether there are any that this process does not load."""
        return _hub.gate() is not None


def _list_of(options: dict[str, object]) -> str:
    return str(options.get("allowed_hosts") or "")
