"""`FastHttpUser`: the same engine as `HttpUser`, with the rules of Locust's other HTTP client.

It does not verify certificates unless told to, names requests by the URL as written, has its own
list of failures, and its responses are no `requests.Response`.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import unquote, urlencode, urlparse, urlunparse

import gevent
from greenlet import getcurrent

from gregaria import _hub
from gregaria._cookies import EngineCookies
from gregaria._failure import HTTPConnectionClosed, HTTPParseError, RetriesExceeded
from gregaria._fast_responses import (
    STREAM_CODINGS,
    ErrorResponse,
    FastRequest,
    FastResponse,
    LocustBadStatusCode,
    ResponseContextManager,
    RestResponseContextManager,
)
from gregaria._hub import get_ident
from gregaria._native import Client
from gregaria._requests import complexjson, encode_files
from gregaria._responses import teller
from gregaria.locust.exception import LocustError
from gregaria.locust.user.users import RestMixin, User, missing_host

__all__ = [
    "FAILURE_EXCEPTIONS",
    "ErrorResponse",
    "FastHttpSession",
    "FastHttpUser",
    "FastRequest",
    "FastResponse",
    "LocustBadStatusCode",
    "LocustUserAgent",
    "ResponseContextManager",
    "RestResponseContextManager",
    "insecure_ssl_context_factory",
]

#: What makes a request a failure instead of an exception in the task.
FAILURE_EXCEPTIONS = (
    ConnectionError,
    ConnectionRefusedError,
    ConnectionResetError,
    socket.error,
    ssl.SSLError,
    gevent.Timeout,
    HTTPConnectionClosed,
    HTTPParseError,
    RetriesExceeded,
    zlib.error,
)

_USER_AGENT = "python/gregaria"


def insecure_ssl_context_factory() -> ssl.SSLContext:
    """A context that accepts any certificate, for code that opens sockets of its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class LocustUserAgent:
    """What `FastHttpSession.client` is: the connections of one session.

    `clientpool.close()` and `close()` both close them; the next request opens new ones.
    """

    #: Statuses that are followed.
    redirect_response_codes = frozenset({301, 302, 303, 307, 308})
    #: Statuses that are no failure.
    valid_response_codes = frozenset({*range(200, 209), 226, 301, 302, 303, 304, 307, 308})

    def __init__(self, session: FastHttpSession) -> None:
        self._session = session
        self.clientpool = self

    def close(self) -> None:
        """Closes all connections."""
        self._session.close()


class _Inherited:
    """Stands for the connections of a forked child's parent until one is needed."""

    def __init__(self, session: FastHttpSession, native: Client) -> None:
        self._session = session
        self._native = native

    def __getattr__(self, name: str) -> Any:
        if self._session._native is self:
            native = self._session._make_native()
            EngineCookies(native).replace(EngineCookies(self._native))
        return getattr(self._session._native, name)


class FastHttpSession:
    """What `FastHttpUser.client` is. See `HttpSession` for what the first three arguments are.

    `insecure` accepts any certificate. Timeouts are seconds.
    """

    auth_header: str | None = None

    def __init__(
        self,
        base_url: str | None,
        request_event: Any,
        user: User | None,
        insecure: bool = True,
        client_pool: Any = None,
        ssl_context_factory: Callable[..., ssl.SSLContext] | None = None,
        **kwargs: Any,
    ) -> None:
        if client_pool is not None or ssl_context_factory is not None:
            what = "client_pool" if client_pool is not None else "ssl_context_factory"
            raise LocustError(
                f"`{what}` takes an object of geventhttpclient, which gregaria does not use: "
                "leave it out, or set `insecure` to choose whether certificates are verified"
            )
        self.base_url = base_url or ""
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        self._default_headers: dict[str, Any] = dict(kwargs.pop("headers", None) or {})
        self._take_login_out_of_base_url()
        self._is_strict = not insecure
        self._rules = (
            kwargs.pop("max_redirects", 30),
            kwargs.pop("max_retries", 1) - 1,
            kwargs.pop("connection_timeout", None),
            kwargs.pop("network_timeout", None),
        )
        self._connections = (
            kwargs.pop("concurrency", 10),
            kwargs.pop("proxy_host", None),
            kwargs.pop("proxy_port", None),
        )
        self._make_native()

    def _make_native(self) -> Client:
        self._hub = _hub.hub()
        recorder = getattr(self.request_event, "recorder", None)
        native = Client(
            self._hub.engine,
            self.base_url,
            True,
            self._is_strict,
            ResponseContextManager,
            recorder,
            getattr(self.user, "_task_now", None),
        )
        native.set_rules(*self._rules)
        native.set_connections(*self._connections)
        self._native: Any = native
        self._set_headers()
        _hub.clients.add(self)
        return native

    def leave_to_the_parent(self) -> object:
        """In a forked child: begins anew with the next request, with the same cookies."""
        before = self._native
        if not isinstance(before, _Inherited):
            self._native = _Inherited(self, before)
        return before

    def _take_login_out_of_base_url(self) -> None:
        parsed = urlparse(self.base_url)
        if parsed.username and parsed.password:
            host = parsed.netloc.rpartition("@")[2]
            self.base_url = urlunparse(parsed._replace(netloc=host))
            self.auth_header = _basic(unquote(parsed.username), unquote(parsed.password))

    def _set_headers(self) -> None:
        headers: dict[str, Any] = {"User-Agent": _USER_AGENT, **self._default_headers}
        if self.auth_header:
            headers["Authorization"] = self.auth_header
        headers.setdefault("Accept-Encoding", "gzip, deflate, br")
        self._native.set_headers([(name, str(value)) for name, value in headers.items()])

    @property
    def client(self) -> LocustUserAgent:
        """The connections of this session."""
        return LocustUserAgent(self)

    @property
    def cookiejar(self) -> EngineCookies:
        """The cookies of this session."""
        return EngineCookies(self._native)

    def close(self) -> None:
        """Closes all connections. The session can go on: the next request opens new ones."""
        _hub.on_the_engines_thread(self._native.close)

    def _build_url(self, path: str) -> str:
        is_absolute = path[:8].lower().startswith(("http://", "https://"))
        return path if is_absolute else f"{self.base_url}{path}"

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: dict[str, Any] | None = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: dict[str, Any] = {},  # noqa: B006 - Locust's signature
        **kwargs: Any,
    ) -> Any:
        """Sends a request and reports it.

        `name` groups it in the statistics instead of `url`. With `catch_response` it is used in a
        `with` block that decides whether it was a success. `params` and `files` are as in requests;
        a keyword nobody knows goes into the query. A request without a response is no exception:
        `status_code` is 0 and `error` says why.
        """
        if get_ident() != self._hub.thread:
            first = (method, url, name, data, catch_response, stream, headers, auth, json)
            again = partial(self.request, *first, allow_redirects, context, **kwargs)
            return _hub.hub().run(again)
        is_told = bool(self.request_event._handlers)
        if is_told and self.user is not None:
            context = {**self.user.context(), **context}
        arguments: dict[str, Any] = {
            "name": name or self.request_name or url,
            "catch_response": bool(catch_response),
            "allow_redirects": bool(allow_redirects) and method != "HEAD",
        }
        sent = {key: str(value) for key, value in headers.items()} if headers else {}
        if auth is not None:
            sent["Authorization"] = _basic(*auth)
        content_type = None
        files = kwargs.pop("files", None)
        if json is not None and not data and not files:
            data = complexjson.dumps(json).encode()
            known = {key.lower() for key in sent}
            if "content-type" not in known:
                sent["Content-Type"] = "application/json"
            if "accept" not in known:
                sent["Accept"] = "application/json"
        elif data or files:
            data, content_type = _encode(data, files)
        arguments["data"] = data
        if stream:
            arguments["stream"] = True
            if not any(key.lower() == "accept-encoding" for key in sent):
                sent["Accept-Encoding"] = STREAM_CODINGS
        if sent:
            arguments["headers"] = sent
        params = {**(kwargs.pop("params", None) or {}), **kwargs}
        target = url
        if params:
            target += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        native = self._native
        woken = native.send(getcurrent(), method, target, arguments, content_type)
        if woken is NotImplemented:
            raise ValueError(f"cannot send {method} to `{self._build_url(url)}`: invalid URL")
        response = self._hub.wait(woken)
        if self.user is not None:
            self.user._has_yielded = True
        if response.status_code == 0:
            response.__class__ = ErrorResponse
        if is_told:
            tell = teller(self.request_event, context, {"url": self._build_url(url)})
            if catch_response:
                response._tell = tell
            else:
                tell(response, response._failure_by_status())
        return response

    @contextmanager
    def rename_request(self, name: str) -> Generator[None]:
        """Counts all requests of the block under `name`."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def iter_lines(self, url: str, method: str = "GET", **kwargs: Any) -> Generator[str]:
        """Sends a request and yields the lines of its body, without their ends."""
        yield from self.request(method, url, stream=True, **kwargs).iter_lines()

    def delete(self, url: str, **kwargs: Any) -> Any:
        """Sends a DELETE request, see `request`."""
        return self.request("DELETE", url, **kwargs)

    def get(self, url: str, **kwargs: Any) -> Any:
        """Sends a GET request, see `request`."""
        is_plain = not (kwargs or self.request_name or self.request_event._handlers)
        if not is_plain or get_ident() != self._hub.thread:
            return self.request("GET", url, **kwargs)
        # What follows is `request` with everything left out that a plain GET does not need.
        woken = self._native.send(getcurrent(), "GET", url, kwargs)
        if woken is NotImplemented:
            return self.request("GET", url)
        response = self._hub.wait(woken)
        if self.user is not None:
            self.user._has_yielded = True
        if response.status_code == 0:
            response.__class__ = ErrorResponse
        return response

    def head(self, url: str, **kwargs: Any) -> Any:
        """Sends a HEAD request, see `request`. Redirects are not followed."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: Any) -> Any:
        """Sends an OPTIONS request, see `request`."""
        return self.request("OPTIONS", url, **kwargs)

    def patch(self, url: str, data: str | dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Sends a PATCH request, see `request`."""
        return self.request("PATCH", url, data=data, **kwargs)

    def post(
        self,
        url: str,
        data: str | dict[str, Any] | None = None,
        json: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Sends a POST request, see `request`."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str, data: str | dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Sends a PUT request, see `request`."""
        return self.request("PUT", url, data=data, **kwargs)


class FastHttpUser(RestMixin, User):
    """A user with `client`, a `FastHttpSession`. The attributes are its settings."""

    abstract = True

    #: Seconds without a byte before a request fails.
    network_timeout: float = 60.0
    #: Seconds for opening a connection.
    connection_timeout: float = 60.0
    max_redirects: int = 30
    #: Times an idempotent request is sent again after its connection was lost.
    max_retries: int = 0
    #: Accepts any certificate.
    insecure: bool = True
    #: Added to the headers of each request.
    default_headers: dict[str, str] | None = None
    #: Connections open at the same time.
    concurrency: int = 10
    proxy_host: str | None = None
    proxy_port: int | None = None
    client_pool: Any = None
    ssl_context_factory: Callable[..., ssl.SSLContext] | None = None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        if self.host is None:
            raise missing_host(self)
        self.client: FastHttpSession = FastHttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            insecure=self.insecure,
            client_pool=self.client_pool,
            ssl_context_factory=self.ssl_context_factory,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            max_retries=self.max_retries + 1,
            headers=self.default_headers,
            concurrency=self.concurrency,
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )


class FastHttpLocust:
    """Called `FastHttpUser` since Locust 1.0."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        raise ImportError(
            "The FastHttpLocust class has been renamed to FastHttpUser in version 1.0. "
            "For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
        )


def _basic(username: str | bytes, password: str | bytes) -> str:
    """The value of an `Authorization` header."""
    login = [part.encode() if isinstance(part, str) else part for part in (username, password)]
    return "Basic " + b64encode(b":".join(login)).decode("ascii")


def _encode(data: Any, files: Any) -> tuple[bytes, str | None]:
    """A body and its type, by the type of what was given."""
    if files:
        return encode_files(files, data or {})
    if isinstance(data, bytes):
        return data, "application/octet-stream"
    if isinstance(data, str):
        return data.encode(), "text/plain; charset=utf-8"
    if isinstance(data, Mapping):
        encoded = urlencode(data).encode()
        return encoded, "application/x-www-form-urlencoded; charset=utf-8"
    if hasattr(data, "read"):
        content = data.read()
    else:
        content = b"".join(data)
    return content.encode() if isinstance(content, str) else content, "application/octet-stream"
