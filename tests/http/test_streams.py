"""`FastHttpUser` with `stream=True`: the body is read from the connection when it is asked for."""

from __future__ import annotations

import gc
import gzip
import itertools
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.server import StreamServer

from gregaria._native import Stats
from gregaria.locust import FastHttpUser
from gregaria.locust.contrib.fasthttp import HTTPParseError
from gregaria.locust.env import Environment

#: Seconds after which something has hung.
LIMIT = 60


class Server:
    """Sends the pieces it has been given, and tells how much has left it."""

    def __init__(self) -> None:
        self.pieces: Iterator[bytes] = iter(())
        self.lines = ""
        self.asked = ""
        self.sent = 0
        self.connections = 0
        self.has_stopped = Event()
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, connection: socket.socket, _address: object) -> None:
        self.connections += 1
        try:
            while request := connection.recv(65536):
                self.asked = request.decode()
                connection.sendall(f"HTTP/1.1 200 OK\r\n{self.lines}\r\n".encode())
                for piece in self.pieces:
                    connection.sendall(piece)
                    self.sent += len(piece)
        except OSError:
            # The client has closed.
            pass
        finally:
            self.has_stopped.set()

    def say(self, body: bytes, *lines: str, piece: int = 1000) -> None:
        """Prepares one body, sent in pieces."""
        self.lines = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", *lines))
        self.pieces = (body[start : start + piece] for start in range(0, len(body), piece))


@pytest.fixture
def server() -> Iterator[Server]:
    with gevent.Timeout(LIMIT):
        server = Server()
        yield server
        server._server.stop()


class Run:
    def __init__(self, url: str) -> None:
        user_class = type("Person", (FastHttpUser,), {"host": url})
        environment = Environment(user_classes=[user_class])
        self.told: list[dict[str, Any]] = []
        self.stats = environment.events.request.recorder = Stats()
        self.events = environment.events
        self.client = user_class(environment).client


@pytest.fixture
def run(server: Server) -> Run:
    return Run(server.url)


def chunks(*pieces: bytes) -> Iterator[bytes]:
    for piece in (*pieces, b""):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)


def test_a_body_without_end_is_read_as_far_as_it_is_asked_for(server: Server, run: Run) -> None:
    server.lines = "Transfer-Encoding: chunked\r\n"
    server.pieces = (b"186a0\r\n" + b"x" * 100_000 + b"\r\n" for _ in itertools.count())
    response = run.client.get("/", stream=True)
    assert response.status_code == 200
    pieces, size = response.iter_content(1000), 0
    while size < 200_000:
        piece = next(pieces)
        assert piece == b"x" * len(piece)
        assert 0 < len(piece) <= 1000
        size += len(piece)
    # The rest stands in the buffers of the kernel, and the server waits, however often it may try.
    for _ in range(2000):
        gevent.sleep(0)
    assert server.sent < 50_000_000
    assert next(pieces)


def test_a_response_that_nobody_reads_to_its_end_closes_its_connection(
    server: Server, run: Run
) -> None:
    server.lines = "Transfer-Encoding: chunked\r\n"
    server.pieces = (b"186a0\r\n" + b"x" * 100_000 + b"\r\n" for _ in itertools.count())
    response = run.client.get("/", stream=True)
    next(response.iter_content(10))
    del response
    gc.collect()
    assert server.has_stopped.wait(LIMIT)


def test_a_request_is_counted_once_when_its_head_is_there(server: Server, run: Run) -> None:
    run.events.request.add_listener(lambda **facts: run.told.append(facts))
    server.say(b"x" * 5000)
    response = run.client.get("/", stream=True)
    assert run.stats.entry("/", "GET").num_requests == 1
    assert run.stats.entry("/", "GET").total_content_length == 5000
    assert [(facts["name"], facts["response_length"]) for facts in run.told] == [("/", 5000)]
    assert response.content == b"x" * 5000
    assert response.content == b"x" * 5000
    assert run.stats.total().num_requests == 1


def test_a_connection_is_used_again_after_the_end_of_a_stream(server: Server, run: Run) -> None:
    for number in range(3):
        server.say(b"body %d" % number)
        assert b"".join(run.client.get("/", stream=True).iter_content(3)) == b"body %d" % number
    server.say(b"whole")
    assert run.client.get("/").text == "whole"
    assert server.connections == 1


def test_lines_are_handed_out_as_they_come(server: Server, run: Run) -> None:
    go_on = Event()

    def pieces() -> Iterator[bytes]:
        yield from list(chunks(b"first\r\nsec"))[:1]
        go_on.wait()
        yield from chunks("ond ä\n".encode(), b"\nlast")

    server.lines = "Transfer-Encoding: chunked\r\n"
    server.pieces = pieces()
    lines = run.client.iter_lines("/")
    assert next(lines) == "first"
    go_on.set()
    assert list(lines) == ["second ä", "", "last"]


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), (None, bytes)],
)
def test_a_compressed_body_is_decoded_as_it_comes(
    server: Server, run: Run, coding: str | None, compress: Any
) -> None:
    body = b"".join(b"%d," % number for number in range(100_000))
    server.say(compress(body), *([f"Content-Encoding: {coding}"] if coding else []))
    response = run.client.get("/", stream=True)
    assert b"".join(response.iter_content(4096)) == body
    assert "accept-encoding: gzip, deflate\r\n" in server.asked.lower()
    server.say(compress(b'{"a": 1}'), *([f"Content-Encoding: {coding}"] if coding else []))
    response = run.client.get("/", stream=True)
    assert response.json() == {"a": 1}
    assert response.text == '{"a": 1}'
    raw = compress(b"raw")
    server.say(raw, *([f"Content-Encoding: {coding}"] if coding else []))
    response = run.client.get("/", stream=True)
    assert b"".join(response.iter_content(10, decode_content=False)) == raw


def test_a_body_that_is_cut_off_raises_where_it_ends(server: Server, run: Run) -> None:
    server.say(b"x" * 1000)
    server.lines = "Content-Length: 5000\r\nConnection: close\r\n"

    def pieces() -> Iterator[bytes]:
        yield b"x" * 1000
        raise ConnectionResetError

    server.pieces = pieces()
    response = run.client.get("/", stream=True)
    found = b""
    with pytest.raises((HTTPParseError, ConnectionError)):
        for piece in response.iter_content(100):
            found += piece
    assert found == b"x" * 1000


def test_a_kill_while_a_piece_is_awaited_is_the_users_own(server: Server, run: Run) -> None:
    server.lines = "Content-Length: 10\r\n"
    server.pieces = iter([b"x"])
    response = run.client.get("/", stream=True)
    pieces = response.iter_content(10)
    assert next(pieces) == b"x"
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        next(pieces)
    server.say(b"whole")
    assert run.client.get("/").text == "whole"


def test_an_empty_body_and_no_response_have_no_pieces(server: Server, run: Run) -> None:
    server.say(b"")
    response = run.client.get("/", stream=True)
    assert list(response.iter_content(10)) == []
    assert response.content == b""
    server._server.stop()
    run.client.close()
    response = run.client.get("/", stream=True)
    assert response.status_code == 0
    assert list(response.iter_content(10)) == []
    assert list(run.client.iter_lines("/")) == []
