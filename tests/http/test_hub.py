"""The rules for living with greenlets, each with the failure it prevents."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import gevent
import gevent.event
import gevent.pool
import pytest
from gevent.server import StreamServer
from greenlet import getcurrent

from gregaria import _hub
from gregaria._native import Engine
from gregaria.locust.clients import HttpSession
from gregaria.locust.contrib.fasthttp import FastHttpSession
from gregaria.locust.event import EventHook

LIMIT = 60  # seconds for anything that must happen; nothing here takes one

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers at once, except on `/never`. Remembers which connections were closed."""

    def __init__(self) -> None:
        self.waiting = gevent.event.Event()
        self.closed = gevent.event.Event()
        self.connections = 0
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, connection: socket.socket, _address: object) -> None:
        self.connections += 1
        pending = b""
        while True:
            more = connection.recv(65536)
            if not more:
                self.closed.set()
                return
            pending += more
            while b"\r\n\r\n" in pending:
                head, _, pending = pending.partition(b"\r\n\r\n")
                path = head.split(b" ")[1]
                if path == b"/never":
                    self.waiting.set()
                else:
                    body = path
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                    )

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with gevent.Timeout(LIMIT):
        server = Server()
        yield server
        server.stop()


class Person:
    """What a session needs of a user."""

    _has_yielded = False

    def context(self) -> dict[str, object]:
        return {}


def session(url: str) -> HttpSession:
    session = HttpSession(url, EventHook(), Person())
    session.trust_env = False
    return session


def refused_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_a_kill_during_a_request_ends_it_and_closes_its_connection(server: Server) -> None:
    client = session(server.url)
    greenlet = gevent.spawn(client.get, "/never")
    assert server.waiting.wait(LIMIT)
    greenlet.kill()
    assert server.closed.wait(LIMIT)
    assert client.get("/after").text == "/after"


def test_a_timeout_during_a_request_is_the_users_own(server: Server) -> None:
    client = session(server.url)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
        client.get("/never")
    assert client.get("/after").text == "/after"


def test_an_answer_that_lies_in_the_queue_dies_with_its_request() -> None:
    hub = _hub.hub()
    slept = []

    def sleeper() -> None:
        # Thrown before the drain that would deliver the end of the sleep.
        gevent.get_hub().loop.run_callback(greenlet.throw, gevent.GreenletExit)
        with pytest.raises(gevent.GreenletExit):
            hub.sleep(0)
        # A stray wake-up would end this sleep early.
        start = time.monotonic()
        hub.sleep(0.02)
        slept.append(time.monotonic() - start)

    greenlet = gevent.spawn(sleeper)
    greenlet.join(LIMIT)
    assert slept
    assert slept[0] >= 0.02


def test_a_host_that_refuses_every_connection_does_not_starve_the_others() -> None:
    url = refused_url()
    is_done = False

    def hammer() -> None:
        client = session(url)
        while not is_done:
            assert client.get("/").status_code == 0

    hammers = [gevent.spawn(hammer) for _ in range(3)]
    ticks = 0
    for _ in range(20):
        gevent.sleep(0.001)
        ticks += 1
    is_done = True
    gevent.joinall(hammers, timeout=LIMIT, raise_error=True)
    assert ticks == 20


def test_what_finishes_without_an_event_still_wakes_its_greenlet() -> None:
    with gevent.Timeout(LIMIT):
        client = session(refused_url())
        assert [client.get("/").status_code for _ in range(50)] == [0] * 50


def test_every_answer_reaches_its_own_request(server: Server) -> None:
    pool = gevent.pool.Pool(200)
    wrong = []

    def ask(number: int) -> None:
        client = session(server.url)
        for step in range(5):
            path = f"/{number}-{step}"
            try:
                with gevent.Timeout(0.001 if (number + step) % 7 == 0 else LIMIT):
                    answer = client.get(path).text
            except gevent.Timeout:
                continue
            if answer != path:
                wrong.append((path, answer))

    for number in range(300):
        pool.spawn(ask, number)
    pool.join(LIMIT)
    assert not wrong


def test_a_sleep_is_never_early_and_zero_lets_others_run() -> None:
    hub = _hub.hub()
    for seconds in (0.0, 0.0005, 0.003, 0.01):
        start = time.monotonic()
        hub.sleep(seconds)
        assert time.monotonic() - start >= seconds
    order: list[str] = []
    other = gevent.spawn(order.append, "other")
    hub.sleep(0)
    order.append("sleeper")
    other.join(LIMIT)
    assert order == ["other", "sleeper"]


class StandIn:
    """An engine that always has more to hand out, and counts its turns."""

    def __init__(self) -> None:
        self.turns = 0
        self.left = 0
        self.real = Engine()

    def fileno(self) -> int:
        return self.real.fileno()

    def turn(self, limit: int) -> None:
        self.turns += 1
        self.left = limit

    def has_more(self) -> bool:
        return True

    def next(self) -> tuple[object, object] | None:
        self.left -= 1
        return None if self.left < 0 else (self, None)

    def switch(self, _outcome: object) -> None:
        """In place of a greenlet's."""

    def cancel(self, _ticket: int) -> None: ...


def test_a_drain_makes_one_turn_and_then_lets_gevent_run() -> None:
    engine = StandIn()
    hub = _hub.Hub(engine)  # type: ignore[arg-type]
    hub.drain_soon()
    for expected in range(1, 4):
        gevent.sleep(0)
        assert engine.turns in (expected, expected + 1)
    hub.close()


def test_a_greenlet_that_dies_when_it_is_woken_does_not_hold_up_the_rest() -> None:
    hub = _hub.hub()
    woken = gevent.event.Event()

    def late() -> None:
        hub.sleep(0)
        woken.set()

    def raises() -> None:
        hub.sleep(0)
        raise RuntimeError("on purpose")

    greenlets = [gevent.spawn(raises), gevent.spawn(late)]
    assert woken.wait(LIMIT)
    gevent.joinall(greenlets, timeout=LIMIT)
    assert isinstance(greenlets[0].exception, RuntimeError)


def test_a_forked_child_gets_an_engine_of_its_own(server: Server) -> None:
    parent = _hub.hub()
    assert session(server.url).get("/parent").text == "/parent"
    child = os.fork()
    if not child:
        exit_code = 1
        try:
            own = _hub.hub()
            own.sleep(0.001)
            exit_code = 0 if own is not parent and own.engine.pid() == os.getpid() else 2
        finally:
            os._exit(exit_code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert session(server.url).get("/parent").text == "/parent"


@pytest.fixture
def load(server: Server) -> Iterator[list[int]]:
    """Twenty users that send without a pause."""
    counts = [0]
    is_done = False

    def user() -> None:
        client = session(server.url)
        while not is_done:
            assert client.get("/x").status_code == 200
            counts[0] += 1

    users = [gevent.spawn(user) for _ in range(20)]
    gevent.sleep(0)
    yield counts
    is_done = True
    gevent.joinall(users, timeout=LIMIT, raise_error=True)
    assert counts[0] > 0


def test_patched_sleep_runs_beside_full_load(load: list[int]) -> None:
    before = load[0]
    # On a busy machine, a short sleep may be over before anybody is answered.
    end = time.monotonic() + LIMIT
    while load[0] == before and time.monotonic() < end:
        time.sleep(0.05)
    assert load[0] > before


def test_patched_sockets_run_beside_full_load(load: list[int], server: Server) -> None:
    with socket.create_connection(server.url.removeprefix("http://").split(":"), LIMIT) as own:
        for _ in range(10):
            own.sendall(b"GET /own HTTP/1.1\r\n\r\n")
            assert own.recv(1000).endswith(b"/own")


def test_patched_threads_run_beside_full_load(load: list[int]) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(getcurrent())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert len(set(map(id, found))) == 5


def test_gevents_thread_pool_runs_beside_full_load(load: list[int]) -> None:
    assert gevent.get_hub().threadpool.apply(sum, ([1, 2, 3],)) == 6


def test_several_requests_of_one_user_at_a_time(server: Server, load: list[int]) -> None:
    client = session(server.url)
    pool = gevent.pool.Pool(10)
    assert [r.text for r in pool.map(client.get, [f"/{n}" for n in range(30)])] == [
        f"/{n}" for n in range(30)
    ]


@pytest.mark.parametrize(("settings", "limit"), [({}, 10), ({"concurrency": 2}, 2)])
def test_the_fast_client_opens_no_more_connections_than_it_may(
    server: Server, settings: dict[str, int], limit: int
) -> None:
    client = FastHttpSession(server.url, EventHook(), None, **settings)
    pool = gevent.pool.Pool(30)
    assert [r.text for r in pool.map(client.get, [f"/{n}" for n in range(60)])] == [
        f"/{n}" for n in range(60)
    ]
    assert server.connections == limit
