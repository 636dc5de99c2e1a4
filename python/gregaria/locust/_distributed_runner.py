"""What master and worker have in common: a node in Rust, and the greenlet that does what it wants.

The node runs the protocol on a thread of its own and never calls Python. What it wants Python to do
it puts into a queue; one greenlet takes the orders in turn and calls the method `_do_<order>`.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from greenlet import getcurrent

from gregaria._hub import hub

from . import log
from ._runner import Runner
from .rpc import Message

if TYPE_CHECKING:
    from gevent import Greenlet
    from gevent.event import Event

    from .env import Environment

logger = logging.getLogger("locust.runners")


class DistributedRunner(Runner):
    """What master and worker have in common."""

    #: A `MasterNode` or a `WorkerNode`.
    _node: Any

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._control: Greenlet | None = None

    def _obey(self) -> None:
        """Begins to carry out what the node wants. The greenlet outlives those of the run: the last
        report is made when they are gone."""
        self._control = gevent.spawn(self._carry_out_orders)
        self._control.link_exception(self._exception_handler)

    def _rest(self) -> None:
        """Closes the node, and carries out nothing more."""
        self._node.close()
        self.greenlet.kill(block=False)
        if self._control is not None:
            self._control.kill(block=False)

    def _carry_out_orders(self) -> NoReturn:
        node, engine_hub = self._node, hub()
        while True:
            order = node.take()
            if order is None:
                engine_hub.wait(node.wait(getcurrent()))
                continue
            name, *arguments = order
            try:
                getattr(self, f"_do_{name}")(*arguments)
            except Exception:
                # The node goes on, so this must: a cluster without it is stuck.
                logger.error("Uncaught exception in %s: \n%s", name, traceback.format_exc())
                log.unhandled_greenlet_exception = True

    def _await(self, event: Event) -> None:
        """Waits for something that an order will bring. A listener that the orders themselves have
        called does not wait: the order would never come."""
        if getcurrent() is not self._control:
            event.wait()

    def _do_log(self, level: str, text: str) -> None:
        logger.log(logging.getLevelName(level), "%s", text)

    def _hear(self, kind: str, data: Any, sender: str | None, unknown: str) -> None:
        """Calls the listener of a custom message; logs `unknown` if there is none."""
        known = self.custom_messages.get(kind)
        if known is None:
            logger.warning(unknown, kind)
            return
        listener, is_concurrent = known
        message = Message(kind, data, sender)
        if is_concurrent:
            gevent.spawn(self._call_listener, listener, message)
        else:
            self._call_listener(listener, message)

    def _call_listener(self, listener: Any, message: Message) -> None:
        try:
            listener(environment=self.environment, msg=message)
        except Exception:
            logger.error(
                "Uncaught exception in handler for %s\n%s", message.type, traceback.format_exc()
            )

    def _end_soon(self) -> None:
        """Ends the greenlets of the runner, and with them the run, from a greenlet beside them."""
        gevent.spawn(self.greenlet.kill, block=False)
