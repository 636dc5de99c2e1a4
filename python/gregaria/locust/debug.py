"""`run_single_user`: one user in the current greenlet, for a debugger."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import log
from .env import Environment

if TYPE_CHECKING:
    from .user.users import User

#: The environment of the last `run_single_user`.
_env: Environment | None = None

_TAB = "\t"


class PrintListener:
    """Writes one line of tab-separated columns to stdout for each request."""

    def __init__(
        self,
        env: Environment,
        include_length: bool = False,
        include_time: bool = False,
        include_context: bool = False,
        include_payload: bool = False,
    ) -> None:
        self.include_length = include_length
        self.include_time = include_time
        self.include_context = include_context
        self.include_payload = include_payload
        env.events.request.add_listener(self.on_request)
        columns = ["type", f"{'name': <50}", "resp_ms"]
        if include_time:
            columns.insert(0, f"{'time': <24}")
        if include_length:
            columns.append("length")
        columns.append("exception")
        if include_context:
            columns.append("context")
        # An empty column stands here in the heading alone, as in Locust.
        columns.append("")
        if include_payload:
            columns.append("payload")
        _write("\n" + "".join(column + _TAB for column in columns) + "\n")

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int,
        exception: BaseException | None,
        context: dict[str, Any],
        start_time: float | None = None,
        response: Any = None,
        **_kwargs: Any,
    ) -> None:
        """Writes the line of one request."""
        took = f"{round(response_time): <7}" if response_time is not None else " " * 7
        columns = [request_type, f"{name: <50}", took]
        if self.include_time:
            moment = datetime.fromtimestamp(start_time) if start_time else datetime.now()
            columns.insert(0, str(moment))
        if self.include_length:
            columns.append(str(response_length))
        columns.append(_short(exception) if exception is not None else " " * 9)
        if self.include_context:
            columns.append(str(context or ""))
        if self.include_payload:
            columns.append(_payload(response))
        _write("".join(column + _TAB for column in columns) + "\n")


def run_single_user(
    user_class: type[User],
    include_length: bool = False,
    include_time: bool = False,
    include_context: bool = False,
    include_payload: bool = False,
    loglevel: str | None = "WARNING",
) -> None:
    """Runs one user of `user_class` until it stops, writing a line for each request.

    Fires `init` the first time and `test_start`, but nothing at the end. `loglevel=None` leaves
    logging alone.
    """
    global _env

    if loglevel:
        log.setup_logging(loglevel)
    if _env is None:
        # Later users share the environment of the first, and what it prints.
        _env = _create_environment()
        PrintListener(
            _env,
            include_length=include_length,
            include_time=include_time,
            include_context=include_context,
            include_payload=include_payload,
        )
        log.unhandled_greenlet_exception = False
        _env.events.init.fire(environment=_env, runner=None, web_ui=None)
        if log.unhandled_greenlet_exception:
            # As in a run from the command line, an `init` that failed leaves nothing to run.
            sys.exit(1)
    if _env.host is not None:
        user_class.host = _env.host
    _env.events.test_start.fire(environment=_env)
    user = user_class(_env)
    _env.single_user_instance = user
    user.run()


def _create_environment() -> Environment:
    """An environment without a runner, with the options of the command line."""
    from . import events
    from .argument_parser import parse_options

    options = parse_options()
    return Environment(events=events, host=options.host, parsed_options=options)


def _payload(response: Any) -> str:
    """The body that was sent, as text, where the client keeps it."""
    request = getattr(response, "request", None)
    body = getattr(request, "body", None)
    if isinstance(body, bytes):
        return body.decode(errors="replace")
    return "" if body is None else str(body)


def _short(exception: BaseException) -> str:
    """The exception on one line."""
    return repr(exception).replace(os.linesep, " ")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
