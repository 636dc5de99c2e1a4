"""What all runners have in common.

A stop that is asked for by a user, from within a task, is carried out by a greenlet beside it,
since the user itself is among those to be stopped.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

import gevent
from gevent.event import Event
from gevent.pool import Group
from greenlet import getcurrent

from gregaria._allowed_hosts import AllowedHosts
from gregaria._hub import hub

from ._nodes import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
)
from ._shape_worker import drive
from ._stopping import stop_users
from ._usage import Usage, memory_bytes
from .exception import StopTest
from .log import greenlet_exception_logger

if TYPE_CHECKING:
    from gevent import Greenlet

    from .dispatch import UsersDispatcher
    from .env import Environment
    from .stats import RequestStats
    from .user.users import User

logger = logging.getLogger("locust.runners")

#: Why a run has ended, if nobody says more.
STOPPED = "stopped"

#: Seconds between two pictures of the statistics.
TICK_INTERVAL = 1.0

_SPREAD_THE_LOAD = (
    "See https://docs.locust.io/en/stable/running-distributed.html for how to distribute the load "
    "over multiple CPU cores or machines"
)


class ExceptionDict(TypedDict):
    """An exception in tasks: how often, its text, its traceback, and the nodes it occurred on."""

    count: int
    msg: str
    traceback: str
    nodes: set[str]


class Runner:
    """What all runners have in common. Made by the methods of `Environment`."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.user_greenlets = Group()
        """The greenlets of the users. The first argument of each is the user."""
        self.greenlet = Group()
        """The greenlets of the runner itself. `greenlet.join()` waits for the end of the run."""
        self.state = STATE_INIT
        self.spawning_greenlet: Greenlet | None = None
        self.shape_greenlet: Greenlet | None = None
        self.shape_last_tick: tuple[Any, ...] | None = None
        self.current_cpu_usage = 0.0
        """Percent of one core, over the last ten seconds."""
        self.current_memory_usage = 0
        """Resident memory in bytes."""
        self.cpu_warning_emitted = False
        self.worker_cpu_warning_emitted = False
        self.target_user_count = 0
        self.target_user_classes_count: dict[str, int] = {}
        self.final_user_classes_count: dict[str, int] = {}
        """Users of each class at the moment the test was stopped."""
        self.custom_messages: dict[str, tuple[Callable[..., Any], bool]] = {}
        self.connection_broken = False
        self._users_dispatcher: UsersDispatcher | None = None
        self._usage = Usage()
        self._allowed_hosts = AllowedHosts(environment.parsed_options)
        self._keep_bodies()
        self._end_reason = STOPPED
        self.lets_users_begin = True
        """Cleared when the process has been told to end: users not begun by then never do."""
        self._is_stopped = Event()
        # How often the users have been stopped: a listener may do so while they are spawned.
        self._stops = 0
        # Users that have asked for the stop, from within a task.
        self._calling_users: set[User] = set()
        # Users that are stopped do not finish their tasks, until the next test begins.
        self._is_cutting = False

        # A `StopTest` that escapes a greenlet is a way to end the run; the handler logs its text,
        # so that gevent need not print a traceback.
        hub = gevent.get_hub()
        if StopTest not in hub.NOT_ERROR:
            hub.NOT_ERROR = (*hub.NOT_ERROR, StopTest)
        self._exception_handler = locust_exception_handler(environment)
        self._spawn(self.monitor_cpu_and_memory)
        self._spawn(self._tell_of_blocked_requests)
        environment.events.user_error.add_listener(self._on_user_error)
        environment.events.spawning_complete.add_listener(self._on_spawning_complete)

    def _spawn(self, function: Callable[..., Any], *args: Any) -> Greenlet:
        """Runs `function` in a greenlet of the runner; an exception in it is logged."""
        greenlet = self.greenlet.spawn(function, *args)
        greenlet.link_exception(self._exception_handler)
        return greenlet

    def _keep_bodies(self) -> None:
        """Keeps what was answered with single requests, if that is asked for."""
        wanted = getattr(self.environment.parsed_options, "sample_bodies", False)
        self.stats.native.keep_bodies(bool(wanted))

    def _on_user_error(self, user_instance: object, exception: Exception, tb: Any) -> None:
        self.stats.native.record_exception(
            str(exception),
            "".join(traceback.format_tb(tb)),
            error_type=type(exception).__name__,
        )

    def _on_spawning_complete(self, user_count: int) -> None:
        self.update_state(STATE_RUNNING)
        if self.environment.reset_stats:
            logger.info("Resetting stats\n")
            self.stats.reset_all()

    @property
    def user_classes(self) -> list[type[User]]:
        """The classes that users are spawned of."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """The same, by name."""
        return self.environment.user_classes_by_name

    @property
    def stats(self) -> RequestStats:
        """The statistics of the environment."""
        return self.environment.stats

    @property
    def errors(self) -> dict[str, Any]:
        """Failures, by their key."""
        return self.stats.errors

    @property
    def exceptions(self) -> dict[int, ExceptionDict]:
        """Exceptions in tasks, by the hash of their traceback."""
        return {
            hash(tb): {"count": count, "msg": msg, "traceback": tb, "nodes": set(nodes)}
            for count, msg, tb, nodes in self.stats.native.exceptions()
        }

    @property
    def user_count(self) -> int:
        """How many users are alive."""
        return len(self.user_greenlets)

    @property
    def user_classes_count(self) -> dict[str, int]:
        """How many users of each class are alive."""
        alive = Counter(type(greenlet.args[0]).__name__ for greenlet in self._alive())
        return {name: alive[name] for name in self.user_classes_by_name}

    def _alive(self) -> list[Any]:
        """The greenlets of users. One that is just ending has given its arguments back already."""
        return [greenlet for greenlet in list(self.user_greenlets) if greenlet.args]

    def ends_because(self, reason: str) -> None:
        """Says in a few words why the run that is under way will be stopped next."""
        self._end_reason = reason

    def update_state(self, new_state: str) -> None:
        """Changes `state`."""
        logger.debug("Updating state to '%s', old state was '%s'", new_state, self.state)
        self.state = new_state

    def cpu_log_warning(self) -> bool:
        """Logs at the end of a test that the CPU was the limit, if it was; returns whether."""
        if self.cpu_warning_emitted:
            logger.warning(
                "CPU usage was too high at some point during the test! %s", _SPREAD_THE_LOAD
            )
        return self.cpu_warning_emitted

    def spawn_users(
        self, user_classes_spawn_count: dict[str, int], wait: bool = False
    ) -> list[User]:
        """Starts so many users of each class; with `wait`, returns when all users are gone."""
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.update_state(STATE_SPAWNING)
        logger.debug("Spawning additional %s", json.dumps(user_classes_spawn_count))
        classes = self.user_classes_by_name
        new_users: list[User] = []
        for name, count in user_classes_spawn_count.items():
            user_class = classes[name]
            for _ in range(count):
                user = user_class(self.environment)
                user.start(self.user_greenlets)
                new_users.append(user)
        if wait:
            self.user_greenlets.join()
            logger.info("All users stopped\n")
        return new_users

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:
        """Stops so many users of each class, and waits until they are gone.

        Users in the middle of a task get `stop_timeout` seconds to finish it.
        """
        wanted = Counter(user_classes_stop_count)
        to_stop: list[User] = []
        for greenlet in self._alive():
            user = greenlet.args[0]
            name = type(user).__name__
            if wanted[name] > 0:
                wanted[name] -= 1
                to_stop.append(user)
        patience = 0.0 if self._is_cutting else self.environment.stop_timeout
        stop_users(to_stop, patience, self._calling_users)
        logger.debug("%d users have been stopped, %d still running", len(to_stop), self.user_count)

    def _begin_test(self) -> bool:
        """Clears what the last test has left and fires `test_start`.

        Returns whether the test goes on: a listener may have thought better of it.
        """
        environment, stops = self.environment, self._stops
        self._end_reason = STOPPED
        self.stats.clear_all()
        self.stats.native.clear_exceptions()
        self.cpu_warning_emitted = False
        self.worker_cpu_warning_emitted = False
        self._calling_users.clear()
        self._is_cutting = False
        # A name may have got another address since the last test.
        hub().engine.forget_names()
        environment._filter_tasks_by_tags()
        environment.events.test_start.fire(environment=environment)
        return self._stops == stops

    def _set_host(self) -> None:
        """Lets the host of the environment overwrite that of the classes."""
        if self.environment.host is not None:
            for user_class in self.user_classes:
                user_class.host = self.environment.host

    def _go_to(self, target: dict[str, int], wait: bool = False) -> None:
        """Takes the users to these counts: first those that come, then those that go.

        Users that have died are replaced by it.
        """
        current = self.user_classes_count
        more = {name: count - current.get(name, 0) for name, count in target.items()}
        self.spawn_users({name: count for name, count in more.items() if count > 0}, wait)
        self.stop_users({name: -count for name, count in more.items() if count < 0})

    def _tick_stats(self) -> NoReturn:
        """Once a second while users run, takes the picture that all views of the figures show."""
        due = time.monotonic()
        while True:
            due = max(due + TICK_INTERVAL, time.monotonic())
            gevent.sleep(due - time.monotonic())
            if self.state in (STATE_SPAWNING, STATE_RUNNING):
                self.stats.tick(time.time(), self.user_count)

    def _tell_of_blocked_requests(self) -> NoReturn:
        while True:
            gevent.sleep(TICK_INTERVAL)
            self._allowed_hosts.tell()

    def _on_overload(self, seconds: float) -> None:
        """The CPU of this process was the limit for so many seconds."""

    def monitor_cpu_and_memory(self) -> NoReturn:
        """Measures this process, and warns when its CPU is the limit."""
        # Tests and locustfiles change these two.
        from . import runners

        while True:
            gevent.sleep(runners.CPU_MONITOR_INTERVAL)
            self.current_cpu_usage = self._usage.cpu_percent()
            self.current_memory_usage = memory_bytes()
            if self.current_cpu_usage > runners.CPU_WARNING_THRESHOLD:
                self.environment.events.cpu_warning.fire(
                    environment=self.environment, cpu_usage=self.current_cpu_usage
                )
                if not self.cpu_warning_emitted:
                    logger.warning(
                        "CPU usage above %d%%! This may constrain your throughput and may even "
                        "give inconsistent response time measurements! %s",
                        runners.CPU_WARNING_THRESHOLD,
                        _SPREAD_THE_LOAD,
                    )
                    self.cpu_warning_emitted = True
                self._on_overload(runners.CPU_MONITOR_INTERVAL)
            self.environment.events.usage_monitor.fire(
                environment=self.environment,
                cpu_usage=self.current_cpu_usage,
                memory_usage=self.current_memory_usage,
            )

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Starts a test, or changes the user count of the one that runs."""
        raise NotImplementedError

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Sends a custom message to other nodes."""
        raise NotImplementedError

    def start_shape(self) -> None:
        """Lets the shape of the environment decide how many users run."""
        if self.shape_greenlet:
            logger.info("There is an ongoing shape test running. Editing is disabled")
            return
        shape = self.environment.shape_class
        if shape is None:
            raise ValueError("cannot start a shape: the environment has none")
        logger.info("Shape test starting.")
        self.update_state(STATE_INIT)
        shape.reset_time()
        self.shape_last_tick = None
        self.shape_greenlet = self._spawn(self.shape_worker)

    def shape_worker(self) -> None:
        """Asks the shape once a second what should run."""
        drive(self)

    def stop(self) -> None:
        """Stops the users. Returns when they are gone.

        Asked for twice, it waits for the first to be carried out.
        """
        if self.state == STATE_STOPPED:
            return
        if self._is_asked_by_user():
            self._by_another_greenlet(self.stop)
            return
        if self.state == STATE_CLEANUP:
            self._is_stopped.wait()
            return
        self._is_stopped.clear()
        self._stops += 1
        logger.debug("Stopping all users")
        self.environment.events.test_stopping.fire(environment=self.environment)
        self.final_user_classes_count = {**self.user_classes_count}
        self._before_stop()
        self.update_state(STATE_CLEANUP)
        self._kill_unless_current(self.spawning_greenlet)
        self._kill_unless_current(self.shape_greenlet)
        self.spawning_greenlet = None
        self.shape_greenlet = None
        self.shape_last_tick = None
        self.stop_users(self.user_classes_count)
        self._users_dispatcher = None
        self.update_state(STATE_STOPPED)
        self._after_stop()
        self._is_stopped.set()

    def stop_now(self) -> None:
        """Stops the users whatever they do, also those that are being stopped already. Returns when
        they are gone."""
        self._cut_users()
        self.stop()

    def _cut_users(self) -> None:
        """Lets no user finish its task."""
        self._is_cutting = True
        self.user_greenlets.kill(block=False)

    def _before_stop(self) -> None:
        """What is to be done while the users still run."""

    def _after_stop(self) -> None:
        """What is left to do when all users are gone."""
        self._allowed_hosts.tell()
        self.cpu_log_warning()

    def quit(self) -> None:
        """Stops the users and ends the greenlets of the runner, and with them the run."""
        if self._is_asked_by_user():
            self._by_another_greenlet(self.quit)
            return
        self.stop()
        self.greenlet.kill(block=True)

    def _is_asked_by_user(self) -> bool:
        """Whether the calling greenlet is that of a user."""
        current: Any = getcurrent()
        return current in self.user_greenlets

    def _by_another_greenlet(self, action: Callable[[], None]) -> None:
        """Lets a user ask for its own end: it is killed while it waits here."""
        current: Any = getcurrent()
        self._calling_users.add(current.args[0])
        gevent.spawn(action).join()

    @staticmethod
    def _kill_unless_current(greenlet: Greenlet | None) -> None:
        if greenlet is not None and greenlet is not getcurrent():
            greenlet.kill(block=True)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        """Counts an exception of a task; those with the same traceback are counted together."""
        self.stats.native.record_exception(msg, formatted_tb, node_id)

    def register_message(
        self, msg_type: str, listener: Callable[..., Any], concurrent: bool = False
    ) -> None:
        """Calls `listener(environment=…, msg=…)` for messages of this type.

        With `concurrent`, each call has a greenlet of its own, except in a local run.
        """
        if msg_type in self.custom_messages:
            raise Exception(
                f"Tried to register listener method for {msg_type}, but it already had a listener!"
            )
        self.custom_messages[msg_type] = (listener, concurrent)


def locust_exception_handler(environment: Environment) -> Callable[[Greenlet], None]:
    """Returns a function for `Greenlet.link_exception` of the runner's own greenlets.

    `StopTest` ends the run; anything else is logged and makes the exit code 2.
    """
    log_exception = greenlet_exception_logger(logger)

    def handler(greenlet: Greenlet) -> None:
        if not isinstance(greenlet.exception, StopTest):
            log_exception(greenlet)
            return
        logger.error("%s", greenlet.exception)
        logger.warning("Stopping Locust...")
        runner = environment.runner
        if runner is None:
            return
        runner.ends_because(str(greenlet.exception) or STOPPED)
        if getattr(environment.parsed_options, "headless", False):
            runner.quit()
        else:
            runner.stop()

    return handler
