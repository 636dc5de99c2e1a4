"""Parks a greenlet while the engine runs its request, and wakes it when the answer is there.

The engine lives on this very thread. Its one descriptor becomes readable when something has
happened; gevent's loop watches that descriptor. Rust never switches a greenlet: it hands out what
is finished, and the methods below do the switching.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

import gevent
from gevent.monkey import get_original
from greenlet import getcurrent

from gregaria._native import Engine, HostGate

if TYPE_CHECKING:
    from collections.abc import Callable

READ = 1

#: Those of the system's threads: gevent's belong to greenlets.
get_ident: Callable[[], int] = get_original("_thread", "get_ident")
_allocate_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")

#: Requests handed out before other greenlets get a turn: about 1.5 ms of work.
MAX_PER_DRAIN = 256


class Hub:
    """One for each process, made on first use by `hub()`. Other threads may only call `run`."""

    def __init__(self, engine: Engine) -> None:
        gevent_hub = gevent.get_hub()
        self.engine = engine
        #: The thread that the engine lives on.
        self.thread = get_ident()
        #: Switches to gevent's hub, and returns what the calling greenlet is woken with.
        self.park: Callable[[], Any] = gevent_hub.switch
        self._turn = engine.turn
        self._has_more = engine.has_more
        self._run_callback = gevent_hub.loop.run_callback
        self._run_callback_threadsafe = gevent_hub.loop.run_callback_threadsafe
        self._drain_is_queued = False
        self._watcher = gevent_hub.loop.io(engine.fileno(), READ)
        self._watcher.start(self._drain)

    def wait(self, woken: tuple[Any, Any] | None) -> Any:
        """Blocks the calling greenlet alone until what it has begun is over; returns its outcome.

        `woken` is what the `send` or `sleep` returned that began it: who is to run instead.

        In a drain, control goes straight to the next greenlet whose answer is there: the way
        through gevent's hub and back would cost two switches. Once nothing is left, or the drain
        has handed out enough, it goes to the hub, which is still inside `_drain`.
        """
        try:
            if woken is None:
                return self.park()
            return woken[0].switch(woken[1])
        except BaseException:
            # gevent.Timeout or kill: the answer may already lie in the queue.
            self.engine.withdraw(getcurrent())
            raise

    def sleep(self, seconds: float) -> None:
        """Blocks the calling greenlet alone for `seconds`, never less. Zero yields once."""
        self.wait(self.engine.sleep(getcurrent(), seconds))

    def run(self, call: Callable[[], Any]) -> Any:
        """For another thread: has `call` run in a greenlet on the engine's thread, and waits.

        Returns what it returns and raises what it raises.
        """
        outcome: list[Any] = []
        errors: list[BaseException] = []
        is_over = _allocate_lock()
        is_over.acquire()

        def carry_out() -> None:
            try:
                outcome.append(call())
            except BaseException as error:
                errors.append(error)
            finally:
                is_over.release()

        self._run_callback_threadsafe(gevent.spawn, carry_out)
        is_over.acquire()
        if errors:
            raise errors[0]
        return outcome[0]

    def drain_soon(self) -> None:
        """Hands out what is finished in the next turn of gevent's loop."""
        if not self._drain_is_queued:
            self._drain_is_queued = True
            self._run_callback(self._drain_queued)

    def _drain_queued(self) -> None:
        self._drain_is_queued = False
        self._drain()

    def _drain(self) -> None:
        # What finishes while others are being woken has its turn in the next drain: a user who
        # sleeps for no time lets everybody else run first.
        self._turn(MAX_PER_DRAIN)
        take = self.engine.next
        woken = take()
        while woken is not None:
            greenlet, outcome = woken
            try:
                greenlet.switch(outcome)
            except BaseException:
                # A raw greenlet that dies ends up here; those behind it are not to wait for it.
                self.drain_soon()
                raise
            woken = take()
        if self._has_more():
            self.drain_soon()

    def close(self) -> None:
        """Stops watching the engine."""
        self._watcher.stop()


_hub: Hub | None = None

_gate: HostGate | None = None


def hub() -> Hub:
    """The hub of this process, made on first use."""
    global _hub
    if _hub is None:
        _hub = Hub(Engine())
        _hub.engine.set_gate(_gate)
    return _hub


def gate() -> HostGate | None:
    """Says which hosts this process may load; `None` if it may load all."""
    return _gate


def set_gate(gate: HostGate | None) -> None:
    """Says from here on which hosts this process may load, a forked child of it included."""
    global _gate
    _gate = gate
    if _hub is not None:
        _hub.engine.set_gate(gate)


def on_the_engines_thread(call: Callable[[], Any]) -> Any:
    """Calls it, from whichever thread this is."""
    made = hub()
    return call() if get_ident() == made.thread else made.run(call)


class Client(Protocol):
    """What has something open in the engine of this process."""

    def leave_to_the_parent(self) -> object:
        """Takes to the engine of the forked child with the next request; returns what it had."""


#: All that have to be told of a fork.
clients: WeakSet[Client] = WeakSet()


def _leave_to_the_parent() -> None:
    """In a forked child: what the engine has open belongs to the parent, who goes on with it."""
    global _hub
    if _hub is not None:
        _hub.close()
        _forked.append(_hub)
        _forked.extend(client.leave_to_the_parent() for client in list(clients))
        _hub = None


#: Kept for ever, since closing a connection of the parent's would end it for him too.
_forked: list[object] = []

os.register_at_fork(after_in_child=_leave_to_the_parent)
