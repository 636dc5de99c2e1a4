"""Sends the same requests with Locust's clients, whichever package provides them.

Run by `test_against_locust.py` with the real Locust and with gregaria; prints as JSON what the
server received, what the caller got and what listeners were told.
"""

from __future__ import annotations

import sys

if "--gregaria" in sys.argv:
    import gregaria

    gregaria.install()

import json
import socket as sockets
import struct

import gevent
from gevent import socket
from locust import FastHttpUser, HttpUser
from locust.env import Environment

received: list[str] = []


def read_request(connection) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    received.append((head + b"\r\n\r\n" + body).decode("latin-1"))
    return head


def answer(connection) -> None:
    """Redirects `/r<status>`, answers `/s<status>`, and is friendly otherwise."""
    while (head := read_request(connection)) is not None:
        path = head.split()[1]
        if path.startswith(b"/r"):
            connection.sendall(
                b"HTTP/1.1 " + path[2:5] + b" Moved\r\nLocation: /final\r\n"
                b"Set-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\nxx"
            )
        elif path.startswith(b"/s"):
            connection.sendall(
                b"HTTP/1.1 " + path[2:5] + b" It's So\r\nContent-Length: 4\r\n\r\nfail"
            )
        else:
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
            )


def hang_up(connection) -> None:
    read_request(connection)
    connection.close()


def say_nothing(connection) -> None:
    read_request(connection)
    connection.recv(1)


def reset(connection) -> None:
    read_request(connection)
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def cut_off(connection) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
    connection.close()


def cut_off_chunks(connection) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    connection.close()


def go_in_circles(connection) -> None:
    while read_request(connection) is not None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n")


def serve(handler) -> int:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(50)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            gevent.spawn(handler, connection)

    gevent.spawn(accept)
    return listener.getsockname()[1]


PORTS = {
    handler.__name__: serve(handler)
    for handler in (answer, hang_up, say_nothing, reset, cut_off, cut_off_chunks, go_in_circles)
}
unused = sockets.socket()
unused.bind(("127.0.0.1", 0))
PORTS["nobody"] = unused.getsockname()[1]
HOST = f"http://127.0.0.1:{PORTS['answer']}"


class Slow(HttpUser):
    host = HOST


class Fast(FastHttpUser):
    host = HOST
    network_timeout = 0.3
    connection_timeout = 0.3


CALLS = {
    "get": lambda c: c.get("/"),
    "a URL with a space and a letter": lambda c: c.get("/a b?x=é"),
    "params": lambda c: c.get("/p?z=1", params={"a": [1, 2], "b": "x y"}),
    "post nothing": lambda c: c.post("/"),
    "post a dict": lambda c: c.post("/", data={"a": 1, "b": "x y", "c": ["1", "2"]}),
    "post text": lambda c: c.post("/", data="hé"),
    "post bytes": lambda c: c.post("/", data=b"abc"),
    "post json": lambda c: c.post("/", json={"a": 1, "b": "é"}),
    "put json": lambda c: c.request("PUT", "/", json=[1]),
    "patch": lambda c: c.patch("/", data="x"),
    "delete": lambda c: c.delete("/"),
    "head": lambda c: c.head("/"),
    "options": lambda c: c.options("/"),
    "headers": lambda c: c.get("/", headers={"X-Foo": "1", "user-agent": "me"}),
    "auth": lambda c: c.get("/", auth=("u", "p")),
    "a name": lambda c: c.get("/", name="my name"),
    "get 301": lambda c: c.get("/r301"),
    "post 301": lambda c: c.post("/r301", data={"a": 1}),
    "get 302": lambda c: c.get("/r302"),
    "post 302": lambda c: c.post("/r302", data={"a": 1}),
    "put 302": lambda c: c.put("/r302", data="x"),
    "delete 302": lambda c: c.delete("/r302"),
    "head 302": lambda c: c.head("/r302"),
    "post 303": lambda c: c.post("/r303", data={"a": 1}),
    "get 307": lambda c: c.get("/r307"),
    "post 307": lambda c: c.post("/r307", data={"a": 1}),
    "post 308": lambda c: c.post("/r308", data={"a": 1}),
    "not followed": lambda c: c.get("/r302", allow_redirects=False),
    "a cookie is kept": lambda c: c.get("/"),
    "status 404": lambda c: c.get("/s404"),
    "status 500": lambda c: c.get("/s500"),
    "status 304": lambda c: c.get("/s305"),
    "nobody listens": lambda c: c.get(f"http://127.0.0.1:{PORTS['nobody']}/x"),
    "no such name": lambda c: c.get("http://nobody.invalid/x"),
    "hang up": lambda c: c.get(f"http://127.0.0.1:{PORTS['hang_up']}/x"),
    "cut off": lambda c: c.get(f"http://127.0.0.1:{PORTS['cut_off']}/x"),
    "cut off in chunks": lambda c: c.get(f"http://127.0.0.1:{PORTS['cut_off_chunks']}/x"),
    "in circles": lambda c: c.get(f"http://127.0.0.1:{PORTS['go_in_circles']}/loop"),
}
ONLY_SLOW = {
    "cookies": lambda c: c.get("/", cookies={"k": "v"}),
    "reset": lambda c: c.get(f"http://127.0.0.1:{PORTS['reset']}/x"),
    "headers without one": lambda c: c.get("/", headers={"Accept": None}),
    "a list of pairs": lambda c: c.post("/", data=[("a", 1)]),
    "an invalid header": lambda c: c.get("/", headers={"X": 1}),
    "verify": lambda c: c.get("/", verify=False),
    "a timeout": lambda c: c.get(f"http://127.0.0.1:{PORTS['say_nothing']}/x", timeout=0.2),
    "no host": lambda c: c.get("http://"),
    "no slash": lambda c: c.get("nohost"),
    "an unknown argument": lambda c: c.get("/", nonsense=1),
    "a stream": lambda c: c.get("/", stream=True),
}
ONLY_FAST = {
    "a timeout": lambda c: c.get(f"http://127.0.0.1:{PORTS['say_nothing']}/x"),
}


def describe(label: str, call, client, told: list[dict]) -> dict:
    received.clear()
    told.clear()
    result: dict = {}
    try:
        response = call(client)
    except Exception as error:
        result["raised"] = repr(error)
    else:
        result["status"] = response.status_code
        result["text"] = response.text
        result["error"] = type(getattr(response, "error", None)).__name__
        result["history"] = len(getattr(response, "history", None) or [])
        result["ok"] = _ok(response)
    result["received"] = list(received)
    result["told"] = [
        {
            "names": list(event),
            "type": event["request_type"],
            "name": event["name"],
            "url": event["url"],
            "length": event["response_length"],
            "context": event["context"],
            "exception": repr(event["exception"]),
        }
        for event in told
    ]
    return result


def _ok(response) -> object:
    try:
        return response.ok
    except Exception as error:
        return type(error).__name__


def main() -> None:
    output = {}
    for user_class, own in ((Slow, ONLY_SLOW), (Fast, ONLY_FAST)):
        environment = Environment(user_classes=[user_class])
        told: list[dict] = []
        environment.events.request.add_listener(lambda told=told, **event: told.append(event))
        client = user_class(environment).client
        for label, call in {**CALLS, **own}.items():
            text = json.dumps(describe(label, call, client, told))
            for name, port in PORTS.items():
                text = text.replace(f":{port}", f":{name}").replace(f"port={port}", f"port={name}")
            output[f"{user_class.__name__}: {label}"] = json.loads(text)
    sys.stdout.write(json.dumps(output))


main()
