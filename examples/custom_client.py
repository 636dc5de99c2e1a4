"""Another protocol: a user class with a client of its own.

All that a client has to do is to fire `events.request` with what it measured. This one speaks
plain TCP: it sends a line to the server and waits for the first line of the answer.
"""

import socket
import time
from urllib.parse import urlsplit

from locust import User, between, events, task


class LineClient:
    """Sends one line on a new connection and returns the first line of the answer."""

    def __init__(self, host, port):
        self.address = (host, port)

    def ask(self, name, line):
        start = time.perf_counter()
        answer, exception = b"", None
        try:
            with socket.create_connection(self.address, timeout=5) as connection:
                connection.sendall(line + b"\r\n\r\n")
                answer = connection.makefile("rb").readline()
        except OSError as error:
            exception = error
        events.request.fire(
            request_type="LINE",
            name=name,
            response_time=(time.perf_counter() - start) * 1000,
            response_length=len(answer),
            exception=exception,
            context={},
        )
        return answer


class LineUser(User):
    """A base class without tasks of its own: `abstract` keeps it from being run."""

    abstract = True

    def __init__(self, environment):
        super().__init__(environment)
        url = urlsplit(self.host)
        self.client = LineClient(url.hostname, url.port or 80)


class Asker(LineUser):
    wait_time = between(0.1, 0.2)

    @task
    def greet(self):
        self.client.ask("greeting", b"GET / HTTP/1.0")
