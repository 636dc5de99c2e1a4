"""Hosts that may be loaded: what else is asked for is not connected to, and is a failure."""

from __future__ import annotations

import errno
import logging
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import gevent
import pytest
import requests
from gevent import socket
from gevent.pywsgi import WSGIServer

from gregaria import _hub
from gregaria._allowed_hosts import AllowedHosts
from gregaria._native import HostGate, Stats
from gregaria.locust import FastHttpUser, HttpUser
from gregaria.locust.env import Environment

#: Seconds after which something has hung.
LIMIT = 60

Ask = Callable[..., Any]


class Site(WSGIServer):
    """A server that knows who has connected. `/to?URL` leads to the URL."""

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), self._answer, log=None)
        self.connections = 0
        self.start()
        host = f"[{address}]" if ":" in address else address
        self.port = self.server_port
        self.url = f"http://{host}:{self.port}"

    def handle(self, *arguments: Any) -> None:
        self.connections += 1
        super().handle(*arguments)

    @staticmethod
    def _answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] == "/to":
            start("302 Found", [("Location", environ["QUERY_STRING"]), ("Content-Length", "0")])
            return []
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """Servers on two addresses of this machine: 127.0.0.1 and 127.0.0.2."""
    with gevent.Timeout(LIMIT), ExitStack() as stack:
        both = Site("127.0.0.1"), Site("127.0.0.2")
        for site in both:
            stack.callback(site.stop)
        stack.callback(_hub.set_gate, None)
        yield both


def allow(*lists: str) -> HostGate:
    """Lets this process load these hosts only."""
    gate = HostGate(list(lists))
    _hub.set_gate(gate)
    return gate


class Client:
    """One of our clients, each of whose requests goes the way that the test is about."""

    def __init__(self, way: str) -> None:
        kind = FastHttpUser if way == "fast client" else HttpUser
        self.user_class = type("Person", (kind,), {"host": "http://unused"})
        self.environment = Environment(user_classes=[self.user_class])
        self.stats = self.environment.events.request.recorder = Stats()
        self.session = self.user_class(self.environment).client
        self._is_slow = way == "slow path"

    def get(self, url: str, **arguments: Any) -> Any:
        if self._is_slow:
            # Only requests itself can do that.
            arguments["hooks"] = {"response": lambda response, **_: response}
        return self.session.get(url, name="it", **arguments)

    def failures(self) -> dict[str, int]:
        """How often requests have failed, by the text they are counted under."""
        return {failure[2]: failure[3] for failure in self.stats.failures()}


@pytest.fixture(params=["fast path", "slow path", "fast client"])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(request.param)


def counted(what: str) -> str:
    return f"PermissionError('blocked: host not allowed: {what}')"


def test_another_host_is_not_connected_to_and_is_a_failure(
    client: Client, sites: tuple[Site, Site]
) -> None:
    here, elsewhere = sites
    gate = allow("127.0.0.1")
    assert client.get(here.url).status_code == 200
    for _ in range(2):
        response = client.get(elsewhere.url)
        assert response.status_code == 0
        assert "blocked: host not allowed: 127.0.0.2" in str(response.error)
    assert client.failures() == {counted("127.0.0.2"): 2}
    assert client.stats.entry("it", "GET").num_requests == 3
    assert gate.blocked() == (2, "127.0.0.2")
    assert elsewhere.connections == 0


def test_a_redirect_to_another_host_is_not_followed(
    client: Client, sites: tuple[Site, Site]
) -> None:
    here, elsewhere = sites
    allow("127.0.0.1")
    assert client.get(f"{here.url}/to?{here.url}/").status_code == 200
    assert client.get(f"{here.url}/to?{elsewhere.url}/").status_code == 0
    assert client.failures() == {counted("127.0.0.2"): 1}
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1@127.0.0.2",
        "user:127.0.0.1@127.0.0.2",
        "2130706434",
        "0x7f.2",
        "127.2",
        "0177.0.0.2",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
    ],
)
def test_an_address_in_other_clothes_is_the_same_address(
    client: Client, sites: tuple[Site, Site], host: str
) -> None:
    _, elsewhere = sites
    allow("127.0.0.1", "127.0.0.0/29")
    assert client.get(f"http://{host}:{elsewhere.port}/").status_code == 0
    assert elsewhere.connections == 0
    # So that it is the list that has kept it from getting there.
    allow("127.0.0.2")
    assert client.get(f"http://{host}:{elsewhere.port}/").status_code == 200


def test_a_name_is_allowed_in_any_spelling_and_no_other_name_is(
    client: Client, sites: tuple[Site, Site]
) -> None:
    here, _ = sites
    allow("localhost")
    for name in ("localhost", "LocalHost"):
        assert client.get(f"http://{name}:{here.port}/").status_code == 200, name
    # Not every system knows this one, but it is asked for it.
    dotted = client.get(f"http://localhost.:{here.port}/")
    assert "blocked" not in str(getattr(dotted, "error", None))
    assert client.get(here.url).status_code == 0
    assert client.get("http://localhost.example/").status_code == 0
    assert {counted("127.0.0.1"), counted("localhost.example")} <= client.failures().keys()


def test_the_address_that_a_name_leads_to_decides(client: Client, sites: tuple[Site, Site]) -> None:
    here, _ = sites
    allow("127.0.0.1")
    assert client.get(f"http://localhost:{here.port}/").status_code == 200
    allow("10.0.0.0/8")
    assert client.get(f"http://localhost:{here.port}/").status_code == 0
    (failure,) = client.failures()
    assert "blocked: host not allowed: localhost leads to " in failure
    assert here.connections == 1


def test_no_list_opens_the_way_to_addresses_that_are_never_loaded(client: Client) -> None:
    allow("0.0.0.0/0,::/0,metadata.example")
    try:
        assert client.get("http://169.254.169.254/latest/").status_code == 0
        assert client.get("http://[::ffff:a9fe:a9fe]/").status_code == 0
        assert client.get("http://[fe80::1]/").status_code == 0
        # A name, to whoever looks at the list; the address of above to whoever looks it up.
        assert client.get("http://2852039166/").status_code == 0
    finally:
        _hub.set_gate(None)
    assert counted("169.254.169.254") in client.failures()
    assert counted("fe80::1") in client.failures()
    assert counted("2852039166 leads to 169.254.169.254") in client.failures()


def test_addresses_of_ipv6_are_judged_too(client: Client) -> None:
    try:
        site = Site("::1")
    except OSError as error:
        assert error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
        pytest.skip("there is no IPv6 here")
    try:
        allow("127.0.0.0/8")
        assert client.get(site.url).status_code == 0
        assert site.connections == 0
        allow("[::1]")
        assert client.get(site.url).status_code == 200
    finally:
        _hub.set_gate(None)
        site.stop()


def test_a_kept_connection_is_not_used_again_under_another_list(
    client: Client, sites: tuple[Site, Site]
) -> None:
    here, _ = sites
    url = f"http://localhost:{here.port}/"
    allow("127.0.0.1")
    assert client.get(url).status_code == 200
    assert client.get(url).status_code == 200
    assert here.connections == 1
    allow("127.0.0.2")
    assert client.get(url).status_code == 0


def test_both_lists_have_to_allow_a_host(client: Client, sites: tuple[Site, Site]) -> None:
    here, elsewhere = sites
    allow("127.0.0.1,127.0.0.2", "127.0.0.2,localhost", "")
    assert client.get(here.url).status_code == 0
    assert client.get(elsewhere.url).status_code == 200
    # One allows the address, the other the name.
    assert client.get(f"http://localhost:{here.port}/").status_code == 200
    assert client.get("http://shop.example/").status_code == 0


def test_a_proxy_has_to_be_allowed_and_the_host_behind_it_by_its_name(
    sites: tuple[Site, Site],
) -> None:
    _, proxy = sites
    client = Client("slow path")

    def ask(way: str, host: str = "shop.example") -> int:
        return client.get(f"http://{host}/", proxies={"http": way}).status_code

    allow("shop.example")
    assert ask(proxy.url) == 0
    allow("127.0.0.2")
    assert ask(proxy.url) == 0
    assert client.failures() == {counted("127.0.0.2"): 1, counted("shop.example"): 1}
    allow("shop.example,127.0.0.2")
    assert ask(proxy.url) == 200
    # Through SOCKS, connections are opened where nobody looks at addresses.
    assert ask("socks5://proxy.example:1") == 0
    assert counted("proxy.example") in client.failures()


def test_what_is_no_session_of_ours_is_left_alone(sites: tuple[Site, Site]) -> None:
    here, _ = sites
    allow("shop.example")
    assert requests.get(here.url, timeout=LIMIT).status_code == 200


def test_a_request_fails_at_every_address_that_a_name_may_be_loaded_at(
    sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = sites
    tcp = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    found = [(*tcp, ("127.0.0.2", elsewhere.port)), (*tcp, ("127.0.0.1", here.port))]
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **named: Any) -> Any:
        return found if host == "two.example" else real(host, *arguments, **named)

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    client = Client("slow path")
    allow("127.0.0.1")
    assert client.get(f"http://two.example:{here.port}/").status_code == 200
    assert elsewhere.connections == 0


def test_the_log_is_told_at_the_first_the_second_the_fourth(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def said() -> list[str]:
        texts = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return texts

    caplog.set_level(logging.WARNING)
    hosts = AllowedHosts(Namespace(allowed_hosts="shop.example"))
    gate = _hub.gate()
    try:
        assert gate is not None
        hosts.tell()
        assert said() == []
        gate.count("a.example")
        hosts.tell()
        hosts.tell()
        last = "1 request was blocked by --allowed-hosts so far, the last one to a.example"
        assert said() == [last]
        for number in range(2, 9):
            gate.count(f"{number}.example")
            hosts.tell()
        assert [text.split(" ")[0] for text in said()] == ["2", "4", "8"]
    finally:
        AllowedHosts(None)
    assert _hub.gate() is None


def test_a_list_of_the_master_that_cannot_be_read_changes_nothing() -> None:
    hosts = AllowedHosts(Namespace(allowed_hosts="shop.example"))
    try:
        hosts.follow({"allowed_hosts": "shop.example,other.example"})
        gate = _hub.gate()
        with pytest.raises(ValueError, match="is a URL"):
            hosts.follow({"allowed_hosts": "https://shop.example"})
        assert _hub.gate() is gate
        hosts.follow({})
        assert _hub.gate() is not gate
    finally:
        AllowedHosts(None)
