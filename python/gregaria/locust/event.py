"""Event hooks: lists of listeners that are called, one after the other, where something happens.

`Events.request` also counts: whoever fires it reports one request, which goes into the statistics
before the listeners see it. Our own clients count in Rust and only `notify`.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from greenlet import getcurrent

from . import log
from ._stats_entry import StatsError
from .exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

if TYPE_CHECKING:
    from gregaria._native import Stats

#: These steer users and runs, so a listener may raise them through `fire`.
CONTROL_FLOW = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)

Listener = TypeVar("Listener", bound=Callable[..., Any])


class EventHook:
    """One event. Listeners are called synchronously, in the order they were added."""

    def __init__(self) -> None:
        self._handlers: list[Callable[..., Any]] = []
        #: Called when listeners have come or gone: whoever fires often need not do it for nobody.
        self._watchers: list[Callable[[], None]] = []

    def add_listener(self, handler: Listener) -> Listener:
        """Adds `handler` and returns it, so that this works as a decorator."""
        self._handlers.append(handler)
        self._tell_watchers()
        return handler

    def remove_listener(self, handler: Callable[..., Any]) -> None:
        """Removes `handler`; raises `ValueError` if it is not there."""
        self._handlers.remove(handler)
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        for watcher in self._watchers:
            watcher()

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Calls every listener with `kwargs`, in reverse order if asked.

        A listener that fails does not stop the others: its traceback is logged, and the run ends
        with exit code 2. Exceptions that steer a user or the run pass through.
        """
        # A copy, so that a listener may add or remove listeners.
        self._call(self._handlers[::-1] if reverse else self._handlers[:], kwargs)

    def _call(self, handlers: list[Callable[..., Any]], kwargs: dict[str, Any]) -> None:
        for handler in handlers:
            try:
                handler(**kwargs)
            except CONTROL_FLOW:
                raise
            except Exception:
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())
                log.unhandled_greenlet_exception = True

    @contextmanager
    def measure(
        self,
        request_type: str,
        name: str,
        response_length: int = 0,
        context: dict[str, Any] | None = None,
    ) -> Generator[dict[str, Any]]:
        """Times a block and fires this event when it ends.

        The yielded dict holds the keyword arguments of the event; the block may change them. An
        exception in the block becomes its `exception` and goes no further.
        """
        request: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        started = time.perf_counter()
        try:
            yield request
        except Exception as error:
            request["exception"] = error
        finally:
            request["response_time"] = (time.perf_counter() - started) * 1000
            self.fire(**request)


class RequestEvent(EventHook):
    """The `request` event, which also counts.

    Each request is counted once: `fire` counts and then calls the listeners. A client that has
    counted already calls `notify`, and only if there are listeners at all.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Where requests are counted; set when a runner is created for the environment.
        self.recorder: Stats | None = None

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Counts the request that `kwargs` describe, then calls the listeners."""
        recorder = self.recorder
        if recorder is not None:
            try:
                exception = kwargs.get("exception")
                url = kwargs.get("url")
                recorder.record(
                    str(kwargs["request_type"]),
                    str(kwargs["name"]),
                    kwargs["response_time"],
                    kwargs["response_length"],
                    StatsError.parse_error(exception) if exception else None,
                    _status_of(kwargs.get("response")),
                    url if isinstance(url, str) else None,
                    _task_of_caller(),
                )
            except Exception:
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())
                log.unhandled_greenlet_exception = True
        if self._handlers:
            super().fire(reverse=reverse, **kwargs)

    def notify(self, facts: dict[str, Any]) -> None:
        """Calls the listeners for a request that has been counted already."""
        self._call(self._handlers[:], facts)


def _status_of(response: object) -> int | None:
    """Status of an answer of HTTP; `None` of everything else."""
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) and 0 < status < 1000 else None


def _task_of_caller() -> str | None:
    """Name of the task that the calling user carries out, empty outside of tasks; else `None`."""
    # The first argument of the greenlet of a user is the user.
    arguments = getattr(getcurrent(), "args", None)
    now = getattr(arguments[0], "_task_now", None) if arguments else None
    return None if now is None else now[0] or ""


class DeprecatedEventHook(EventHook):
    """An event of the past: adding a listener warns with `message`."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message

    def add_listener(self, handler: Listener) -> Listener:
        """Logs the warning, then adds `handler`, which will never be called."""
        logging.warning(self.message)
        return super().add_listener(handler)


class Events:
    """All events of a run. A subclass gets a hook for each attribute it annotates."""

    request: RequestEvent
    """A request has finished.

    `request_type`, `name`, `response_time` (ms, or `None`), `response_length` (bytes), `context`
    and `exception` (`None` if it succeeded) are always there; `response`, `start_time` and `url`
    come from the HTTP clients.
    """
    user_error: EventHook
    """An exception escaped a task: `user_instance` (the task set), `exception`, `tb`."""
    report_to_master: EventHook
    """A worker is about to report: `client_id`, `data` (may be changed)."""
    worker_report: EventHook
    """The master got a report: `client_id`, `data`."""
    worker_connect: EventHook
    """A worker has joined: `client_id`."""
    spawning_complete: EventHook
    """All users have been spawned: `user_count`."""
    quitting: EventHook
    """The process is about to end: `environment`. Listeners are called in reverse order."""
    quit: EventHook
    """The last thing that happens: `exit_code`."""
    init: EventHook
    """Start-up is complete: `environment`, `runner`, `web_ui`."""
    init_command_line_parser: EventHook
    """Options may be added: `parser`."""
    test_start: EventHook
    """A test starts: `environment`."""
    test_stopping: EventHook
    """A test is about to stop: `environment`."""
    test_stop: EventHook
    """A test has stopped: `environment`."""
    reset_stats: EventHook
    """Somebody reset the statistics."""
    cpu_warning: EventHook
    """CPU usage was above 90 %: `environment`, `cpu_usage`."""
    heartbeat_sent: EventHook
    """The master answered a heartbeat: `client_id`, `timestamp`."""
    heartbeat_received: EventHook
    """A worker got a heartbeat: `client_id`, `timestamp`."""
    usage_monitor: EventHook
    """Every ten seconds: `environment`, `cpu_usage` (%), `memory_usage` (bytes)."""

    def __init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            is_hook = isinstance(kind, type) and issubclass(kind, EventHook)
            setattr(self, name, kind() if is_hook else EventHook())
