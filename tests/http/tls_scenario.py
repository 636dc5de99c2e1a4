"""Sends requests over TLS with Locust's clients, whichever package provides them.

Run by `test_tls.py` with the real Locust and with gregaria, in a folder of certificates; prints as
JSON for each call what the caller got, and which host name each handshake began with.
"""

from __future__ import annotations

import sys

if "--gregaria" in sys.argv:
    import gregaria

    gregaria.install()
else:
    from gevent import monkey

    monkey.patch_all()

import json
import os
import ssl
from collections.abc import Callable
from typing import Any

import gevent
from gevent.server import StreamServer
from locust import FastHttpUser, HttpUser
from locust.env import Environment

CA, FOLDER = "ca.pem", "authorities"

#: The host name of each handshake since a call began.
asked_for: list[str | None] = []


def serve(certificate: str, wants_client: bool = False) -> int:
    """Starts a server that says whose certificate it was shown; returns its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificate}.pem")
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CA)

    def answer(connection: Any, _address: object) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                while data := secure.recv(65536):
                    if not data.endswith(b"\r\n\r\n"):
                        continue
                    shown = secure.getpeercert() or {}
                    names = [value for _, value in shown.get("subjectAltName", ())]
                    body = ",".join(names or ["nobody"]).encode()
                    secure.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                    )
        except (OSError, ssl.SSLError):
            # The client does not like the certificate, or the other way round.
            return

    server = StreamServer(("127.0.0.1", 0), answer)
    server.start()
    return server.server_port


os.chdir(sys.argv[1])
PORTS = {name: serve(name) for name in ("good", "nameless", "elsewhere", "unsigned")}
PORTS["strict"] = serve("good", wants_client=True)


def url(server: str, host: str = "localhost") -> str:
    return f"https://{host}:{PORTS[server]}/"


class Slow(HttpUser):
    host = url("good")


class Fast(FastHttpUser):
    host = url("good")
    network_timeout = 60
    connection_timeout = 60


class FastAndStrict(Fast):
    insecure = False


def factory(**settings: Any) -> Callable[[], ssl.SSLContext]:
    """What makes contexts that trust our authority."""
    return lambda: ssl.create_default_context(**settings)


class FastWithAuthority(FastAndStrict):
    ssl_context_factory = staticmethod(factory(cafile=CA))


Call = Callable[[Any], Any]


def with_settings(call: Call, **settings: Any) -> Call:
    """The call on a session with these attributes."""

    def changed(client: Any) -> Any:
        for name, value in settings.items():
            setattr(client, name, value)
        return call(client)

    return changed


def one_after_the_other(*calls: Call) -> Call:
    """All calls on one session; what counts is the last one."""

    def in_turn(client: Any) -> Any:
        for call in calls[:-1]:
            call(client)
        asked_for.clear()
        return calls[-1](client)

    return in_turn


def get(server: str, host: str = "localhost", **arguments: Any) -> Call:
    return lambda client: client.get(url(server, host), **arguments)


SLOW: dict[str, Call] = {
    "an unknown authority": get("good"),
    "an unknown authority, verify=True": get("good", verify=True),
    "verify=False": get("good", verify=False),
    "verify=False once": one_after_the_other(get("good", verify=False), get("good")),
    "verify=None after verify=False": one_after_the_other(
        get("good", verify=False), get("good", verify=None)
    ),
    "verify=False for the session": with_settings(get("good"), verify=False),
    "verify=False for the session, True for the request": with_settings(
        get("good", verify=True), verify=False
    ),
    "verify=False for the session, then not": one_after_the_other(
        with_settings(get("good"), verify=False), with_settings(get("good"), verify=True)
    ),
    "a file": get("good", verify=CA),
    "a file once": one_after_the_other(get("good", verify=CA), get("good")),
    "a file for the session": with_settings(get("good"), verify=CA),
    "a file for the session, then not": one_after_the_other(
        with_settings(get("good"), verify=CA), with_settings(get("good"), verify=True)
    ),
    "a file for the session, verify=False": with_settings(get("unsigned", verify=False), verify=CA),
    "a file for the session, nobody's certificate": with_settings(get("unsigned"), verify=CA),
    "a file with the wrong authority": get("good", verify="unsigned.crt"),
    "a file with that very certificate": get("unsigned", verify="unsigned.crt"),
    "a folder": get("good", verify=FOLDER),
    "a folder for the session": with_settings(get("good"), verify=FOLDER),
    "a folder for the session, nobody's certificate": with_settings(get("unsigned"), verify=FOLDER),
    "a file that is missing": get("good", verify="missing.pem"),
    "a file that is missing, for the session": with_settings(get("good"), verify="missing.pem"),
    "a file without a certificate": with_settings(get("good"), verify="authorities/README"),
    "the wrong host": get("elsewhere", verify=CA),
    "the wrong host for the session": with_settings(get("elsewhere"), verify=CA),
    "the wrong host, verify=False": get("elsewhere", verify=False),
    "an address": get("good", "127.0.0.1", verify=CA),
    "an address for the session": with_settings(get("good", "127.0.0.1"), verify=CA),
    "an address that is not in the certificate": get("nameless", "127.0.0.1", verify=CA),
    "an address that is not in the certificate, for the session": with_settings(
        get("nameless", "127.0.0.1"), verify=CA
    ),
    "an address, verify=False": get("nameless", "127.0.0.1", verify=False),
    "no certificate where one is wanted": get("strict", verify=CA),
    "a certificate of the client": get("strict", verify=CA, cert="client.pem"),
    "a certificate of the client, for the session": with_settings(
        get("strict"), verify=CA, cert=("client.crt", "client.key")
    ),
}

FAST: dict[str, Call] = {
    "an unknown authority": get("good"),
    "nobody's certificate": get("unsigned"),
    "the wrong host": get("elsewhere"),
    "an address": get("nameless", "127.0.0.1"),
}


def describe(call: Call, client: Any) -> dict[str, Any]:
    asked_for.clear()
    result: dict[str, Any] = {}
    try:
        with gevent.Timeout(60):
            response = call(client)
        result["status"] = response.status_code
        result["text"] = response.text
        error = getattr(response, "error", None)
        result["error"] = error and type(error).__name__
    except Exception as error:
        result["error"] = type(error).__name__
    # A client that verifies only afterwards may have shown the name or not.
    result["asked_for"] = list(dict.fromkeys(asked_for)) if "status" in result else []
    return result


def main() -> None:
    # Neither may be heeded: `trust_env` is off.
    os.environ |= {"REQUESTS_CA_BUNDLE": CA, "CURL_CA_BUNDLE": CA}
    output = {}
    kinds = ((Slow, SLOW), (Fast, FAST), (FastAndStrict, FAST), (FastWithAuthority, FAST))
    for user_class, calls in kinds:
        environment = Environment(user_classes=[user_class])
        for label, call in calls.items():
            try:
                # Each call has a session of its own.
                client = user_class(environment).client
            except Exception as error:
                output[f"{user_class.__name__}: {label}"] = {"error": type(error).__name__}
                continue
            output[f"{user_class.__name__}: {label}"] = describe(call, client)
    sys.stdout.write(json.dumps(output) + "\n")


main()
