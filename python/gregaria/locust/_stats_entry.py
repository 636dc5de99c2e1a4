"""One entry and one failure of `locust.stats`, as a locustfile reads them."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import html
import re
import time
from collections import namedtuple
from types import ModuleType
from typing import TYPE_CHECKING, Generic, TypedDict, TypeVar, cast, overload

from gregaria import _native

if TYPE_CHECKING:
    from .stats import RequestStats

CachedResponseTimes = namedtuple(
    "CachedResponseTimes", ["response_times", "num_requests", "num_none_requests"]
)

T = TypeVar("T")


class StatsEntryDict(TypedDict):
    """An entry as it is reported to a master and written to JSON."""

    name: str
    method: str
    last_request_timestamp: float | None
    start_time: float
    num_requests: int
    num_none_requests: int
    num_failures: int
    total_response_time: float
    max_response_time: float
    min_response_time: float | None
    total_content_length: int
    response_times: dict[int, int]
    num_reqs_per_sec: dict[int, int]
    num_fail_per_sec: dict[int, int]


class StatsErrorDict(TypedDict):
    """A failure as it is reported to a master."""

    name: str
    method: str
    error: str
    occurrences: int
    first_seen: float
    last_seen: float


class _Field(Generic[T]):
    """An attribute that is read from the native entry behind it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> _Field[T]: ...
    @overload
    def __get__(self, instance: StatsEntry, owner: type) -> T: ...
    def __get__(self, instance: StatsEntry | None, owner: type) -> _Field[T] | T:
        if instance is None:
            return self
        return cast("T", getattr(instance.native, self._name))


class StatsEntry:
    """Figures of one name and method.

    Those of `RequestStats.entries` are windows. One that is constructed counts by itself, and takes
    only the time of the run from `stats`.
    """

    num_requests = _Field[int]()
    num_none_requests = _Field[int]()
    num_failures = _Field[int]()
    total_response_time = _Field[float]()
    min_response_time = _Field["float | None"]()
    max_response_time = _Field[float]()
    response_times = _Field["dict[int, int]"]()
    num_reqs_per_sec = _Field["dict[int, int]"]()
    num_fail_per_sec = _Field["dict[int, int]"]()
    total_content_length = _Field[int]()
    start_time = _Field[float]()
    last_request_timestamp = _Field["float | None"]()
    use_response_times_cache = _Field[bool]()
    fail_ratio = _Field[float]()
    avg_response_time = _Field[float]()
    avg_content_length = _Field[float]()
    median_response_time = _Field[float]()
    current_rps = _Field[float]()
    current_fail_per_sec = _Field[float]()
    total_rps = _Field[float]()
    total_fail_per_sec = _Field[float]()

    def __init__(
        self,
        stats: RequestStats,
        name: str,
        method: str,
        use_response_times_cache: bool = False,
    ) -> None:
        self.stats = stats
        self.name = name
        self.method = method
        self.native = _native.Entry(stats.native, name, method, use_response_times_cache)

    @classmethod
    def window(cls, stats: RequestStats, native: _native.Entry) -> StatsEntry:
        """An entry that shows figures of `stats`."""
        entry = cls.__new__(cls)
        entry.stats = stats
        entry.name = native.name
        entry.method = native.method
        entry.native = native
        return entry

    def reset(self) -> None:
        """Back to zero, from this moment on."""
        self.native.reset()

    def log(self, response_time: float | None, content_length: int | None) -> None:
        """Counts one request; `None` is a request without a response time."""
        self.native.log(response_time, content_length)

    def log_error(self, error: Exception | str | None) -> None:
        """Counts one failure."""
        self.native.log_failure()

    def extend(self, other: StatsEntry) -> None:
        """Adds the figures of `other` to these."""
        self.native.extend(other.native)

    def serialize(self) -> StatsEntryDict:
        """The figures as plain data."""
        return {
            "name": self.name,
            "method": self.method,
            "last_request_timestamp": self.last_request_timestamp,
            "start_time": self.start_time,
            "num_requests": self.num_requests,
            "num_none_requests": self.num_none_requests,
            "num_failures": self.num_failures,
            "total_response_time": self.total_response_time,
            "max_response_time": self.max_response_time,
            "min_response_time": self.min_response_time,
            "total_content_length": self.total_content_length,
            "response_times": self.response_times,
            "num_reqs_per_sec": self.num_reqs_per_sec,
            "num_fail_per_sec": self.num_fail_per_sec,
        }

    @classmethod
    def unserialize(cls, data: StatsEntryDict, stats: RequestStats) -> StatsEntry:
        """A free-standing entry with the figures of `data`; unknown keys are skipped."""
        entry = cls(stats, data["name"], data["method"])
        entry.native.load(cast("dict[str, object]", data))
        return entry

    def get_stripped_report(self) -> StatsEntryDict:
        """The figures as plain data, after which the entry is back at zero."""
        report = self.serialize()
        self.reset()
        return report

    def get_response_time_percentile(self, percent: float) -> int:
        """The percentile (0 to 1) of all response times, in milliseconds."""
        return self.native.percentile(percent)

    def get_current_response_time_percentile(self, percent: float) -> int | None:
        """The percentile of the last seconds; `None` while there is nothing to compare with."""
        if not self.use_response_times_cache:
            raise ValueError(
                "StatsEntry.use_response_times_cache must be set to True if we should be able to "
                "calculate the _current_ response time percentile"
            )
        return self.native.current_percentile(percent, self.stats.native.now())

    def percentile(self) -> str:
        """This entry's line in the table of percentiles; only with response times."""
        if not self.num_requests:
            raise ValueError("Can't calculate percentile on url with no successful requests")
        knobs = _knobs()
        return self.native.percentile_line(
            knobs.PERCENTILES_TO_REPORT, knobs.STATS_TYPE_WIDTH, knobs.name_width()
        )

    def to_string(self, current: bool = True) -> str:
        """This entry's line in the table of statistics."""
        knobs = _knobs()
        return self.native.line(current, knobs.STATS_TYPE_WIDTH, knobs.name_width())

    def to_dict(self, escape_string_values: bool = False) -> dict[str, int | float | str]:
        """The figures as the page and the report show them."""
        percentiles = {
            f"response_time_percentile_{percentile}": self.get_response_time_percentile(percentile)
            for percentile in _knobs().PERCENTILES_TO_STATISTICS
        }
        shortest = self.min_response_time
        return {
            "method": _escaped(self.method, escape_string_values),
            "name": _escaped(self.name, escape_string_values),
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": 0 if shortest is None else _round_half_up(shortest),
            "max_response_time": _round_half_up(self.max_response_time),
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.median_response_time,
            "total_rps": self.total_rps,
            "total_fail_per_sec": self.total_fail_per_sec,
            **percentiles,
            "avg_content_length": self.avg_content_length,
        }

    def __str__(self) -> str:
        return self.to_string(current=True)


def _knobs() -> ModuleType:
    """The module whose constants a locustfile patches."""
    from . import stats

    return stats


def _escaped(text: str, is_wanted: bool) -> str:
    return html.escape(text or "") if is_wanted else text


def _round_half_up(value: float) -> float:
    return float(int(value + 0.5))


class StatsError:
    """Failures of one method, name and text."""

    #: Whether `error` is the text of an exception of this process, whose own text is shown. A
    #: master knows only texts, and shows the quotes in them.
    _was_exception = False

    def __init__(
        self,
        method: str,
        name: str,
        error: Exception | str | None,
        occurrences: int = 0,
        first_seen: float | None = None,
        last_seen: float | None = None,
    ) -> None:
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        now = time.time()
        self.first_seen = now if first_seen is None else first_seen
        self.last_seen = now if last_seen is None else last_seen

    @classmethod
    def counted_here(cls, failure: tuple[str, str, str, int, float, float]) -> StatsError:
        """A failure that was counted in this process."""
        error = cls(*failure)
        error._was_exception = True
        return error

    @classmethod
    def parse_error(cls, error: Exception | str | None) -> str:
        """The text failures are grouped by: an address in it would make each one different."""
        text = error if isinstance(error, str) else repr(error)
        address = re.search(r"object at (0x[0-9a-fA-F]+)", text)
        return text.replace(address.group(1), "0x....") if address else text

    @classmethod
    def create_key(cls, method: str, name: str, error: Exception | str | None) -> str:
        """What the failure is known by in `RequestStats.errors` and on the wire."""
        key = f"{method}.{name}.{cls.parse_error(error)!r}"
        return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

    def occurred(self) -> None:
        """Counts the failure once more."""
        self.occurrences += 1
        self.last_seen = time.time()

    def to_name(self) -> str:
        """The failure in one line, without the wrapping of `response.failure(…)`."""
        return f"{self.method} {self.name}: {self._unwrapped()}"

    def _unwrapped(self) -> str:
        text = self.error if isinstance(self.error, str) else repr(self.error)
        inner = text.removeprefix("CatchResponseError(")
        if inner == text or not text.endswith(")"):
            return text
        if not isinstance(self.error, str):
            return str(self.error)
        inner = inner.removesuffix(")")
        if self._was_exception and inner[:1] in ("'", '"'):
            with contextlib.suppress(ValueError, SyntaxError):
                return str(ast.literal_eval(inner))
        return inner

    def to_dict(self) -> StatsErrorDict:
        """The failure as the page shows it."""
        return {
            "method": self.method,
            "name": self.name,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    def serialize(self) -> StatsErrorDict:
        """The failure as plain data."""
        return {
            "name": self.name,
            "method": self.method,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    @classmethod
    def unserialize(cls, data: StatsErrorDict) -> StatsError:
        """The failure that `serialize` made into `data`."""
        return cls(
            data["method"],
            data["name"],
            data["error"],
            data["occurrences"],
            data["first_seen"],
            data["last_seen"],
        )
