"""Master and worker made by a program of one's own, here both in one process."""

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event

from gregaria.locust import User, constant, task
from gregaria.locust.env import Environment
from gregaria.locust.runners import MasterRunner, WorkerRunner

#: Seconds after which something will not happen any more.
LIMIT = 60


class Visitor(User):
    wait_time = constant(1)

    @task
    def look(self) -> None:
        pass


class Counted:
    """Requests of a worker, one at a time."""

    def __init__(self, environment: Environment) -> None:
        self._request = environment.events.request

    def request(self) -> None:
        self._request.fire(
            request_type="GET", name="/counted", response_time=1, response_length=0, exception=None
        )

    def merged(self, master: MasterRunner, count: int) -> None:
        """Waits until the master has counted so many."""
        while (seen := master.stats.total.num_requests) < count:
            gevent.sleep(0.05)
        assert seen == count


@pytest.fixture
def master() -> Iterator[MasterRunner]:
    with gevent.Timeout(LIMIT):
        runner = Environment(user_classes=[Visitor]).create_master_runner("127.0.0.1", 0)
        yield runner
        runner.quit()


@pytest.fixture
def worker(master: MasterRunner) -> Iterator[WorkerRunner]:
    environment = Environment(user_classes=[Visitor])
    runner = environment.create_worker_runner("127.0.0.1", master.master_bind_port)
    yield runner
    runner.quit()


def test_heartbeats_are_told_to_those_who_listen_and_to_nobody_else(
    master: MasterRunner, worker: WorkerRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[str] = []
    tell = MasterRunner._do_heartbeat_sent

    def note(runner: MasterRunner, client_id: str, timestamp: float) -> None:
        orders.append(client_id)
        tell(runner, client_id, timestamp)

    monkeypatch.setattr(MasterRunner, "_do_heartbeat_sent", note)
    answered, heard = [Event(), Event(), Event()], Event()

    def on_answer(**_: object) -> None:
        next(event for event in answered if not event.is_set()).set()

    worker.environment.events.heartbeat_received.add_listener(on_answer)
    answered[1].wait()
    assert orders == []
    worker.environment.events.heartbeat_received.remove_listener(on_answer)

    told: list[str] = []

    @master.environment.events.heartbeat_sent.add_listener
    def on_heartbeat(client_id: str, timestamp: float) -> None:
        told.append(client_id)
        heard.set()

    heard.wait()
    assert set(told) == {worker.client_id}


def test_reports_count_once_whether_anybody_looks_at_them_or_not(
    master: MasterRunner, worker: WorkerRunner
) -> None:
    counted = Counted(worker.environment)
    master.start(1, 1)
    counted.request()
    counted.merged(master, 1)

    seen: list[dict[str, Any]] = []
    hook = master.environment.events.worker_report

    def on_report(client_id: str, data: dict[str, Any]) -> None:
        seen.extend(data["stats"])

    hook.add_listener(on_report)
    counted.request()
    counted.merged(master, 2)
    assert [(entry["name"], entry["num_requests"]) for entry in seen] == [("/counted", 1)]

    hook.remove_listener(on_report)
    counted.request()
    counted.merged(master, 3)
    assert len(seen) == 1


def test_a_master_that_has_ended_starts_and_stops_nothing(
    master: MasterRunner, worker: WorkerRunner
) -> None:
    master.start(2, 10)
    assert master.user_count == 2
    master.quit()
    # Neither waits for what nobody can bring any more.
    master.stop()
    master.start(1, 1)
    master.quit()
    assert master.user_count == 0
