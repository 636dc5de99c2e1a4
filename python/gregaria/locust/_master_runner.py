"""The runner that leads workers."""

from __future__ import annotations

import logging
import os
import time
import uuid
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from greenlet import getcurrent

from gregaria._hub import hub
from gregaria._native import Marker, MasterNode

from ._distributed_runner import DistributedRunner
from ._joining import Entrance
from ._nodes import WorkerNode, WorkerNodes
from ._offering import Offering

if TYPE_CHECKING:
    from .env import Environment
    from .event import EventHook
    from .user.users import User

logger = logging.getLogger("locust.runners")

#: Seconds that workers have to report their users after the last step of a ramp.
REPORT_WAIT = float(os.getenv("LOCUST_WAIT_FOR_WORKERS_REPORT_AFTER_RAMP_UP") or 1.0)

#: Seconds of waiting for workers after which the log says so.
PATIENCE = 5


#: Options that are nobody's business but the master's: secrets, and who may see the page.
MASTERS_OWN = (
    *("join_token", "join_token_file", "invitation"),
    *("oidc_client_secret", "oidc_operators", "oidc_viewers"),
)


class MasterRunner(DistributedRunner):
    """Leads workers; spawns no users itself. The options of the environment say who may join."""

    _node: MasterNode

    def __init__(
        self,
        environment: Environment,
        master_bind_host: str,
        master_bind_port: int,
    ) -> None:
        self._has_ended = Event()
        self._has_started = Event()
        self._has_stopped = Event()
        self._is_asked_to_quit = False
        self._has_warned_of_another_maker = False
        self.has_lost_all_workers = False
        """The run has ended before its time, since the last worker has gone missing."""
        options = environment.parsed_options
        self.entrance = Entrance.of(options)
        # A file without a token raises: the port must not be open by mistake.
        tokens = self.entrance.tokens()
        self._token = tokens[0] if tokens else None
        self._node = MasterNode(
            hub().engine,
            environment.stats.native,
            master_bind_host,
            master_bind_port,
            uuid.uuid4().hex,
            bool(getattr(options, "headless", False)),
            bool(getattr(options, "enable_rebalancing", False)),
            REPORT_WAIT,
            tokens,
            self.entrance.certificate,
        )
        super().__init__(environment)
        self.master_bind_host = master_bind_host
        self.master_bind_port = self._node.port()
        self._offering = Offering(self)
        for event in self._watched_events():
            event._watchers.append(self._note_audience)
        self._note_audience()
        self._obey()
        self._spawn(self._tick_stats)
        self._spawn(self._offering.watch)
        if self.entrance.file is not None:
            self._spawn(self.entrance.file.watch, self._use_tokens)

    def _watched_events(self) -> tuple[EventHook, EventHook]:
        """What the node tells only to those who listen: a large cluster does it too often."""
        events = self.environment.events
        return events.heartbeat_sent, events.worker_report

    def _note_audience(self) -> None:
        heartbeat_sent, worker_report = self._watched_events()
        self._node.set_audience(bool(heartbeat_sent._handlers), bool(worker_report._handlers))

    @property
    def state(self) -> str:
        """State of the run. The workers decide it."""
        return self._node.state()

    @state.setter
    def state(self, value: str) -> None:
        """Does nothing: what Locust's runners set, the node knows."""

    @property
    def clients(self) -> WorkerNodes:
        """The workers of this moment, missing ones included."""
        nodes = WorkerNodes()
        for id, state, liveness, cpu, is_warned, memory, counts in self._node.clients():
            node = WorkerNode(id, state, liveness)
            node.cpu_usage = cpu
            node.cpu_warning_emitted = is_warned
            node.memory_usage = memory
            node.user_classes_count = dict(counts)
            nodes[id] = node
        return nodes

    @property
    def worker_count(self) -> int:
        """How many workers can be given users."""
        return self._node.worker_count()

    @property
    def user_count(self) -> int:
        """Users of all workers."""
        return self._node.user_count()

    @property
    def user_classes_count(self) -> dict[str, int]:
        """Users of all workers by class."""
        return dict(self._node.user_classes_count())

    def invitation(self, host: str) -> str | None:
        """The line with which a worker joins at `host`; `None` if whoever reaches the port may."""
        return self._node.invitation(host, self._token) if self._token else None

    def _use_tokens(self, from_file: list[str]) -> None:
        """Takes the tokens of the changed file in place of those before."""
        tokens = [*self.entrance.given, *from_file]
        self._node.set_tokens([*tokens, *self.entrance.local])
        self._token = tokens[0]
        logger.info("The file of join tokens has changed: %d hold from here on", len(tokens))

    def get_worker_index(self, client_id: str) -> int:
        """Number of a worker, from 0; −1 for one that has never joined."""
        index = self._node.worker_index(client_id)
        return -1 if index is None else index

    def cpu_log_warning(self) -> bool:
        """Logs at the end of a test that a CPU was the limit, if it was; returns whether."""
        was_here = super().cpu_log_warning()
        was_there = any(client.cpu_warning_emitted for client in self.clients.values())
        if was_there:
            logger.warning(
                "CPU usage threshold was exceeded on workers during the test! Add workers, or do "
                "less in the tasks"
            )
        return was_here or was_there

    def wait_for_workers(self, expected: int, max_wait: float) -> bool:
        """Waits until so many workers are there, at most `max_wait` seconds; 0 is no limit.

        After that, goes on with those that came, and logs how many are missing. Returns whether
        there are any.
        """
        started = time.monotonic()
        while len(present := self.clients.ready) < expected:
            waited = time.monotonic() - started
            if max_wait and waited >= max_wait:
                if present:
                    logger.warning(
                        "%s of %s expected workers did not come in time; starting with %s: %s",
                        expected - len(present),
                        expected,
                        len(present),
                        ", ".join(client.id for client in present),
                    )
                return bool(present)
            if waited > PATIENCE:
                logger.info(
                    "Waiting for workers to be ready, %s of %s connected", len(present), expected
                )
            gevent.sleep(1 if not max_wait else min(1, max_wait - waited))
        return True

    # --- what the master is told ------------------------------------------------------------------

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """Starts a test or changes its user count; returns when the ramp has ended.

        Does nothing after `quit`.
        """
        if self._has_ended.is_set():
            return
        if getcurrent() is not self._control:
            self._offering.settle()
        self.target_user_count = user_count
        self.spawn_rate = spawn_rate
        names = [each.__name__ for each in user_classes] if user_classes else None
        self._has_started.clear()
        self._node.start(user_count, spawn_rate, names, *self._job())
        self._await(self._has_started)

    def _job(self) -> tuple[list[tuple[str, float, int]], str | None, float | None, dict[str, Any]]:
        """What workers are told with each step: classes, host, time to stop, options."""
        environment = self.environment
        classes = [
            (name, float(each.weight), int(each.fixed_count))
            for name, each in self.user_classes_by_name.items()
        ]
        options = dict(vars(environment.parsed_options)) if environment.parsed_options else {}
        for name in MASTERS_OWN:
            options.pop(name, None)
        return classes, environment.host, environment.stop_timeout, options

    def stop(self, send_stop_to_client: bool = True) -> None:
        """Stops the users of all workers. Returns when they are gone."""
        if self._has_ended.is_set():
            # Nobody is left to stop, and nobody to say so.
            return
        self._has_stopped.clear()
        self._node.stop(self._end_reason)
        self._await(self._has_stopped)

    def stop_now(self) -> None:
        """Stops the users of our own workers whatever they do. Returns when all are gone."""
        if self._has_ended.is_set():
            return
        self._has_stopped.clear()
        self._node.stop_now(self._end_reason)
        self._await(self._has_stopped)

    def dismiss_worker(self, client_id: str) -> bool:
        """Forgets a missing worker, and tells any other to leave. Returns whether there is one."""
        if client_id not in self.clients:
            return False
        self._node.dismiss_worker(client_id)
        return True

    def quit(self) -> None:
        """Lets the workers go and waits for their last reports; the run is over then."""
        self._is_asked_to_quit = True
        self._node.quit(self._end_reason)
        self._await(self._has_ended)
        self._kill_unless_current(self.shape_greenlet)
        for event in self._watched_events():
            if self._note_audience in event._watchers:
                event._watchers.remove(self._note_audience)
        self._rest()

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Sends a custom message to a worker, or to all of them."""
        self._node.send_message(msg_type, data, client_id)

    # --- what the master wants --------------------------------------------------------------------

    def _do_begin(self) -> None:
        # A listener of `test_start` may wait for what only other orders bring.
        self._spawn(self._begin)

    def _begin(self) -> None:
        # Whether it goes on, the node knows: a stop has reached it.
        self._begin_test()
        shape = self.environment.shape_class
        if shape is not None:
            shape.reset_time()
        self._node.begun(*self._job())

    def _do_start_done(self) -> None:
        self._has_started.set()

    def _do_stop_done(self) -> None:
        self.cpu_log_warning()
        self._has_stopped.set()

    def _do_end_shape(self) -> None:
        shape, self.shape_greenlet, self.shape_last_tick = self.shape_greenlet, None, None
        if shape is not None:
            gevent.spawn(shape.kill)

    def _do_test_stopping(self, user_classes_count: list[tuple[str, int]]) -> None:
        self.final_user_classes_count = dict(user_classes_count)
        self.environment.events.test_stopping.fire(environment=self.environment)

    def _do_test_stop(self) -> None:
        self.environment.events.test_stop.fire(environment=self.environment)

    def _do_spawning_complete(self, user_count: int) -> None:
        self.environment.events.spawning_complete.fire(user_count=user_count)

    def _do_worker_connect(self, client_id: str) -> None:
        if self._allowed_hosts.are_limited and not self._node.is_ours(client_id):
            self._warn_of_another_maker(client_id)
        self.environment.events.worker_connect.fire(client_id=client_id)

    def _warn_of_another_maker(self, client_id: str) -> None:
        if not self._has_warned_of_another_maker:
            self._has_warned_of_another_maker = True
            logger.warning(
                "Worker %s is not one of gregaria's: nothing keeps its requests to the hosts of "
                "--allowed-hosts (said once)",
                client_id,
            )

    def _do_heartbeat_sent(self, client_id: str, timestamp: float) -> None:
        self.environment.events.heartbeat_sent.fire(client_id=client_id, timestamp=timestamp)

    def _do_report(self, client_id: str, is_stale: bool) -> None:
        data = self._node.report_data()
        self.environment.events.worker_report.fire(client_id=client_id, data=data)
        if not is_stale:
            self._node.merge_report()

    def _do_mark(self, marker: Marker) -> None:
        self.stats.native.mark(marker)

    def _do_exception(
        self,
        client_id: str,
        message: str,
        formatted_traceback: str,
        count: int,
        error_type: str | None,
    ) -> None:
        self.stats.native.record_exception(
            message, formatted_traceback, client_id, count, error_type
        )

    def _do_worker_log(self, worker: str, lines: list[str]) -> None:
        self.environment.update_worker_logs({"worker_id": worker, "logs": lines})

    def _do_custom(self, client_id: str, kind: str, data: Any) -> None:
        unknown = f"Unknown message type received from worker {client_id}: %s"
        self._hear(kind, data, client_id, unknown)

    def _do_send_locustfile(self, client_id: str, is_ours: bool) -> None:
        self._offering.answer(client_id, is_ours)

    def _do_bundle_held(self, client_id: str, sha256: str) -> None:
        self._offering.held(client_id, sha256)

    def _do_end(self, reason: str, is_lost: bool) -> None:
        self.has_lost_all_workers = is_lost
        self._has_ended.set()
        self._has_started.set()
        self._has_stopped.set()
        if not self._is_asked_to_quit:
            logger.warning("The run has ended: %s", reason)
            self._end_soon()
