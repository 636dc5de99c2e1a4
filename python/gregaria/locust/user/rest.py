"""`rest()`: requests whose bodies are JSON both ways, and checks that turn into failures."""

from __future__ import annotations

import os
import re
import time
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from ..event import CONTROL_FLOW

RestResponseT = TypeVar("RestResponseT")

#: How much of a body that is not JSON goes into the failure, and of one that fails a check.
_UNPARSABLE_LENGTH = 250
_CHECKED_LENGTH = 200


class RestMixin(Generic[RestResponseT]):
    """Adds `rest` and `rest_` to a user with an HTTP client."""

    #: One line of a call stack in a traceback: file, line number, rest.
    _callstack_regex = re.compile(r'  File "(\/.[^"]*)", line (\d*),(.*)')

    @contextmanager
    def rest(
        self, method: str, url: str, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> Generator[RestResponseT]:
        """Sends and expects JSON. The response has the parsed body as `js`, or `None`.

        An exception in the block, a failed `assert` among them, makes the request a failure that
        says where it came from, and goes no further.
        """
        headers = dict(headers or {})
        for name in ("Content-Type", "Accept"):
            if name not in headers and name.lower() not in headers:
                headers[name] = "application/json"

        client: Any = self.client  # type: ignore[attr-defined]
        with client.request(
            method, url, catch_response=True, headers=headers, **kwargs
        ) as response:
            response.js = None
            if response.content is None:
                response.failure(str(response.error))
            elif response.text:
                try:
                    response.js = response.json()
                except ValueError as error:
                    response.failure(
                        "Could not parse response as JSON. "
                        f"{response.text[:_UNPARSABLE_LENGTH]}, "
                        f"response code {response.status_code}, error {error}"
                    )
            try:
                yield response
            except AssertionError as error:
                response.failure(_assertion_text(error, response))
            except CONTROL_FLOW:
                raise
            except Exception as error:
                response.failure(
                    f"{type(error).__name__}: {error} at {_call_stack(error)}. "
                    f"Response was {(response.text or '')[:_CHECKED_LENGTH]}"
                )

    @contextmanager
    def rest_(
        self, method: str, url: str, name: str | None = None, **kwargs: Any
    ) -> Generator[RestResponseT]:
        """Like `rest`, with a parameter `_` that makes each URL unique, for polling past caches."""
        separator = "&" if "?" in url else "?"
        if name is None:
            name = f"{url}{separator}_=..."
        with self.rest(
            method, f"{url}{separator}_={int(time.time() * 1000)}", name=name, **kwargs
        ) as response:
            yield response


def _assertion_text(error: AssertionError, response: Any) -> str:
    """What a failed `assert` says; a text that ends in a comma wants the response added."""
    if not error.args:
        return "Assertion failed"
    text = str(error.args[0])
    if text.endswith(","):
        return f"{text} response was {(response.text or '')[:_CHECKED_LENGTH]}"
    return text


def _call_stack(error: Exception) -> str:
    """`/path/file.py:12 in function, …`, with the home directory as `~`."""
    home = os.path.expanduser("~") + "/"
    calls: list[str] = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = frame.filename
        if path.startswith(home):
            path = "~/" + path[len(home) :]
        calls.append(f"{path}:{frame.lineno} in {frame.name}")
    return ", ".join(calls)
