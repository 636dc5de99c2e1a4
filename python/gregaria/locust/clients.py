"""`HttpSession`: a `requests.Session` whose requests are sent by the engine.

There are three ways a request can go, and a locustfile cannot tell them apart by their results:

* the *fast path*: the arguments go to Rust as they are;
* the *prepared path*: requests' own code makes URL, header lines and body of them (files, query
  parameters, authentication), and the engine sends the result;
* the *slow path*: requests sends it, over gevent's sockets. For what only requests can do: mounted
  adapters, hooks, bodies that are generators, streams, proxies, client certificates.

Which way a session's requests go is settled when one of its attributes changes, not on each
request.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse, urlunparse

import requests
from greenlet import getcurrent
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers

from gregaria import _hub, _slow, _slow_gate
from gregaria._cookies import EngineCookies
from gregaria._hub import get_ident
from gregaria._native import Client, HostGate
from gregaria._requests import complexjson, encode_params
from gregaria._responses import EngineResponse, ResponseContextManager, teller
from gregaria.locust.exception import LocustError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from urllib3 import PoolManager

__all__ = [
    "HttpSession",
    "LocustHttpAdapter",
    "ResponseContextManager",
    "RestResponseContextManager",
    "absolute_http_url_regexp",
]

absolute_http_url_regexp = re.compile(r"^https?://", re.IGNORECASE)

#: Arguments of one request that only the slow path knows.
_ONLY_REQUESTS = frozenset({"stream", "proxies", "cert", "hooks"})
#: Those that requests turns into URL, header lines and body.
_PREPARED_BY = frozenset({"params", "headers", "cookies", "files", "auth"})
#: Those that say how a request goes on.
_LIMITS = frozenset({"timeout", "allow_redirects", "verify"})

#: Environment variables in which requests looks for proxies and certificates.
_ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_OUTSIDE_A_BLOCK = (
    "If you want to change the state of the request using .success() or .failure(), you must pass "
    "catch_response=True and use the response in a with-block"
)


def _refuse(self: requests.Response, *_args: Any) -> None:
    raise LocustError(_OUTSIDE_A_BLOCK)


# Any response has the two, and says what is wrong with using them.
requests.Response.success = _refuse  # type: ignore[attr-defined]
requests.Response.failure = _refuse  # type: ignore[attr-defined]


class RestResponseContextManager(ResponseContextManager):
    """Type of the responses of `rest()`: `js` is the parsed body."""

    js: Any
    error: Exception | None
    headers: CaseInsensitiveDict[str]


class LocustHttpAdapter(HTTPAdapter):
    """An adapter that uses a pool manager shared with other users."""

    def __init__(self, pool_manager: PoolManager | None, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = pool_manager
        super().__init__(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the shared manager, if there is one."""
        if self.poolmanager is None:
            super().init_poolmanager(*args, **kwargs)


class _Headers(CaseInsensitiveDict[str]):
    """Headers of a session, which tell it when they change."""

    _session: HttpSession | None = None

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        if self._session is not None:
            self._session._detour = True

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        if self._session is not None:
            self._session._detour = True


class _Setting:
    """An attribute of `requests.Session` that decides how requests are sent.

    Its value is made when it is used first. Reading it settles nothing: only setting it does, or
    making a value that can change without a word.
    """

    def __init__(self, make: Callable[[Any], Any], *, is_open: bool = False) -> None:
        self._make = make
        self._is_open = is_open

    def __set_name__(self, owner: type, name: str) -> None:
        self._field = f"_own_{name}"
        setattr(owner, self._field, None)

    def __get__(self, session: Any, owner: type | None = None) -> Any:
        if session is None:
            return self
        value = getattr(session, self._field)
        if value is None:
            value = self._make(session)
            if self._is_open:
                self.__set__(session, value)
        return value

    def __set__(self, session: Any, value: Any) -> None:
        setattr(session, self._field, value)
        session._detour = True


class HttpSession(requests.Session):
    """What `HttpUser.client` is: sends requests and reports each of them once.

    `base_url` stands before every URL that is not absolute. `request_event` is told of each
    request, `user` is asked for the context that goes with it. The fields of `requests.Session`
    are made when they are used, so that ten thousand users are no burden.
    """

    base_url: Any = _Setting(lambda _: "")
    request_name: Any = _Setting(lambda _: None)
    auth: Any = _Setting(lambda _: None)
    stream: Any = _Setting(lambda _: False)
    verify: Any = _Setting(lambda _: True)
    cert: Any = _Setting(lambda _: None)
    max_redirects: Any = _Setting(lambda _: 30)
    trust_env: Any = _Setting(lambda _: True)
    headers: Any = _Setting(lambda session: _make_headers(session), is_open=True)
    adapters: Any = _Setting(lambda session: _make_adapters(session), is_open=True)
    params: Any = _Setting(lambda _: {}, is_open=True)
    proxies: Any = _Setting(lambda _: {}, is_open=True)
    hooks: Any = _Setting(lambda _: default_hooks(), is_open=True)

    # Set by `_Setting`: values of those above, `None` until they are made.
    _own_headers: CaseInsensitiveDict[str] | None
    _own_adapters: dict[str, HTTPAdapter] | None
    _own_params: Any
    _own_proxies: Any
    _own_hooks: dict[str, list[Any]] | None

    #: Whether something has to be settled before a request can take the fast path.
    _detour = True

    #: That of the parent of a forked process, whose cookies go on.
    _inherited: Client | None = None

    #: The gate that the connections of the slow path were opened by leave of.
    opened_under: HostGate | None = None

    # Made and set in `_settle`.
    _native: Client | None = None
    _hub: _hub.Hub
    _needs_requests: bool
    _needs_preparing: bool

    def __init__(
        self,
        base_url: str,
        request_event: Any,
        user: Any,
        *args: Any,
        pool_manager: PoolManager | None = None,
        **kwargs: Any,
    ) -> None:
        if args or kwargs:
            super().__init__(*args, **kwargs)
        self.base_url = base_url
        self.request_event = request_event
        self.user = user
        # Made here and not by the first request, which may come from another thread.
        self._hub = _hub.hub()
        if "@" in base_url:
            self._take_login_out_of(base_url)
        if pool_manager is not None:
            self.mount("https://", LocustHttpAdapter(pool_manager=pool_manager))
            self.mount("http://", LocustHttpAdapter(pool_manager=pool_manager))

    def _take_login_out_of(self, base_url: str) -> None:
        parsed = urlparse(base_url)
        if parsed.username and parsed.password:
            host = parsed.netloc.rpartition("@")[2]
            self.base_url = urlunparse(parsed._replace(netloc=host))
            self.auth = HTTPBasicAuth(unquote(parsed.username), unquote(parsed.password))

    @property
    def cookies(self) -> EngineCookies:
        """The cookies of this session, which the engine keeps."""
        return EngineCookies(self._native or self._make_native())

    @cookies.setter
    def cookies(self, value: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] - made when it is used
        self.cookies.replace(value)

    def _settle(self) -> None:
        """Tells Rust what has changed, and decides which way requests go."""
        native = self._native or self._make_native()
        native.set_base_url(self.base_url)
        native.set_request_name(self.request_name)
        native.set_rules(self.max_redirects, 0, None, None)
        authorities = self.verify if isinstance(self.verify, str) else None
        native.set_verify(self.verify is not False, authorities)
        headers = dict(self._own_headers or _DEFAULT_HEADERS)
        auth = self.auth
        if isinstance(auth, tuple) and len(auth) == 2:
            auth = HTTPBasicAuth(*auth)
        is_basic = type(auth) is HTTPBasicAuth
        if is_basic:
            login = requests.Request("GET", "http://host", auth=auth).prepare()
            headers["Authorization"] = login.headers["Authorization"]
        needs_preparing = bool(self._own_params) or (auth is not None and not is_basic)
        try:
            native.set_headers([pair for pair in headers.items() if pair[1] is not None])
        except ValueError:
            needs_preparing = True
        needs_requests = (
            self._own_adapters is not None
            or self.stream
            or bool(self.cert)
            # requests says at once that there is no such file.
            or not (authorities is None or os.path.exists(authorities))
            or bool(self._own_proxies)
            or any((self._own_hooks or {}).values())
            or (self.trust_env and any(map(_read_environment, _ENVIRONMENT)))
        )
        self._needs_preparing = needs_preparing
        self._needs_requests = needs_requests
        # Plain dictionaries that a locustfile has got hold of can change without a word.
        opened = (self._own_params, self._own_proxies, self._own_hooks)
        is_watched = self._own_headers is None or isinstance(self._own_headers, _Headers)
        is_plain = is_watched and all(value is None for value in opened)
        self._detour = needs_preparing or needs_requests or not is_plain or self.user is None

    def _make_native(self) -> Client:
        hub = _hub.hub()
        recorder = getattr(self.request_event, "recorder", None)
        self._hub = hub
        self._native = Client(
            hub.engine,
            self.base_url,
            False,
            True,
            EngineResponse,
            recorder,
            getattr(self.user, "_task_now", None),
        )
        _hub.clients.add(self)
        if self._inherited is not None:
            EngineCookies(self._native).replace(EngineCookies(self._inherited))
        return self._native

    def leave_to_the_parent(self) -> Client | None:
        """In a forked child: begins anew with the next request, with the same cookies."""
        self._inherited, self._native = self._native or self._inherited, None
        self._detour = True
        return self._inherited

    def _build_url(self, path: str) -> str:
        if absolute_http_url_regexp.match(path):
            return path
        return f"{self.base_url}{path}"

    def request(  # type: ignore[override]
        self,
        method: str | bytes,
        url: str | bytes,
        name: str | None = None,
        catch_response: bool = False,
        context: dict[str, Any] = {},  # noqa: B006 - Locust's signature
        *,
        data: Any = None,
        json: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Sends a request and reports it.

        `name` groups it in the statistics instead of its path. With `catch_response` it is used in
        a `with` block that decides whether it was a success. The rest is as in `requests`.
        A request without a response is no exception: `status_code` is 0 and `error` says why.
        """
        if self.request_event._handlers and self.user is not None:
            context = {**self.user.context(), **context}
        return self._request(method, url, name, catch_response, context, data, json, kwargs)

    def _request(
        self,
        method: str | bytes,
        url: str | bytes,
        name: str | None,
        catch_response: bool,
        context: dict[str, Any],
        data: Any,
        json: Any,
        kwargs: dict[str, Any],
    ) -> Any:
        """`request` with the whole context that listeners get."""
        if get_ident() != self._hub.thread:
            again = partial(self._request, method, url, name, catch_response, context)
            return _hub.hub().run(partial(again, data, json, kwargs))
        if self._detour:
            self._settle()
        method = method.decode() if isinstance(method, bytes) else method
        url = url.decode() if isinstance(url, bytes) else url
        woken = NotImplemented
        if not (self._needs_requests or self._needs_preparing):
            woken = self._send(method, url, name, catch_response, data, json, kwargs)
        if woken is NotImplemented:
            try:
                prepared = self._prepare(method, url, data, json, kwargs)
            except (MissingSchema, InvalidSchema, InvalidURL):
                raise
            except RequestException as error:
                full_url = self._build_url(url)
                return _slow.refuse(self, method, full_url, name, catch_response, context, error)
            if prepared is None:
                self.user_has_yielded()
                arguments = {**kwargs, "data": data, "json": json}
                full_url = self._build_url(url)
                return _slow.send(self, method, full_url, name, catch_response, context, arguments)
            woken = self._send_prepared(prepared, name, catch_response, kwargs)
        response = self._hub.wait(woken)
        self.user_has_yielded()
        if self.request_event._handlers:
            self._tell(response, catch_response, context)
        return response

    def _tell(self, response: Any, is_judged: bool, context: dict[str, Any]) -> None:
        """Tells the listeners of a request that Rust has counted, now or when a block ends."""
        if is_judged:
            response._tell = teller(self.request_event, context)
        else:
            failure = response._failure_by_status() if response.native_has_failed() else None
            self.request_event.notify(response.native_facts(context, failure))

    def user_has_yielded(self) -> None:
        """Notes that other users have had their turn, so that a wait of zero need not yield."""
        if self.user is not None:
            self.user._has_yielded = True

    def _send(
        self,
        method: str,
        url: str,
        name: str | None,
        catch_response: bool,
        data: Any,
        json: Any,
        kwargs: dict[str, Any],
    ) -> Any:
        """The fast path: who runs meanwhile, or `NotImplemented` if it has to be prepared."""
        content_type = None
        if not data and json is not None:
            try:
                data = complexjson.dumps(json, allow_nan=False).encode()
            except ValueError:
                return NotImplemented
            content_type = "application/json"
        elif isinstance(data, dict):
            data = encode_params(data)
            content_type = "application/x-www-form-urlencoded"
        arguments = {**kwargs, "name": name, "catch_response": bool(catch_response), "data": data}
        native: Any = self._native
        return native.send(getcurrent(), method.upper(), url, arguments, content_type)

    def _prepare(
        self, method: str, url: str, data: Any, json: Any, kwargs: dict[str, Any]
    ) -> requests.PreparedRequest | None:
        """What requests makes of the arguments; `None` if only requests can send it."""
        if self._needs_requests or any(kwargs.get(key) for key in _ONLY_REQUESTS):
            return None
        unknown = kwargs.keys() - _PREPARED_BY - _LIMITS - _ONLY_REQUESTS
        if unknown:
            argument = sorted(unknown)[0]
            raise TypeError(f"Session.request() got an unexpected keyword argument {argument!r}")
        arguments = {key: kwargs[key] for key in _PREPARED_BY if key in kwargs}
        request = requests.Request(
            method.upper(), self._build_url(url), data=data or {}, json=json, **arguments
        )
        opened = (self._own_headers, self._own_params, self._own_hooks)
        prepared = self.prepare_request(request)
        # requests has only looked at them, so nobody holds one who could change it.
        self._own_headers, self._own_params, self._own_hooks = opened
        is_sendable = prepared.body is None or isinstance(prepared.body, bytes | str)
        if not is_sendable or any(prepared.hooks.values()) or isinstance(kwargs.get("verify"), str):
            return None
        return prepared

    def _send_prepared(
        self,
        prepared: requests.PreparedRequest,
        name: str | None,
        catch_response: bool,
        kwargs: dict[str, Any],
    ) -> tuple[Any, Any] | None:
        native: Any = self._native
        verifies = kwargs.get("verify")
        if verifies is not None:
            # Asked for this once: the next request settles it again.
            native.set_verify(bool(verifies))
            self._detour = True
        return native.send_prepared(
            getcurrent(),
            prepared.method or "GET",
            prepared.url or "",
            list(prepared.headers.items()),
            prepared.body.encode() if isinstance(prepared.body, str) else prepared.body,
            name,
            bool(catch_response),
            {key: kwargs[key] for key in _LIMITS if key in kwargs},
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The slow path, and each redirect on it: to hosts that may be loaded."""
        return _slow_gate.send(self, request, kwargs, super().send)

    @contextmanager
    def rename_request(self, name: str) -> Generator[None]:
        """Counts all requests of the block under `name`."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def get(self, url: str | bytes, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """Sends a GET request, see `request`."""
        if self._detour or data or json is not None or get_ident() != self._hub.thread:
            return self.request("GET", url, data=data, json=json, **kwargs)
        # What follows is `request` and `Hub.wait` without all that a plain GET does not need.
        listeners = self.request_event._handlers
        context = {**self.user.context(), **kwargs.get("context", {})} if listeners else {}
        woken = self._native.send(getcurrent(), "GET", url, kwargs)  # pyright: ignore[reportOptionalMemberAccess] - `_detour` is true until it is made
        if woken is NotImplemented:
            name, is_judged = kwargs.pop("name", None), kwargs.pop("catch_response", False)
            kwargs.pop("context", None)
            return self._request("GET", url, name, is_judged, context, None, None, kwargs)
        try:
            response = self._hub.park() if woken is None else woken[0].switch(woken[1])
        except BaseException:
            self._hub.engine.withdraw(getcurrent())
            raise
        self.user._has_yielded = True
        if listeners:
            self._tell(response, kwargs.get("catch_response", False), context)
        return response

    def head(self, url: str | bytes, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """Sends a HEAD request, see `request`. Redirects are not followed unless asked for."""
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, data=data, json=json, **kwargs)

    def options(
        self, url: str | bytes, *, data: Any = None, json: Any = None, **kwargs: Any
    ) -> Any:
        """Sends an OPTIONS request, see `request`."""
        return self.request("OPTIONS", url, data=data, json=json, **kwargs)

    def post(self, url: str | bytes, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """Sends a POST request, see `request`."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str | bytes, data: Any = None, *, json: Any = None, **kwargs: Any) -> Any:
        """Sends a PUT request, see `request`."""
        return self.request("PUT", url, data=data, json=json, **kwargs)

    def patch(self, url: str | bytes, data: Any = None, *, json: Any = None, **kwargs: Any) -> Any:
        """Sends a PATCH request, see `request`."""
        return self.request("PATCH", url, data=data, json=json, **kwargs)

    def delete(self, url: str | bytes, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """Sends a DELETE request, see `request`."""
        return self.request("DELETE", url, data=data, json=json, **kwargs)

    def close(self) -> None:
        """Closes all connections. The session can go on: the next request opens new ones."""
        if self._native is not None:
            _hub.on_the_engines_thread(self._native.close)
        if self._own_adapters is not None:
            super().close()


_DEFAULT_HEADERS = default_headers()
_DEFAULT_HEADERS["Accept-Encoding"] = _slow.ENGINE_DECODES


def _read_environment(name: str) -> str | None:
    return os.environ.get(name) or os.environ.get(name.upper())


def _make_headers(session: HttpSession) -> _Headers:
    headers = _Headers(_DEFAULT_HEADERS)
    headers._session = session
    return headers


def _make_adapters(session: HttpSession) -> dict[str, HTTPAdapter]:
    # `mount` looks at what is there already.
    session.adapters = {}
    session.mount("https://", HTTPAdapter())
    session.mount("http://", HTTPAdapter())
    return session.adapters
