"""A run with its page in a process of its own, and calls to it as a script makes them."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from tests.cli.command import finish, interrupt, start, wait_for

#: Seconds after which something that has to come is not coming.
LIMIT_SECONDS = 60

#: A user that counts ten requests a second, without a network.
PLAIN = """\
from locust import User, constant, events, task


class Visitor(User):
    wait_time = constant(0.1)
    host = "http://127.0.0.1:1"

    @task
    def visit(self):
        self.environment.events.request.fire(
            request_type="GET", name="/", response_time=1.5, response_length=10, exception=None
        )
"""


@dataclass
class Answer:
    """An answer of the page."""

    status: int
    headers: Any
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Page:
    """A page that is being served, and its process."""

    url: str
    process: Popen[str]

    def get(self, path: str, **headers: str) -> Answer:
        return self._call(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, fields: Mapping[str, object] | None = None, **headers: str) -> Answer:
        """Sends a form."""
        data = urllib.parse.urlencode(fields or {}).encode()
        return self._call(urllib.request.Request(self.url + path, data, headers))

    def send(self, path: str, body: object, **headers: str) -> Answer:
        """Sends JSON."""
        headers = {"Content-Type": "application/json", **headers}
        return self._call(
            urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        )

    @staticmethod
    def _call(request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def stats(self) -> Any:
        return self.get("/stats/requests").json

    def wait_for(self, wanted: Callable[[Any], object]) -> Any:
        """Asks for the statistics until they are as wanted."""
        until = time.monotonic() + LIMIT_SECONDS
        while not wanted(stats := self.stats()):
            assert time.monotonic() < until, stats
        return stats


def own_port() -> tuple[str, ...]:
    """Options for a master and its workers of one command line: a port that no other test uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)


@contextmanager
def serve(
    folder: Path, *arguments: str, variables: Mapping[str, str] | None = None, **headers: str
) -> Iterator[Page]:
    """The page of a run in `folder`, which has a run store of its own, at a free port.

    Ctrl-C ends it.
    """
    own = {"XDG_STATE_HOME": str(folder / "state"), **(variables or {})}
    process = start(folder, "-P", "0", *arguments, variables=own)
    try:
        said = wait_for(process, "Starting web interface at")
        found = re.search(r"at (https?://\S+?)\.?$", said, re.MULTILINE)
        assert found is not None, said
        yield Page(found[1], process)
    finally:
        if process.poll() is None:
            interrupt(process)
        finish(process)
