"""Exceptions for requests that had no response, as Locust's two clients raise them.

Rust counts a failure under its text without making an exception. Only when somebody asks for it (a
listener, `response.error`) is it built here. The `repr` of each is the text Rust has counted: a
test goes through all kinds.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Any

import requests
import urllib3.exceptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class HTTPConnectionClosed(Exception):  # noqa: N818 - the name is the text that is counted
    """The server closed before it answered (`FastHttpUser`)."""


class HTTPParseError(Exception):
    """What came is not a whole HTTP response (`FastHttpUser`)."""


class RetriesExceeded(Exception):  # noqa: N818 - the name is the text that is counted
    """A request took too long, or was redirected too often (`FastHttpUser`)."""

    def __init__(self, url: str, reason: int | str, original: BaseException | None = None) -> None:
        super().__init__(url, reason)
        self.original = original

    def __repr__(self) -> str:
        url, reason = self.args
        original = "" if self.original is None else f", original={self.original}"
        return f"RetriesExceeded({url!r}, {reason!r}{original})"

    __str__ = __repr__


def _read_timeout(text: str) -> Exception:
    # urllib3's class takes a pool and a URL that only its message needs.
    inner = Exception.__new__(urllib3.exceptions.ReadTimeoutError, text)
    return requests.exceptions.ReadTimeout(inner)


def _incomplete(received: int, expected: int) -> Exception:
    if not expected:
        inner = urllib3.exceptions.ProtocolError("Response ended prematurely")
        return requests.exceptions.ChunkedEncodingError(inner)
    cause = urllib3.exceptions.IncompleteRead(received, expected - received)
    inner = urllib3.exceptions.ProtocolError(f"Connection broken: {cause!r}", cause)
    return requests.exceptions.ChunkedEncodingError(inner)


def _too_many_redirects(limit: int) -> Exception:
    return requests.exceptions.TooManyRedirects(f"Exceeded {limit} redirects.")


#: By kind (see `failure.rs`): what `HttpUser` reports.
_REQUESTS: dict[str, Callable[..., Exception]] = {
    "resolve": socket.gaierror,
    "os": OSError,
    "connect_timeout": lambda: TimeoutError("timed out"),
    "read_timeout": _read_timeout,
    "tls": ssl.SSLError,
    "closed": lambda: http.client.RemoteDisconnected(
        "Remote end closed connection without response"
    ),
    "incomplete": _incomplete,
    "protocol": http.client.HTTPException,
    "proxy": OSError,
    "not_allowed": PermissionError,
    "redirects": _too_many_redirects,
    "bad_redirect": requests.exceptions.InvalidSchema,
}

#: By kind: what `FastHttpUser` reports, made of the URL and the arguments of the failure.
_FAST: dict[str, Callable[[str, Sequence[Any]], Exception]] = {
    "resolve": lambda _, args: socket.gaierror(*args),
    "os": lambda _, args: OSError(*args),
    "connect_timeout": lambda url, _: RetriesExceeded(url, 0, TimeoutError("timed out")),
    "read_timeout": lambda url, _: RetriesExceeded(url, 0, TimeoutError("timed out")),
    "tls": lambda _, args: ssl.SSLError(*args),
    "closed": lambda _, __: HTTPConnectionClosed("connection closed."),
    "incomplete": lambda _, __: HTTPParseError("Incomplete response."),
    "protocol": lambda _, args: HTTPParseError(*args),
    "proxy": lambda _, args: OSError(*args),
    "not_allowed": lambda _, args: PermissionError(*args),
    "redirects": lambda url, args: RetriesExceeded(url, f"Redirection limit reached ({args[0]})"),
    "bad_redirect": lambda _, args: requests.exceptions.InvalidSchema(*args),
}


def requests_cause(kind: str, args: Sequence[Any]) -> Exception:
    """The exception `HttpUser` counts a failed request under: the innermost one."""
    return _REQUESTS[kind](*args)


def requests_error(kind: str, args: Sequence[Any]) -> requests.RequestException:
    """What `response.error` holds: requests' own exception, with the cause as its context."""
    cause = requests_cause(kind, args)
    if isinstance(cause, requests.RequestException):
        return cause
    if kind == "connect_timeout":
        error: requests.RequestException = requests.exceptions.ConnectTimeout(cause)
    elif kind == "tls":
        error = requests.exceptions.SSLError(cause)
    elif kind == "proxy":
        error = requests.exceptions.ProxyError(cause)
    else:
        error = requests.exceptions.ConnectionError(cause)
    error.__context__ = cause
    return error


def fast_error(kind: str, url: str, args: Sequence[Any]) -> Exception:
    """The exception `FastHttpUser` counts a failed request under, and keeps as `error`."""
    return _FAST[kind](url, args)
