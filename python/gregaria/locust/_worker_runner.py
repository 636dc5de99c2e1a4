"""The runner that a master leads."""

from __future__ import annotations

import logging
import os
import socket
import time
import traceback
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from gevent.event import Event

from gregaria._hub import hub
from gregaria._native import WorkerNode

from ._distributed_runner import DistributedRunner
from ._joining import NODE_ID, invitation_of
from ._nodes import STATE_RUNNING, STATE_SPAWNING
from ._usage import memory_bytes
from .log import get_logs

if TYPE_CHECKING:
    from gevent import Greenlet

    from .env import Environment
    from .user.users import User

logger = logging.getLogger("locust.runners")

#: Seconds after its users have stopped, beside their own time, before a worker is ready again.
WAIT_AFTER_STOP = float(os.getenv("LOCUST_WORKER_ADDITIONAL_WAIT_BEFORE_READY_AFTER_STOP") or 0)

#: Times in a second that a worker looks how late it is woken.
LOOKS = 10

#: Options that a worker takes over from its master though they are options of Locust.
TAKEN_OVER = ("expect_workers", "tags", "exclude_tags", "sample_bodies")


class WorkerRunner(DistributedRunner):
    """Spawns the users that its master asks for.

    Made when the master has accepted it, which may take minutes; raises `ConnectionError` if it
    does not. With an invitation in the options, host and port are taken from there.
    """

    _node: WorkerNode

    def __init__(
        self,
        environment: Environment,
        master_host: str,
        master_port: int,
    ) -> None:
        # Tests and locustfiles change this one.
        from . import runners

        super().__init__(environment)
        self.worker_index = -1
        self.master_host = master_host
        self.master_port = master_port
        own_id = f"{socket.gethostname()}_{uuid.uuid4().hex}"
        self.client_id = os.environ.pop(NODE_ID, own_id)
        self.is_outdated = False
        """The master has another test: the process shall begin anew when this runner has ended."""
        self._offered = environment.bundle
        self._has_joined = Event()
        self._has_left = Event()
        self._refusal: str | None = None
        self._log_lines = 0
        self._errors_before = self._network_errors()
        """Those of runs before the present one."""
        self._following: Greenlet | None = None
        log_interval = runners.WORKER_LOG_REPORT_INTERVAL
        self._node = WorkerNode(
            hub().engine,
            self.client_id,
            uuid.uuid4().hex,
            master_host,
            master_port,
            invitation_of(environment.parsed_options),
            WAIT_AFTER_STOP,
            log_interval if log_interval >= 0 else None,
            environment.bundle,
            getattr(environment.parsed_options, "zone", None),
        )
        environment.events.user_error.add_listener(self._send_exception)
        self._obey()
        self._spawn(self._show_life)
        self._has_joined.wait()
        if self._refusal is not None:
            raise ConnectionError(self._refusal)

    @property
    def worker_state(self) -> str:
        """State of the worker, as its heartbeats say it."""
        return self._node.state()

    def _show_life(self) -> NoReturn:
        """Tells the node that Python turns, without which it sends no heartbeat, and how late.

        Users are woken by the same engine: what is late here, is late for them.
        """
        while True:
            self._node.turned()
            self._node.set_usage(
                self.current_cpu_usage, self.current_memory_usage or memory_bytes()
            )
            self._end_if_outdated()
            for _ in range(LOOKS):
                due = time.perf_counter() + 1 / LOOKS
                gevent.sleep(1 / LOOKS)
                self._node.set_lag(max(0.0, time.perf_counter() - due) * 1000)

    @staticmethod
    def _network_errors() -> int:
        """Requests of this process that had no whole answer."""
        return hub().engine.counters()["network_errors"]

    def _end_if_outdated(self) -> None:
        """Takes leave to begin anew with another test of the master, unless users run."""
        if self._offered != self.environment.bundle and self._node.is_idle():
            logger.info("The master has another test: starting anew with it")
            self.is_outdated = True
            self._end_soon()

    def _send_exception(self, user_instance: Any, exception: Exception, tb: Any) -> None:
        traceback_lines = "".join(traceback.format_tb(tb))
        self._node.exception(type(exception).__name__, str(exception), traceback_lines)

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Not for workers: the master starts users."""
        raise NotImplementedError("use the master to start users")

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Sends a custom message to the master."""
        logger.debug("Sending %s message to master", msg_type)
        self._node.send_message(msg_type, data)

    def quit(self) -> None:
        """Stops the users, sends the last report and takes leave."""
        if self._is_asked_by_user():
            self._by_another_greenlet(self.quit)
            return
        self.stop()
        if not self._has_left.is_set():
            self._node.leave()
            self._await(self._has_left)
        self._rest()

    def _after_stop(self) -> None:
        super()._after_stop()
        self.environment.events.test_stop.fire(environment=self.environment)

    # --- what the worker wants --------------------------------------------------------------------

    def _do_joined(self, index: int | None) -> None:
        self.worker_index = -1 if index is None else index
        self._has_joined.set()

    def _do_spawn(
        self,
        job: int,
        is_new_run: bool,
        counts: dict[str, int],
        host: str | None,
        stop_timeout: float,
        options: dict[str, Any],
    ) -> None:
        environment = self.environment
        if is_new_run:
            self._errors_before = self._network_errors()
        try:
            self._allowed_hosts.follow(options)
        except ValueError as error:
            logger.error("No users are started, since the list of the master is none: %s", error)
            return
        environment.host = host
        environment.stop_timeout = stop_timeout
        self._take_over(options)
        if self._following is not None:
            self._following.kill(block=True)
        self._following = self._spawn(self._follow, job, is_new_run, counts)

    def _take_over(self, options: dict[str, Any]) -> None:
        """Copies options of the locustfile, and a few of Locust's, from those of the master."""
        own = self.environment.parsed_options
        if own is None:
            return
        from .argument_parser import default_args_dict

        builtin = default_args_dict()
        for name, value in options.items():
            if name not in builtin or name in TAKEN_OVER:
                setattr(own, name, value)
        self.environment.tags = own.tags
        self.environment.exclude_tags = own.exclude_tags
        self._keep_bodies()

    def _follow(self, job: int, is_new_run: bool, counts: dict[str, int]) -> None:
        """Takes the users to the counts of a job."""
        if is_new_run and not self._begin_test():
            return
        self._set_host()
        self.update_state(STATE_SPAWNING)
        self.target_user_classes_count = counts
        self.target_user_count = sum(counts.values())
        self._go_to(counts)
        self.update_state(STATE_RUNNING)
        self._node.spawned(job, list(self.user_classes_count.items()))

    def _do_stop_users(self) -> None:
        # Users may take their time, and reports go on meanwhile.
        self._spawn(self._stop_users_and_say_so)

    def _do_cut_users(self) -> None:
        self._cut_users()

    def _stop_users_and_say_so(self) -> None:
        if self._following is not None:
            self._following.kill(block=True)
            self._following = None
        try:
            self.stop()
        finally:
            self._node.stopped()

    def _do_report(self) -> None:
        self._node.set_network_errors(self._network_errors() - self._errors_before)
        self._node.make_report(self.stats.native, list(self.user_classes_count.items()))
        event = self.environment.events.report_to_master
        if not event._handlers:
            self._node.send_report()
            return
        data = self._node.report_data()
        event.fire(client_id=self.client_id, data=data)
        self._node.send_report(data)

    def _do_read_log(self) -> None:
        lines = get_logs()
        new = len(lines) - self._log_lines
        if new:
            self._log_lines = len(lines)
            self._node.log_lines(abs(new), lines)

    def _do_heartbeat_received(self, timestamp: float) -> None:
        self.environment.events.heartbeat_received.fire(
            client_id=self.client_id, timestamp=timestamp
        )

    def _do_spawning_complete(self, user_count: int) -> None:
        self.environment.events.spawning_complete.fire(user_count=user_count)

    def _do_update_user_class(self, settings: dict[str, Any]) -> None:
        self.environment.update_user_class(settings)

    def _do_bundle_offered(self, sha256: str) -> None:
        # A worker with a locustfile of its own keeps it.
        if self.environment.bundle is not None:
            self._offered = sha256

    def _do_locustfile(self, files: list[tuple[str, str | None]], error: str | None) -> None:
        """Not asked for: a worker that runs has its locustfile."""

    def _do_custom(self, kind: str, data: Any) -> None:
        self._hear(kind, data, self.client_id, "Unknown message type received: %s")

    def _do_left(self) -> None:
        self._has_left.set()

    def _do_end(self, reason: str) -> None:
        if not self._has_joined.is_set():
            # The greenlet that makes the runner is waiting.
            self._refusal = reason
            self._has_joined.set()
            return
        logger.info("The run has ended: %s", reason)
        self._end_soon()
