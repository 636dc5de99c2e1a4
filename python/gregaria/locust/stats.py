"""Statistics as a locustfile reads them: windows on the figures, which live in Rust.

`RequestStats`, its entries and its errors hold no numbers of their own. Reading one first counts
what is still pending, so a locustfile sees its own last request. Tables and files are made in Rust
from one picture of the run; the functions here only decide where they go.

The names in capitals are knobs that locustfiles patch, so each is read when it is used.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from gregaria import _native

from ._stats_csv import CSVWriter as CSVWriter
from ._stats_csv import StatsCSV as StatsCSV
from ._stats_csv import StatsCSVFileWriter as StatsCSVFileWriter
from ._stats_entry import CachedResponseTimes as CachedResponseTimes
from ._stats_entry import StatsEntry, StatsEntryDict, StatsError, StatsErrorDict

if TYPE_CHECKING:
    from .event import Events
    from .runners import Runner

console_logger = logging.getLogger("locust.stats_logger")

logger = logging.getLogger("locust.stats")

#: Columns of the name of an entry in the tables.
STATS_NAME_WIDTH = 80

#: Columns of its method.
STATS_TYPE_WIDTH = 8

#: Whether the width of the name follows the width of the terminal.
STATS_AUTORESIZE = True

#: Seconds between the tables of a run without a page.
CONSOLE_STATS_INTERVAL_SEC = 2

#: Seconds between the points of `RequestStats.history`.
HISTORY_STATS_INTERVAL_SEC = 5

#: Seconds between the contents of the CSV files, and between writing them through to the disk.
CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 5

#: Seconds that the current percentiles look back. Not a knob here: who sets it is told so.
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10

#: Percentiles of the table at the end and of the CSV files.
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]

#: Percentiles of the table on the page.
PERCENTILES_TO_STATISTICS = [0.95, 0.99]

#: Percentiles of the chart on the page.
PERCENTILES_TO_CHART = [0.5, 0.95]

#: What the chart has room for.
_MAX_PERCENTILES_TO_CHART = 6

S = TypeVar("S")


class RequestStatsAdditionError(Exception):
    """Kept for locustfiles that catch it; nothing here raises it."""


def avg(values: list[float | int]) -> float:
    """The mean, 0 of nothing."""
    return sum(values, 0.0) / max(len(values), 1)


def bucket_response_time(response_time: int | float) -> int:
    """The bucket of a response time in milliseconds: two significant digits, half to even.

    A locustfile may replace it by a function of its own, which is then asked for every response
    time; that costs more than the request itself.
    """
    return _native.bucket_response_time(response_time)


def calculate_response_time_percentile(
    response_times: dict[int, int], num_requests: int, percent: float
) -> int:
    """The bucket below which lies the share `percent` (0 to 1) of `num_requests`; else 0."""
    wanted = int(num_requests * percent)
    above = 0
    for response_time in sorted(response_times, reverse=True):
        above += response_times[response_time]
        if num_requests - above <= wanted:
            return response_time
    return 0


def diff_response_time_dicts(latest: dict[int, int], old: dict[int, int]) -> dict[int, int]:
    """What has been counted in `latest` since `old`."""
    new = {bucket: count - old.get(bucket, 0) for bucket, count in latest.items()}
    return {bucket: count for bucket, count in new.items() if count}


def get_readable_percentiles(percentile_list: list[float]) -> list[str]:
    """Percentiles as headings: `0.999` is `99.9%`."""
    return [_native.readable_percentile(percentile) for percentile in percentile_list]


class EntriesDict(dict[tuple[str, str], StatsEntry]):
    """Entries by (name, method). One that is asked for and does not exist begins at zero.

    Requests are counted in Rust, so every way of reading first takes over the entries that have
    been added there.
    """

    def __init__(self, request_stats: RequestStats) -> None:
        super().__init__()
        self.request_stats = request_stats
        self._taken_over = 0

    def __missing__(self, key: tuple[str, str]) -> StatsEntry:
        native = self.request_stats.native.entry(*key)
        entry = StatsEntry.window(self.request_stats, native)
        super().__setitem__(key, entry)
        return entry

    def __setitem__(self, key: tuple[str, str], entry: StatsEntry) -> None:
        """Takes over the figures of an entry that has been counted elsewhere."""
        window = self[key]
        if entry is not window:
            window.reset()
            window.extend(entry)

    def __delitem__(self, key: tuple[str, str]) -> None:
        raise TypeError("one entry cannot be removed; `RequestStats.clear_all` removes all")

    def _renewed(self) -> EntriesDict:
        names = self.request_stats.native.names(self._taken_over)
        self._taken_over += len(names)
        for key in names:
            if not dict.__contains__(self, key):
                self.__missing__(key)
        return self

    def clear(self) -> None:
        """Drops the entries, as `RequestStats.clear_all` does."""
        super().clear()
        self._taken_over = 0
        self.request_stats.native.clear()

    def get(self, key: Any, default: Any = None) -> Any:
        return dict.get(self._renewed(), key, default)

    def copy(self) -> dict[tuple[str, str], StatsEntry]:
        return dict(self._renewed().items())

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self._renewed(), key)

    def __len__(self) -> int:
        return dict.__len__(self._renewed())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return dict.__iter__(self._renewed())

    def __repr__(self) -> str:
        return dict.__repr__(self._renewed())

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self._renewed(), other)

    def keys(self) -> Any:
        return dict.keys(self._renewed())

    def values(self) -> Any:
        return dict.values(self._renewed())

    def items(self) -> Any:
        return dict.items(self._renewed())


class RequestStats:
    """Figures of a run: `entries`, their `total`, `errors` and `history`."""

    def __init__(
        self, use_response_times_cache: bool = True, kept_seconds: int | None = None
    ) -> None:
        """`kept_seconds` says for how long `num_reqs_per_sec` goes back, at least a minute."""
        self.use_response_times_cache = use_response_times_cache
        #: What counts. The clients and `events.request` write to it directly.
        self.native = self._native = _native.Stats(use_response_times_cache, kept_seconds)
        self.entries = EntriesDict(self)
        self.total = StatsEntry.window(self, self.native.total())
        self.history: list[dict[str, Any]] = []
        self._told: set[str] = set()

    def tick(self, now: float, user_count: int) -> None:
        """To be called once a second while users run: keeps the course of the run."""
        self.native.tick(now, user_count)
        self.tell_notices()

    def tell_notices(self) -> None:
        """Tells, once each, what a tester has to know about the figures: for example that there
        are too many names to count each one."""
        for notice in self.native.notices():
            # The numbers in it grow; the sentence is the same.
            sentence = re.sub(r"\d+", "", notice)
            if sentence not in self._told:
                self._told.add(sentence)
                logger.warning(notice)

    @property
    def errors(self) -> dict[str, StatsError]:
        """Failures by their key, in the order in which they were first seen."""
        errors = map(StatsError.counted_here, self.native.failures())
        return {StatsError.create_key(e.method, e.name, e.error): e for e in errors}

    @property
    def num_requests(self) -> int:
        return self.total.num_requests

    @property
    def num_none_requests(self) -> int:
        return self.total.num_none_requests

    @property
    def num_failures(self) -> int:
        return self.total.num_failures

    @property
    def last_request_timestamp(self) -> float | None:
        return self.total.last_request_timestamp

    @property
    def start_time(self) -> float:
        return self.total.start_time

    def log_request(
        self, method: str, name: str, response_time: float | None, content_length: int | None
    ) -> None:
        """Counts one request, in its entry and in the total."""
        self.native.record(method, name, response_time, content_length)

    def log_error(self, method: str, name: str, error: Exception | str | None) -> None:
        """Counts one failure of a request that has been counted by `log_request`."""
        self.native.record_failure(method, name, StatsError.parse_error(error))

    def get(self, name: str, method: str) -> StatsEntry:
        """The entry of a name and method; it begins at zero if there was none."""
        return self.entries[(name, method)]

    def reset_all(self) -> None:
        """Back to zero from this moment on; the entries stay."""
        self.native.reset()
        self.history = []

    def clear_all(self) -> None:
        """Back to nothing: no entries."""
        self.entries.clear()
        self.history = []

    def serialize_stats(self) -> list[StatsEntryDict]:
        """Every entry that has counted something, as plain data; they are at zero afterwards."""
        return [
            entry.get_stripped_report()
            for entry in self.entries.values()
            if entry.num_requests or entry.num_failures
        ]

    def serialize_errors(self) -> dict[str, StatsErrorDict]:
        """Every failure as plain data, by its key."""
        return {key: error.serialize() for key, error in self.errors.items()}


def sort_stats(stats: dict[Any, S]) -> list[S]:
    """The values in the order of their keys: names first, then methods."""
    return [stats[key] for key in sorted(stats.keys())]


#: What `STATS_NAME_WIDTH` was last adapted to: until that changes, a locustfile's own value stays.
_terminal_columns: int | None = None


def name_width() -> int:
    """Columns for the name of an entry: what the terminal leaves, where there is one."""
    global STATS_NAME_WIDTH, _terminal_columns
    if STATS_AUTORESIZE:
        columns = _columns_of_terminal()
        if columns != _terminal_columns:
            _terminal_columns = columns
            STATS_NAME_WIDTH = max(min(columns - 80, 80), 0) if columns else 80
    return STATS_NAME_WIDTH


def _columns_of_terminal() -> int | None:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return None


def get_stats_summary(stats: RequestStats, current: bool = True) -> list[str]:
    """The table of statistics, with the rates of the last seconds or of the whole run."""
    return stats.native.table(current, STATS_TYPE_WIDTH, name_width())


def get_percentile_stats_summary(stats: RequestStats) -> list[str]:
    """The table of percentiles."""
    return stats.native.percentile_table(PERCENTILES_TO_REPORT, STATS_TYPE_WIDTH, name_width())


def get_error_report_summary(stats: RequestStats) -> list[str]:
    """The table of failures."""
    return stats.native.failure_table(name_width())


def print_stats(stats: RequestStats, current: bool = True) -> None:
    """Logs the table of statistics."""
    for line in get_stats_summary(stats, current):
        console_logger.info(line)
    console_logger.info("")


def print_percentile_stats(stats: RequestStats) -> None:
    """Logs the table of percentiles."""
    for line in get_percentile_stats_summary(stats):
        console_logger.info(line)
    console_logger.info("")


def print_error_report(stats: RequestStats) -> None:
    """Logs the table of failures, if there are any."""
    if stats.errors:
        for line in get_error_report_summary(stats):
            console_logger.info(line)


def print_stats_json(stats: RequestStats) -> None:
    """Writes the entries to standard output. Unlike Locust's, this changes no figures."""
    sys.stdout.write(stats.native.json() + "\n")


def save_stats_json(stats: RequestStats, filename: str) -> None:
    """Writes the entries to `<filename>.json`. Unlike Locust's, this changes no figures."""
    path = f"{filename}.json"
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(stats.native.json())


def stats_printer(stats: RequestStats) -> Callable[[], None]:
    """A function for a greenlet that logs the table of statistics for ever."""

    def stats_printer_func() -> None:
        while True:
            print_stats(stats)
            gevent.sleep(CONSOLE_STATS_INTERVAL_SEC)

    return stats_printer_func


def update_stats_history(runner: Runner, timestamp: str | None = None) -> None:
    """Adds a point to the history of the page and the report."""
    stats = runner.stats
    at = timestamp or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    total = stats.total
    percentiles = {
        f"response_time_percentile_{percentile}": [
            at,
            total.get_current_response_time_percentile(percentile) or 0,
        ]
        for percentile in PERCENTILES_TO_CHART
    }
    stats.history.append(
        {
            **percentiles,
            "current_rps": [at, total.current_rps or 0],
            "current_fail_per_sec": [at, total.current_fail_per_sec or 0],
            "total_avg_response_time": [at, round(total.avg_response_time, 2)],
            "user_count": [at, runner.user_count or 0],
            "time": at,
        }
    )


def stats_history(runner: Runner) -> None:
    """For a greenlet: adds a point to the history every few seconds, while a run lasts."""
    while runner.stats.total.use_response_times_cache:
        if runner.state not in ("ready", "stopped"):
            update_stats_history(runner)
        gevent.sleep(HISTORY_STATS_INTERVAL_SEC)


def _is_valid_percentile(parameter: object) -> bool:
    return isinstance(parameter, float) and 0 < parameter < 1


def validate_stats_configuration() -> None:
    """Ends the program if a locustfile has set percentiles that cannot be shown."""
    for name, percentiles in (
        ("PERCENTILES_TO_CHART", PERCENTILES_TO_CHART),
        ("PERCENTILES_TO_STATISTICS", PERCENTILES_TO_STATISTICS),
    ):
        if name == "PERCENTILES_TO_CHART" and len(percentiles) > _MAX_PERCENTILES_TO_CHART:
            sys.stderr.write(
                f"stats.{name} parameter should be a maximum of {_MAX_PERCENTILES_TO_CHART} "
                "parameters \n"
            )
            sys.exit(1)
        if not all(map(_is_valid_percentile, percentiles)):
            sys.stderr.write(
                f"stats.{name} parameter need to be float and value between. "
                "0 < percentile < 1 Eg 0.95\n"
            )
            sys.exit(1)


def setup_distributed_stats_event_listeners(events: Events, stats: RequestStats) -> None:
    """Does nothing: master and worker runners send and add figures without listeners."""


class _Module(ModuleType):
    """This module, which notices what a locustfile replaces in it."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW" and value != _LOOK_BACK:
            logger.warning("`%s` has no effect: it is %d seconds", name, _LOOK_BACK)
        if name == "bucket_response_time":
            is_ours = value is _bucket_response_time
            _native.replace_bucket_response_time(None if is_ours else value)
            if not is_ours:
                logger.warning(
                    "response times are rounded by a function of the locustfile: "
                    "this costs more than the requests themselves"
                )


_LOOK_BACK: int = CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW
_bucket_response_time = bucket_response_time
sys.modules[__name__].__class__ = _Module
