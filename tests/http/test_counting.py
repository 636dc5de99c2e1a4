"""What is counted is what listeners are told, and JSON is what the standard library says it is."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import gevent
import pytest
from gevent.server import StreamServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gregaria._native import Stats
from gregaria.locust import FastHttpUser, HttpUser
from gregaria.locust.env import Environment
from gregaria.locust.exception import CatchResponseError, LocustError, StopUser

LIMIT = 60


class Server:
    """Says what it has been told to say, and hangs up if that is nothing."""

    def __init__(self) -> None:
        self.reply = b""
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, status: str, body: bytes = b"", *lines: str) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
        self.reply = "\r\n".join(head).encode() + body

    def _serve(self, connection: socket.socket, _address: object) -> None:
        pending = b""
        while more := connection.recv(65536):
            pending += more
            while b"\r\n\r\n" in pending:
                _, _, pending = pending.partition(b"\r\n\r\n")
                if not self.reply:
                    connection.close()
                    return
                connection.sendall(self.reply)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server._server.stop()


class Run:
    """A client of one kind, what it counts and what its listeners are told."""

    def __init__(self, kind: type, url: str, *, listens: bool = True) -> None:
        user_class = type("Person", (kind,), {"host": url})
        environment = self.environment = Environment(user_classes=[user_class])
        self.stats = environment.events.request.recorder = Stats()
        self.told: list[dict] = []
        if listens:
            environment.events.request.add_listener(lambda **facts: self.told.append(facts))
        self.client = user_class(environment).client

    def totals(self) -> tuple[int, int]:
        total = self.stats.total()
        return total.num_requests, total.num_failures


@pytest.fixture(params=[HttpUser, FastHttpUser], ids=["HttpUser", "FastHttpUser"])
def run(request: pytest.FixtureRequest, server: Server) -> Iterator[Run]:
    with gevent.Timeout(LIMIT):
        yield Run(request.param, server.url)


REPLIES = {
    "404 Not Found": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "500 with a quote": b'HTTP/1.1 500 It\'s "so"\r\nContent-Length: 0\r\n\r\n',
    "305": b"HTTP/1.1 305 Use Proxy\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-nonsense\r\n\r\n",
    "a redirect in circles": b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    "a redirect to nowhere": b"HTTP/1.1 302 F\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_a_failure_is_counted_under_the_text_of_its_exception(
    run: Run, server: Server, reply: bytes
) -> None:
    server.reply = reply
    run.client.get("/x")
    failures = run.stats.failures()
    exception = run.told[0]["exception"]
    if exception is None:
        assert not failures
    else:
        assert [failure[2] for failure in failures] == [repr(exception)]


def test_nobody_at_the_port_is_counted_under_the_text_of_its_exception() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for kind in (HttpUser, FastHttpUser):
            run = Run(kind, url)
            run.client.get("/x")
            assert run.stats.failures()[0][2] == repr(run.told[0]["exception"])


def test_a_name_nobody_has_is_counted_under_the_text_of_its_exception() -> None:
    for kind in (HttpUser, FastHttpUser):
        run = Run(kind, "http://nobody.invalid")
        run.client.get("/x")
        assert run.stats.failures()[0][2] == repr(run.told[0]["exception"])


def test_a_request_is_counted_once_with_and_without_listeners(server: Server) -> None:
    server.say("200 OK", b"ok")
    for kind in (HttpUser, FastHttpUser):
        for listens in (True, False):
            run = Run(kind, server.url, listens=listens)
            run.client.get("/")
            run.client.post("/", data={"a": 1})
            with run.client.get("/", catch_response=True):
                pass
            assert run.totals() == (3, 0)
            assert len(run.told) == (3 if listens else 0)


def test_statuses_are_counted_on_every_way_to_an_answer(run: Run, server: Server) -> None:
    for status in ("200 OK", "404 Not Found", "404 Not Found"):
        server.say(status)
        run.client.get("/")
    server.say("503 Service Unavailable")
    with run.client.get("/", catch_response=True) as response:
        response.success()
    server.say("")
    server.reply = b""
    run.client.get("/")
    assert run.stats.entry("/", "GET").statuses == {200: 1, 404: 2, 503: 1}
    # Whoever sends requests by other means says what has come by the event.
    told = {"request_type": "GET", "name": "/", "response_time": 1, "response_length": 0}
    for response in (run.told[0]["response"], None, "202"):
        run.environment.events.request.fire(**told, response=response)
    assert run.stats.total().statuses == {200: 2, 404: 2, 503: 1}


def test_a_request_that_is_cut_off_is_told_and_counted_nowhere_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for kind in (HttpUser, FastHttpUser):
            for listens in (True, False):
                run = Run(kind, url, listens=listens)
                asking = gevent.spawn(run.client.get, "/")
                gevent.sleep(0)
                assert run.stats.aborted() == 0
                asking.kill()
                assert (run.totals(), run.told, run.stats.aborted()) == ((0, 0), [], 1)
                run.stats.reset()
                assert run.stats.aborted() == 0


def test_a_url_may_be_bytes(server: Server) -> None:
    server.say("200 OK", b"ok")
    assert Run(HttpUser, server.url, listens=False).client.get(b"/x").text == "ok"


def test_a_block_decides_whether_a_request_was_a_success(run: Run, server: Server) -> None:
    server.say("500 Internal Server Error")
    with run.client.get("/", catch_response=True) as response:
        response.success()
    assert run.totals() == (1, 0)
    with run.client.get("/", catch_response=True) as response:
        response.failure("no luck")
    with pytest.raises(ZeroDivisionError), run.client.get("/", catch_response=True) as response:
        raise ZeroDivisionError("in the block")
    with pytest.raises(StopUser), run.client.get("/", catch_response=True):
        raise StopUser
    assert run.totals() == (3, 2)
    assert {failure[2] for failure in run.stats.failures()} == {
        repr(CatchResponseError("no luck")),
        repr(ZeroDivisionError("in the block")),
    }


def test_a_response_can_only_be_judged_in_a_block_that_was_asked_for(
    run: Run, server: Server
) -> None:
    server.say("200 OK")
    response = run.client.get("/")
    with pytest.raises(LocustError):
        response.success()
    with pytest.raises(LocustError), run.client.get("/"):
        pass
    assert run.totals() == (2, 0)


def test_the_length_counted_is_that_of_the_decoded_body(run: Run, server: Server) -> None:
    server.say("200 OK", gzip.compress(b"x" * 5000), "Content-Encoding: gzip")
    response = run.client.get("/")
    assert run.told[0]["response_length"] == 5000
    assert response.text == "x" * 5000


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ODD = [
    b"", b"{", b"[1,]", b"-0", b"-0.0", b"1e400", b"NaN", b"-Infinity", b'"\\ud800"', b"01",
    b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b'"\x01"', b" [1] ", b"1" * 400, b'"\xff"', b"1.",
    b"[1] x",
]  # fmt: skip


def agree(run: Run, server: Server, body: bytes) -> None:
    server.say("200 OK", body, "Content-Type: application/json")
    response = run.client.get("/")
    try:
        expected = json.loads(body.decode(errors="replace"))
    except ValueError:
        with pytest.raises(ValueError, match=""):
            response.json()
    else:
        assert repr(response.json()) == repr(expected)


@pytest.mark.parametrize("body", ODD)
def test_odd_json_is_read_as_the_standard_library_reads_it(
    run: Run, server: Server, body: bytes
) -> None:
    agree(run, server, body)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=VALUES, is_ascii=st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(
    run: Run, server: Server, value: object, is_ascii: bool
) -> None:
    try:
        body = json.dumps(value, ensure_ascii=is_ascii).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return
    agree(run, server, body)
