"""Responses of `HttpUser`: `requests.Response` in every respect, made of what Rust holds.

A response has no field until somebody reads it. Each field is then made from the bytes the engine
has kept and stored in the object, where requests' own methods (`text`, `iter_lines`, `links`, …)
find it, and where a locustfile may overwrite it.
"""

from __future__ import annotations

import datetime
import email.message
import io
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import requests
import requests.cookies
import urllib3
from gevent import GreenletExit
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from gregaria import _failure
from gregaria._native import ResponseCore
from gregaria._requests import extract_cookies_to_jar
from gregaria.locust.exception import (
    CatchResponseError,
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    ResponseError,
    StopTest,
    StopUser,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_Value = TypeVar("_Value")

#: Leaving a block by one of these says nothing about the request.
CONTROL_FLOW = (
    GreenletExit,
    StopUser,
    StopTest,
    RescheduleTask,
    RescheduleTaskImmediately,
    InterruptTaskSet,
)

NEEDS_CATCH_RESPONSE = (
    "In order to use a with-block for requests, you must also pass catch_response=True"
)
NOT_IN_A_BLOCK = (
    "Tried to set status on a request that has not yet been made. Make sure you use a with-block, "
    "like this:\n\nwith self.client.request(..., catch_response=True) as response:\n"
    "    response.failure(...)"
)


class Judged:
    """The `with` block of a response: its `success()` and `failure()`, and when it is counted.

    What is common to both clients. A subclass says how a request is counted.
    """

    #: True, or the exception it failed with, once `success()` or `failure()` was called.
    _manual_result: bool | Exception | None = None
    _is_inside = False
    #: Tells the listeners of `events.request`, if there were any when the request was made.
    _tell: Callable[[Any, Exception | None], None] | None = None

    def _may_be_judged(self) -> bool:
        """Whether `catch_response=True` was given."""
        raise NotImplementedError

    def _count_as(self, failure: Exception | None) -> None:
        """Counts the request, as failed with `failure` or as successful."""
        raise NotImplementedError

    def _failure_by_status(self) -> Exception | None:
        """Why it failed if nobody says otherwise; `None` if it did not."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        if not self._may_be_judged():
            self._refuse_to_enter()
        self._is_inside = True
        return self

    def __exit__(
        self,
        exc: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return self._leave(exc, value, traceback)

    def _refuse_to_enter(self) -> NoReturn:
        raise LocustError(NEEDS_CATCH_RESPONSE)

    def _leave(
        self,
        exc: type[BaseException] | None,
        value: BaseException | None,
        _: TracebackType | None,
    ) -> bool:
        """Counts the request when its block ends. Returns whether the exception goes no further."""
        verdict = self._manual_result
        self._is_inside = False
        if verdict is not None:
            self._conclude(None if verdict is True else verdict)
            return exc is None
        if exc is None:
            self._conclude(self._failure_by_status())
            return True
        if isinstance(value, Exception) and not isinstance(value, CONTROL_FLOW):
            # Locust counts nothing when a block ends with an exception of another kind. The
            # request was made, so it is counted here; the exception goes on all the same.
            self._conclude(value)
        return isinstance(value, ResponseError)

    def _conclude(self, failure: bool | Exception | None) -> None:
        failure = failure if isinstance(failure, Exception) else None
        self._count_as(failure)
        tell = self._tell
        if tell is not None:
            tell(self, failure)

    def success(self) -> None:
        """Counts the request as successful, whatever its status."""
        if not self._is_inside:
            raise LocustError(NOT_IN_A_BLOCK)
        self._manual_result = True

    def failure(self, exc: Any) -> None:
        """Counts the request as failed. `exc` is an exception, or the text of one."""
        if not self._is_inside:
            raise LocustError(NOT_IN_A_BLOCK)
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)


class ResponseContextManager(Judged, requests.Response):
    """What `HttpUser.client` returns: a `requests.Response` that can be judged in a block."""

    #: The exception if there was no response.
    error: Exception | None = None
    #: What listeners of `events.request` are told of it.
    request_meta: dict[str, Any]
    #: Whether requests has read the body.
    _content_consumed: bool
    #: Set by the client for responses that requests itself has fetched: counts and tells.
    _report: Callable[[Any, Exception | None], None] | None = None

    def _may_be_judged(self) -> bool:
        return self._report is not None

    def _count_as(self, failure: Exception | None) -> None:
        if self._report is not None:
            self._report(self, failure)
            self._report = None

    def _failure_by_status(self) -> Exception | None:
        try:
            self.raise_for_status()
        except requests.RequestException as error:
            return error
        return None

    def raise_for_status(self) -> None:
        """Raises what the request failed with: the block's verdict, an error, or the status."""
        if self._manual_result is True:
            return
        if isinstance(self._manual_result, Exception):
            raise self._manual_result
        if self.error is not None:
            raise self.error
        super().raise_for_status()


def made_when_read(make: Callable[[Any], _Value]) -> _Value:
    """A field that is made by its function when it is read first, and can be overwritten."""
    # To those who read it, and to the type checker, the field is what its function returns.
    field: Any = _MadeWhenRead(make)
    return field


class _MadeWhenRead:
    """The descriptor behind `made_when_read`. The value hides it once it is in the object."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = self._make(instance)
        instance.__dict__[self._name] = value
        return value


class _Replaceable(_MadeWhenRead):
    """A field that Rust also answers from: replacing it makes Python answer instead."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        made = instance.__dict__
        return made[self._name] if self._name in made else super().__get__(instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.native_mark_changed()
        instance.__dict__[self._name] = value


def replaceable(make: Callable[[Any], _Value]) -> _Value:
    """As `made_when_read`, for what `text` and `json()` are made of."""
    field: Any = _Replaceable(make)
    return field


class EngineJudged(ResponseCore, Judged):
    """A response of either client that Rust counts, with the block of `Judged` in Rust."""

    def _may_be_judged(self) -> bool:
        return self.native_is_judged()

    def _count_as(self, failure: Exception | None) -> None:
        self.count(None if failure is None else repr(failure))


class EngineResponse(EngineJudged, ResponseContextManager):
    """A response that came through the engine."""

    _content_consumed = True
    _next: requests.PreparedRequest | None = None

    @replaceable
    def _content(self) -> bytes | None:
        """The decoded body."""
        try:
            return self.native_content()
        except ValueError as error:
            raise requests.exceptions.ContentDecodingError(error) from None

    @made_when_read
    def headers(self) -> CaseInsensitiveDict[str]:
        """Several lines of one name are joined by a comma, as in requests."""
        joined: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        for name, value in self.native_headers():
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    @made_when_read
    def url(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride] - nor has requests one without a response
        """Where it came from, after redirects."""
        return self.native_url()

    @made_when_read
    def reason(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride] - nor has requests one without a response
        """The words behind the status code."""
        return self.native_reason()

    @replaceable
    def encoding(self) -> str | None:
        """The encoding of `text` that the headers tell."""
        return get_encoding_from_headers(self.headers)

    @made_when_read
    def elapsed(self) -> datetime.timedelta:
        """From sending the request to the first byte of the response."""
        timings = self.native_timings()
        return datetime.timedelta(seconds=timings.get("total", 0) - timings.get("receive", 0))

    @made_when_read
    def history(self) -> list[requests.Response]:
        """The responses that redirected, oldest first."""
        return self.native_history()

    @made_when_read
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        """The cookies this very response has set."""
        jar = requests.cookies.RequestsCookieJar()
        if self.request is not None:
            extract_cookies_to_jar(jar, self.request, self.raw)
        return jar

    @made_when_read
    def request(self) -> requests.PreparedRequest | None:  # pyright: ignore[reportIncompatibleVariableOverride] - nor has requests one if nothing was sent
        """What was sent first, as requests would have prepared it."""
        asked = self.native_request()
        if asked is None:
            return None
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, lines, prepared.body = asked
        prepared.headers = CaseInsensitiveDict(lines)
        prepared._cookies = requests.cookies.RequestsCookieJar()  # pyright: ignore[reportAttributeAccessIssue] - the stubs leave it out
        prepared.hooks = default_hooks()
        return prepared

    @made_when_read
    def raw(self) -> urllib3.HTTPResponse:
        """The body behind urllib3's interface, in memory already."""
        message = email.message.Message()
        for name, value in self.native_headers():
            message[name] = value
        raw: Any = urllib3.HTTPResponse(
            io.BytesIO(self._content or b""),
            headers=urllib3.HTTPHeaderDict(self.native_headers()),
            status=self.status_code,
            reason=self.reason,
            preload_content=False,
            decode_content=False,
        )
        # Where requests looks for Set-Cookie lines.
        raw._original_response = _OriginalResponse(message)
        return raw

    @made_when_read
    def error(self) -> Exception | None:
        """The exception if there was no response."""
        failure = self.native_failure()
        return None if failure is None else _failure.requests_error(*failure)

    @made_when_read
    def request_meta(self) -> dict[str, Any]:
        """What listeners of `events.request` are told of it."""
        return self.native_facts({}, None)

    @property
    def text(self) -> str:
        """The body as text.

        Without a charset in the headers, a body that is UTF-8 is read as that; requests would
        come to the same result by trying encodings one after the other.
        """
        text = self.native_text()
        return super().text if text is None else text

    def _json_in_python(self, **kwargs: Any) -> Any:
        """What requests does; raises `requests.JSONDecodeError` if the body is none."""
        return requests.Response.json(self, **kwargs)

    def _failure_by_status(self) -> Exception | None:
        failure = self.native_failure()
        if failure is not None:
            return _failure.requests_cause(*failure)
        text = self.native_status_failure()
        return None if text is None else requests.HTTPError(text, response=self)


class _OriginalResponse:
    """Headers in the shape in which requests looks for cookies."""

    def __init__(self, message: email.message.Message) -> None:
        self.msg = message


def teller(
    event: Any, context: dict[str, Any], own: dict[str, Any] | None = None
) -> Callable[[Any, Exception | None], None]:
    """What tells the listeners of `event` of a judged request that Rust has counted.

    `own` are facts that a client knows better than Rust.
    """

    def tell(response: Any, failure: Exception | None) -> None:
        facts = response.native_facts(context, failure)
        if own:
            facts.update(own)
        event.notify(facts)

    return tell
