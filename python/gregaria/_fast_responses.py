"""Responses of `FastHttpUser`, whose fields are made when read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.structures import CaseInsensitiveDict

from gregaria import _failure
from gregaria._requests import complexjson
from gregaria._responses import EngineJudged, made_when_read, replaceable
from gregaria.locust.exception import LocustError

if TYPE_CHECKING:
    from collections.abc import Iterator


class LocustBadStatusCode(Exception):  # noqa: N818 - Locust's name
    """A status that counts as a failure."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def __repr__(self) -> str:
        return f"LocustBadStatusCode(code={self.code})"


class FastRequest:
    """What was sent: `method`, `url`, `headers` and the body, as `payload` and `body`."""

    def __init__(self, method: str, url: str, lines: list[tuple[str, str]], body: Any) -> None:
        self.method = method
        self.url = url
        self.headers = CaseInsensitiveDict(lines)
        self.payload = body

    @property
    def body(self) -> Any:
        """The body as bytes, or `None`."""
        return self.payload


class FastResponse(EngineJudged):
    """What `FastHttpUser.client` returns.

    `content` and `text` are `None` when there was no response, and `status_code` is 0.
    """

    @replaceable
    def content(self) -> bytes | None:
        """The decoded body."""
        return self.native_content()

    @made_when_read
    def headers(self) -> CaseInsensitiveDict[str] | None:
        """Several lines of one name are joined by a comma."""
        joined: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        for name, value in self.native_headers():
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    @made_when_read
    def text(self) -> str | None:
        """The body as text, by the charset of its type, else as UTF-8."""
        text = self.native_text()
        if text is not None:
            return text
        content = self.content
        return None if content is None else content.decode(self.encoding or "utf-8", "replace")

    @made_when_read
    def encoding(self) -> str | None:
        """The charset of the content type."""
        _, _, charset = (self.native_header("content-type") or "").partition("charset=")
        return charset.split(";")[0].strip(" \"'") or None

    @made_when_read
    def url(self) -> str | None:
        """Where it came from, after redirects."""
        return self.native_url()

    @made_when_read
    def history(self) -> list[FastResponse]:
        """The responses that redirected, oldest first."""
        return self.native_history()

    @made_when_read
    def request(self) -> FastRequest | None:
        """What was sent first."""
        asked = self.native_request()
        return None if asked is None else FastRequest(*asked)

    @made_when_read
    def error(self) -> Exception | None:
        """What makes it a failure, if anything does."""
        return self._failure_by_status()

    @property
    def ok(self) -> bool:
        """Whether the status is below 400; true, as in Locust, when there was no response."""
        return self.status_code < 400

    def _json_in_python(self, **kwargs: Any) -> Any:
        """What the standard library does; raises `ValueError` if the body is no JSON."""
        return complexjson.loads(self.text, **kwargs)

    def raise_for_status(self) -> None:
        """Raises what the request failed with: an error or the status."""
        error = self.error
        if error is not None:
            raise error

    def iter_content(self, chunk_size: int = 1024, decode_content: bool = True) -> Iterator[bytes]:
        """The body in pieces of at most `chunk_size` bytes."""
        content = self.content or b""
        for start in range(0, len(content), chunk_size):
            yield content[start : start + chunk_size]

    def iter_lines(self) -> Iterator[str]:
        """The lines of the body, without their ends."""
        yield from (self.text or "").splitlines()

    def _failure_by_status(self) -> Exception | None:
        failure = self.native_failure()
        if failure is not None:
            url = self.native_facts({}, None).get("url", "")
            return _failure.fast_error(failure[0], url, failure[1])
        if not self.native_has_failed():
            return None
        return LocustBadStatusCode(self.status_code)


class ResponseContextManager(FastResponse):
    """A response that can be judged in a `with` block."""


class RestResponseContextManager(ResponseContextManager):
    """Type of the responses of `rest()`: `js` is the parsed body."""

    js: Any


class ErrorResponse(ResponseContextManager):
    """What stands for a response when there was none: nothing but `error`."""

    status_code = 0  # type: ignore[assignment]
    content = None  # type: ignore[assignment]
    text = None  # type: ignore[assignment]
    headers = None  # type: ignore[assignment]

    def json(self, **kwargs: Any) -> Any:
        """Raises: there is no body."""
        raise LocustError(f"there is no response to read: {self.error!r}")
