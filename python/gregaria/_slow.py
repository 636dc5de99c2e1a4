"""Requests that requests itself has to send, and those it refused to prepare.

Rust does not see them. They are timed and reported here, through `events.request`, which counts
them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException
from requests.utils import default_headers

from gregaria._responses import ResponseContextManager

#: `Accept-Encoding` of a request that the engine sends, whatever is installed beside requests.
ENGINE_DECODES = "gzip, deflate, br"

if TYPE_CHECKING:
    from collections.abc import Callable

    from gregaria.locust.clients import HttpSession


def send(
    session: HttpSession,
    method: str,
    url: str,
    name: str | None,
    catch_response: bool,
    context: dict[str, Any],
    arguments: dict[str, Any],
) -> ResponseContextManager:
    """Lets requests send it, over gevent's sockets. `url` is absolute."""
    headers = dict(arguments.get("headers") or {})
    if session.headers.get("Accept-Encoding") == ENGINE_DECODES:
        # What urllib3 decodes may be less than what the engine does.
        headers.setdefault("Accept-Encoding", default_headers()["Accept-Encoding"])
        arguments = {**arguments, "headers": headers}
    start_time, start = time.time(), time.perf_counter()
    response: Any
    try:
        response = requests.Session.request(session, method, url, **arguments)
        response.__class__ = ResponseContextManager
    except (MissingSchema, InvalidSchema, InvalidURL):
        raise
    except RequestException as error:
        response = failed(error)
    response_time = (time.perf_counter() - start) * 1000
    first = (response.history[0] if response.history else response).request
    if first is not None:
        name = name or session.request_name or first.path_url
        url = first.url
    facts = _facts(session, method.upper(), url, name, start_time, response_time)
    if arguments.get("stream") or session.stream:
        facts["response_length"] = int(response.headers.get("content-length") or 0)
    else:
        facts["response_length"] = len(response.content or b"")
    return _report(session, response, facts, catch_response, context)


def refuse(
    session: HttpSession,
    method: str,
    url: str,
    name: str | None,
    catch_response: bool,
    context: dict[str, Any],
    error: RequestException,
) -> ResponseContextManager:
    """Reports a request that could not be prepared, for example for an invalid header."""
    facts = _facts(session, method.upper(), url, name, time.time(), 0.0)
    return _report(session, failed(error), facts, catch_response, context)


def failed(error: RequestException) -> ResponseContextManager:
    """The response of a request that has none: status 0, no content, and the error."""
    response = ResponseContextManager()
    response.error = error
    response.status_code = 0
    response._content = None
    response._content_consumed = True  # pyright: ignore[reportPrivateUsage] - of requests, which is told that nothing is to be read
    if isinstance(error.request, requests.PreparedRequest):
        response.request = error.request
    return response


def _facts(
    session: HttpSession,
    method: str,
    url: str,
    name: str | None,
    start_time: float,
    response_time: float,
) -> dict[str, Any]:
    """The arguments of `events.request`, in the order of Locust's `HttpUser`."""
    return {
        "request_type": method,
        "response_time": response_time,
        "name": name or session.request_name or url,
        "context": {},
        "response": None,
        "exception": None,
        "start_time": start_time,
        "url": url,
        "response_length": 0,
    }


def _report(
    session: HttpSession,
    response: ResponseContextManager,
    facts: dict[str, Any],
    catch_response: bool,
    context: dict[str, Any],
) -> ResponseContextManager:
    """Counts the request, or leaves that to the block that judges it."""
    response.request_meta = facts
    facts["context"] = context
    facts["response"] = response
    fire: Callable[..., None] = session.request_event.fire

    def count(_: ResponseContextManager, failure: Exception | None) -> None:
        fire(**{**facts, "exception": innermost(failure)})

    if catch_response:
        response._report = count  # pyright: ignore[reportPrivateUsage] - ours: users shall not see it
    else:
        count(response, _failure_of(response, facts["name"]))
    return response


def _failure_of(response: ResponseContextManager, name: str) -> Exception | None:
    """Why a request failed. The text has the entry's name for a URL, so that failures group."""
    url, response.url = response.url, name
    try:
        response.raise_for_status()
    except RequestException as error:
        return error
    finally:
        response.url = url
    return None


def innermost(error: Exception | None) -> Exception | None:
    """The cause below the layers that requests and urllib3 put around a lost connection."""
    if not isinstance(error, requests.ConnectionError) or isinstance(error, requests.ReadTimeout):
        return error
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    return cause if isinstance(cause, Exception) else error
