"""Clients that are used in another thread, or in a forked child, than those they were made in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
import requests
from gevent.event import Event

from gregaria import _hub
from gregaria._native import Stats
from gregaria.locust import FastHttpUser, HttpUser
from gregaria.locust.env import Environment

#: Seconds after which something has hung.
LIMIT = 60


#: Clients live as long as their users in a run. Here a thread could be the last to let go of one,
#: and Rust, which must not drop it there, would say so.
ALIVE: list[Any] = []


class Run:
    """A client of one kind, and what it counts."""

    def __init__(self, kind: type, url: str) -> None:
        user_class = type("Person", (kind,), {"host": url})
        self.environment = Environment(user_classes=[user_class])
        self.stats = self.environment.events.request.recorder = Stats()
        self.client = user_class(self.environment).client
        ALIVE.append(self.client)

    def count(self, name: str, method: str = "GET") -> int:
        return self.stats.entry(name, method).num_requests

    def total(self) -> tuple[int, int]:
        total = self.stats.total()
        return total.num_requests, total.num_failures


@pytest.fixture(params=[HttpUser, FastHttpUser], ids=["HttpUser", "FastHttpUser"])
def run(request: pytest.FixtureRequest, target: str) -> Iterator[Run]:
    with gevent.Timeout(LIMIT):
        yield Run(request.param, target)


def in_thread(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Calls it in a thread of gevent's pool, which has a hub of its own."""
    return gevent.get_hub().threadpool.spawn(call, *arguments, **named).get()


def test_a_request_from_a_thread_is_sent_and_counted_once(run: Run) -> None:
    # The first of all, so that nothing has been made yet in the thread of the engine.
    assert in_thread(run.client.get, "/").status_code == 200
    assert in_thread(run.client.post, "/nowhere", data={"a": 1}).status_code == 404
    assert in_thread(run.client.request, "GET", "/", name="named").status_code == 200
    assert run.client.get("/").status_code == 200
    assert (run.count("/"), run.count("/nowhere", "POST"), run.count("named")) == (2, 1, 1)
    assert run.total() == (4, 1)


def test_a_block_in_a_thread_judges_its_request(run: Run) -> None:
    told: list[dict[str, Any]] = []
    run.environment.events.request.add_listener(lambda **facts: told.append(facts))

    def judge() -> None:
        with run.client.get("/", catch_response=True) as response:
            response.failure("not this time")

    in_thread(judge)
    assert run.total() == (1, 1)
    assert [(facts["name"], str(facts["exception"])) for facts in told] == [("/", "not this time")]


def test_an_exception_of_a_request_is_raised_in_its_thread(target: str) -> None:
    client = Run(HttpUser, target).client
    client.base_url = ""
    with pytest.raises(requests.exceptions.MissingSchema):
        in_thread(client.get, "nowhere")


def jar_of(run: Run) -> Any:
    return run.client.cookies if isinstance(run.client, requests.Session) else run.client.cookiejar


def test_threads_and_users_share_their_cookies(run: Run) -> None:
    jar = jar_of(run)
    in_thread(jar.set, "from", "a thread")
    assert jar.get("from") == "a thread"
    jar.set("to", "a thread")
    assert in_thread(jar.get, "to") == "a thread"
    in_thread(jar.clear)
    assert len(jar) == 0


def test_many_threads_send_beside_users(run: Run) -> None:
    pool = gevent.get_hub().threadpool
    threads = [pool.spawn(run.client.get, "/", name=f"{n}") for n in range(20)]
    users = [gevent.spawn(run.client.get, "/", name="user") for _ in range(20)]
    gevent.joinall(users, raise_error=True)
    assert {each.get().status_code for each in threads} == {200}
    assert [run.count(f"{n}") for n in range(20)] == [1] * 20
    assert run.total() == (40, 0)


def test_a_thread_closes_a_client(run: Run) -> None:
    assert run.client.get("/").status_code == 200
    in_thread(run.client.close)
    assert run.client.get("/").status_code == 200


def in_child(check: Callable[[], bool]) -> None:
    """Forks; the child has to find `check` true."""
    child = os.fork()
    if not child:
        code = 1
        try:
            with gevent.Timeout(LIMIT):
                code = 0 if check() else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_session_goes_on_in_a_forked_child_and_in_its_parent(run: Run) -> None:
    assert run.client.get("/").status_code == 200
    jar = jar_of(run)
    jar.set("kept", "yes")
    engine = _hub.hub().engine

    def check() -> bool:
        statuses = [run.client.get("/").status_code for _ in range(3)]
        own = jar_of(run)
        return (
            statuses == [200] * 3
            and own.get("kept") == "yes"
            and _hub.hub().engine is not engine
            and run.total() == (4, 0)
        )

    in_child(check)
    assert run.client.get("/").status_code == 200
    assert run.total() == (2, 0)


def test_a_child_leaves_the_parents_requests_alone(run: Run) -> None:
    def check() -> bool:
        return run.client.get("/").status_code == 200

    assert run.client.get("/").status_code == 200
    begun, is_over = Event(), Event()

    def user() -> None:
        begun.set()
        for _ in range(50):
            assert run.client.get("/", name="user").status_code == 200
        is_over.set()

    greenlet = gevent.spawn(user)
    begun.wait()
    in_child(check)
    assert is_over.wait(LIMIT)
    greenlet.get()
    assert run.count("user") == 50


def test_a_child_of_a_child_goes_on_too(run: Run) -> None:
    assert run.client.get("/").status_code == 200

    def check() -> bool:
        in_child(lambda: run.client.get("/").status_code == 200)
        return run.client.get("/").status_code == 200

    in_child(check)
