"""The page of a master: what only a cluster can show, and what is done to its workers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.page import Page, own_port, serve

#: A user that fails and raises; one that is alone on its worker never comes back from its task.
TEST = """\
import time

import gevent
from locust import HttpUser, constant, task


class Full:
    status_code = 503


class Visitor(HttpUser):
    wait_time = constant(0.1)
    host = "http://127.0.0.1:1"
    turn = 0

    @task
    def visit(self):
        self.turn += 1
        self.environment.events.request.fire(
            request_type="GET",
            name="/",
            response_time=1.5,
            response_length=10,
            exception=ValueError("full"),
            url="http://me:word@shop/cart?token=t&page=2",
            response=Full,
        )
        if self.turn < 6:
            until = time.perf_counter() + 0.2
            while time.perf_counter() < until:
                pass
        if self.turn == 2:
            self.client.get("/gone")
            {}["total"]
        if self.environment.runner.target_user_count == 1:
            gevent.sleep(1000)
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "locustfile.py").write_text(TEST)
    options = ("--processes", "2", "--stop-timeout", "100", "--zone", "north-1a")
    with serve(folder, *own_port(), *options) as page:
        page.wait_for(lambda stats: stats["worker_count"] == 2)
        yield page


def snapshot(page: Page, run: int) -> Any:
    return page.get(f"/api/v1/runs/{run}").json


def test_failures_and_errors_name_their_workers_and_type(page: Page) -> None:
    assert page.send("/api/v1/runs", {"users": 4, "spawn_rate": 100}).json == {"run": 1}
    page.wait_for(
        lambda _: (
            (shown := snapshot(page, 1)).get("exceptions")
            and len(shown["exceptions"][0]["workers"]) == 2
            and shown["failures"][0]["worker_count"] == 2
        )
    )
    shown = snapshot(page, 1)
    assert shown["exceptions"][0]["error_type"] == "KeyError"
    assert shown["exceptions"][0]["message"] == "'total'"
    courses = page.get("/api/v1/runs/1/failures?failures=0&exceptions=0").json
    ids = sorted(each["id"] for each in shown["worker_names"])
    assert sorted(courses["failures"][0]["workers"]) == ids
    assert sorted(courses["exceptions"][0]["workers"]) == ids
    page.post("/stop")


def test_an_endpoint_shows_single_requests_that_its_workers_have_kept(page: Page) -> None:
    """While their run is the last one; the next test has the next."""
    entry = page.get("/api/v1/runs/1/entries/1").json
    assert {each["status"] for each in entry["statuses"]} == {503}
    assert len(entry["slow"]) == len(entry["failed"]) == 5
    for request in (*entry["slow"], *entry["failed"]):
        assert request["url"] == "http://***@shop/cart?token=***&page=2"
        assert (request["method"], request["status"], request["time_ms"]) == ("GET", 503, 1.5)
        assert request["error"] == "ValueError('full')"
    newest_first = [request["at"] for request in entry["failed"]]
    assert newest_first == sorted(newest_first, reverse=True)


def test_a_stop_now_does_not_wait_for_tasks(page: Page) -> None:
    assert page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100}).json == {"run": 2}
    # Figures of the run before stand until this one has begun.
    page.wait_for(
        lambda _: (
            (shown := snapshot(page, 2)).get("state", {}).get("phase") == "running"
            and shown["overview"]["whole_run"]["requests"] >= 2
        )
    )
    assert page.send("/api/v1/runs/2/stop", {}).status == 202
    page.wait_for(lambda stats: stats["state"] == "stopping")
    state = snapshot(page, 2)["state"]
    assert (state["phase"], len(state["still_running"])) == ("stopping", 2)
    assert page.send("/api/v1/runs/2/stop", {"now": True}).status == 202
    page.wait_for(lambda stats: (stats["state"], stats["user_count"]) == ("stopped", 0))
    assert snapshot(page, 2)["state"]["end"]["kind"] == "stopped"


def test_a_kept_run_tells_what_its_workers_were_and_how_they_fared(page: Page) -> None:
    shown = snapshot(page, 1)
    assert [each["version"].split()[0] for each in shown["worker_names"]] == ["gregaria"] * 2
    assert [each["zone"] for each in shown["worker_names"]] == ["north-1a"] * 2
    # Each of four users has asked once where nobody listens.
    assert shown["workers"]["network_errors"] == [2, 2]
    # Each had two users that held it up for a fifth of a second again and again.
    assert min(shown["workers"]["lag_ms"]) > 100


def test_a_worker_that_is_removed_leaves_and_the_other_takes_its_users(page: Page) -> None:
    unknown = page.send("/api/v1/workers/remove", {"id": "nobody"})
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_worker")
    assert page.send("/api/v1/runs", {"users": 4, "spawn_rate": 100}).json == {"run": 3}
    stats = page.wait_for(lambda stats: stats["user_count"] == 4)
    gone, stays = (each["id"] for each in stats["workers"])
    assert page.send("/api/v1/workers/remove", {"id": gone}).status == 202
    stats = page.wait_for(
        lambda stats: stats["worker_count"] == 1 and stats["workers"][0]["user_count"] == 4
    )
    assert stats["workers"][0]["id"] == stays
    page.send("/api/v1/runs/3/stop", {"now": True})
    page.wait_for(lambda stats: stats["state"] == "stopped")
