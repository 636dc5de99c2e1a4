"""A small server that a run loads: what it answers is known, byte by byte."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

#: What each path is answered with: status, type, body.
ANSWERS = {
    "/login": (200, "application/json", '{"token":"7f3a","name":"søren"}'.encode()),
    "/photo": (200, "image/png", b"\x89PNG\r\n\x1a\n\0" + bytes(12_336)),
    "/gone": (404, "text/plain", b"no such page"),
    "/stream": (200, "text/plain", b"piece by piece"),
    "/long": (200, "text/html", b"<p>" + b"x" * 5_000),
}


class Shop(BaseHTTPRequestHandler):
    """Answers as told above."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        status, kind, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """A server for whom users that end are nothing unusual."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing."""


@contextmanager
def open_shop() -> Iterator[str]:
    """The URL of a shop that is there for a while."""
    server = Server(("127.0.0.1", 0), Shop)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
