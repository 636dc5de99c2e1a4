"""Responses of `FastHttpUser`, whose fields are made when read."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, cast

from greenlet import getcurrent
from requests.structures import CaseInsensitiveDict

from gregaria import _failure, _hub
from gregaria._requests import complexjson
from gregaria._responses import EngineJudged, made_when_read, replaceable
from gregaria.locust.exception import LocustError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gregaria._native import Stream

#: Codings that a streamed body may have: those that can be undone piece by piece.
STREAM_CODINGS = "gzip, deflate"

#: Bytes that one piece of a compressed body may grow to before it is handed out.
_MAX_PIECE = 1 << 16


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

    #: What is still to be read of the body, with `stream=True`.
    _stream: Stream | None = None
    _read: bytes | None = None
    _is_at_its_end = False

    @replaceable
    def content(self) -> bytes | None:
        """The decoded body. Of a stream it is what has not been read yet, all at once."""
        if self._stream is None:
            return self.native_content()
        if self._read is None:
            self._read = b"".join(self._pieces())
        return self._read

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
        text = self.native_text() if self._stream is None else None
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
        is_read = self._stream is None or self._read is not None
        for piece in (self.content or b"",) if is_read else self._pieces(decode_content):
            for start in range(0, len(piece), chunk_size):
                yield piece[start : start + chunk_size]

    def iter_lines(self) -> Iterator[str]:
        """The lines of the body, without their ends."""
        if self._stream is None or self._read is not None:
            yield from (self.text or "").splitlines()
            return
        encoding, rest = self.encoding or "utf-8", b""
        for piece in self._pieces():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r").decode(encoding, "replace")
        if rest:
            yield rest.decode(encoding, "replace")

    def _pieces(self, decode_content: bool = True) -> Iterator[bytes]:
        """What has not been read yet, as it comes in."""
        coding = (self.native_header("content-encoding") or "").lower()
        decoder = None
        if decode_content and coding in ("gzip", "x-gzip", "deflate"):
            # Finds out which of the two it is.
            decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
        while piece := _hub.on_the_engines_thread(self._next_piece):
            if decoder is None:
                yield piece
                continue
            while piece:
                yield decoder.decompress(piece, _MAX_PIECE)
                piece = decoder.unconsumed_tail
        if decoder is not None:
            yield decoder.flush()

    def _next_piece(self) -> bytes | None:
        """The next bytes from the connection; `None` at the end of the body."""
        stream = self._stream
        if stream is None or self._is_at_its_end:
            return None
        # What ended it while nobody was reading is not known any more.
        piece: Any = ("incomplete", (0, 0))
        if stream.is_open():
            piece = _hub.hub().wait(stream.read(getcurrent()))
        if isinstance(piece, tuple):
            kind, args = cast("tuple[str, tuple[Any, ...]]", piece)
            raise _failure.fast_error(kind, self.url or "", args)
        self._is_at_its_end = piece is None
        return piece

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
