"""Pages that a locustfile adds: `web_ui.app` is a Flask app that answers what nobody else knows.

Flask is imported when a locustfile asks for the app, and not before.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Said where Flask is not there.
_NO_FLASK = (
    "`web_ui.app` is a Flask app, and Flask is not installed: pip install flask\n"
    "gregaria itself does without"
)


def make_app() -> Any:
    """An empty Flask app. Raises `ModuleNotFoundError` if there is no Flask."""
    try:
        # The checks run without Flask's types: it is not a dependency.
        from flask import Flask  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NO_FLASK, name="flask") from error
    app: Any = Flask("locust", static_folder=None)
    return app


def ask(app: Any, request: dict[str, Any], base_path: str, scheme: str) -> tuple[int, Any]:
    """What an app of WSGI answers to a request of the page: the status, and headers with the body.

    Bytes travel as text, one character for each.
    """
    status, headers = 500, []

    def start_response(
        line: str, given: list[tuple[str, str]], _exception: object = None
    ) -> Callable[[bytes], object]:
        nonlocal status, headers
        status, headers = int(line.split(" ", 1)[0]), given
        return written.append

    written: list[bytes] = []
    pieces: Iterable[bytes] = app(_environ(request, base_path, scheme), start_response)
    try:
        written.extend(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    body = b"".join(written).decode("latin-1")
    return status, {"headers": [list(each) for each in headers], "body": body}


def _environ(request: dict[str, Any], base_path: str, scheme: str) -> dict[str, Any]:
    body = request["body"].encode("latin-1")
    given: dict[str, str] = {}
    for name, value in request["headers"]:
        separator = "; " if name == "cookie" else ", "
        given[name] = f"{given[name]}{separator}{value}" if name in given else value
    host, _, port = given.get("host", "localhost").rpartition(":")
    environ = {
        "REQUEST_METHOD": request["method"],
        "SCRIPT_NAME": base_path,
        "PATH_INFO": unquote_to_bytes(request["path"]).decode("latin-1"),
        "QUERY_STRING": request["query"],
        "SERVER_NAME": host or port,
        "SERVER_PORT": port if host else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request["address"],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request["by"] is not None:
        environ["REMOTE_USER"] = request["by"]
    for name, value in given.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name != "content-length":
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ
