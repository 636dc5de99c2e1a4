"""The gate of `--allowed-hosts` for what requests sends itself, over sockets of Python.

The name of a host is judged before each request and each redirect. Its addresses are judged where
urllib3 opens a connection, for the requests of our sessions alone: what a locustfile sends by other
means is not a request of the test.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.utils import resolve_proxies, select_proxy
from urllib3.util import connection

from gregaria import _hub
from gregaria._failure import requests_error

if TYPE_CHECKING:
    from gregaria._native import HostGate
    from gregaria.locust.clients import HttpSession

#: The gate of the request that this greenlet sends.
_gate: ContextVar[HostGate | None] = ContextVar("gate", default=None)

_create_connection: Callable[..., socket.socket] = connection.create_connection


def send(
    session: HttpSession,
    request: requests.PreparedRequest,
    options: dict[str, Any],
    send: Callable[..., requests.Response],
) -> requests.Response:
    """Sends it if its host may be loaded; raises requests' `ConnectionError` if not."""
    gate = _hub.gate()
    if gate is None:
        return send(request, **options)
    proxies = options.get("proxies")
    if proxies is None:
        proxies = resolve_proxies(request, session.proxies, session.trust_env)
    blocked = _refused(gate, request.url or "", select_proxy(request.url or "", proxies))
    if blocked is not None:
        error = requests_error("not_allowed", [_count(gate, blocked)])
        error.request = request
        raise error
    if session.opened_under is not gate:
        # Connections that were opened by leave of another list are not used again.
        for adapter in session.adapters.values():
            adapter.close()
        session.opened_under = gate
    token = _gate.set(gate)
    try:
        return send(request, **options)
    finally:
        _gate.reset(token)


def _refused(gate: HostGate, url: str, proxy: str | None) -> str | None:
    """What may not be loaded, if anything: the host, or the proxy on the way to it.

    Where a proxy goes is not seen from here, so the name of the host has to be allowed itself; and
    one that is not HTTP opens its connections elsewhere than where addresses are judged.
    """
    host = urlsplit(url).hostname or ""
    passage = gate.allows_name(host)
    if proxy is None:
        return host if passage is False else None
    if not passage:
        return host
    way = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    first = way.hostname or ""
    passage = gate.allows_name(first)
    is_seen = way.scheme in ("http", "https")
    return first if passage is False or not (passage or is_seen) else None


def _count(gate: HostGate, what: str) -> str:
    gate.count(what)
    return f"blocked: host not allowed: {what}"


def _connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    """`create_connection` of urllib3, to addresses that may be loaded alone."""
    gate = _gate.get()
    if gate is None:
        return _create_connection(address, *args, **kwargs)
    host, port = address
    host = host.strip("[]")
    try:
        family = connection.allowed_gai_family()
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except UnicodeError:
        # It has words of its own for a name that is none.
        return _create_connection(address, *args, **kwargs)
    error: OSError | None = None
    last = ""
    for *_, (last, *_) in found:
        last = str(last)
        if gate.allows_address(host, last):
            try:
                return _create_connection((last, port), *args, **kwargs)
            except OSError as failure:
                error = failure
    if error is not None:
        raise error
    raise PermissionError(_count(gate, host if host == last else f"{host} leads to {last}"))


connection.create_connection = _connect
