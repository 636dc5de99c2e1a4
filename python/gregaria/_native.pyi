"""The Rust half of gregaria. `mypy.stubtest` compares this file with the built module."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypedDict, final, type_check_only

__all__ = [
    "VERSION",
    "DemoTarget",
    "Entry",
    "Stats",
    "UsageError",
    "bucket_response_time",
    "closest",
    "command_line_answer",
    "command_line_help",
    "command_line_options",
    "parse_command_line",
    "readable_percentile",
    "replace_bucket_response_time",
    "terminal_block",
]

__all__ = [
    "VERSION",
    "Entry",
    "Stats",
    "bucket_response_time",
    "readable_percentile",
    "replace_bucket_response_time",
    "terminal_block",
]

VERSION: Final[str]

# --- statistics -----------------------------------------------------------------------------------

@final
class Stats:
    """Counts the requests of one environment, and shows what has been counted.

    Times are milliseconds for how long and seconds since 1970 for when. Percentiles are 0 to 1.
    """

    def __new__(cls, use_response_times_cache: bool = True) -> Stats: ...
    def record(
        self,
        method: str | None,
        name: str,
        response_time: float | None,
        length: float | None,
        failure: str | None = None,
    ) -> None: ...
    def record_failure(self, method: str | None, name: str, failure: str) -> None: ...
    def record_exception(self, message: str, traceback: str, node: str = "local") -> None: ...
    def entry(self, name: str, method: str | None) -> Entry: ...
    def total(self) -> Entry: ...
    def names(self, start: int = 0) -> list[tuple[str, str]]: ...
    def failures(self) -> list[tuple[str, str, str, int, float, float]]: ...
    def exceptions(self) -> list[tuple[int, str, str, list[str]]]: ...
    def reset(self) -> None: ...
    def clear(self) -> None: ...
    def clear_exceptions(self) -> None: ...
    def tick(self, now: float, user_count: int = 0) -> None: ...
    def notices(self) -> list[str]: ...
    def now(self) -> float: ...
    def stop_clock(self, now: float) -> None: ...
    def table(self, current: bool, method_width: int, name_width: int) -> list[str]: ...
    def percentile_table(
        self, percentiles: list[float], method_width: int, name_width: int
    ) -> list[str]: ...
    def failure_table(self, name_width: int) -> list[str]: ...
    def requests_csv(self, percentiles: list[float]) -> str: ...
    @staticmethod
    def history_heading(percentiles: list[float]) -> str: ...
    def history_rows(
        self, now: float, user_count: int, full: bool, percentiles: list[float]
    ) -> str: ...
    def failures_csv(self) -> str: ...
    def exceptions_csv(self) -> str: ...
    def json(self) -> str: ...

@final
class Entry:
    """Figures of one (method, name): a window on those of a run, or an entry of its own."""

    def __new__(
        cls,
        stats: Stats,
        name: str,
        method: str | None,
        use_response_times_cache: bool = False,
    ) -> Entry: ...
    @property
    def name(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def num_requests(self) -> int: ...
    @property
    def num_none_requests(self) -> int: ...
    @property
    def num_failures(self) -> int: ...
    @property
    def total_response_time(self) -> float: ...
    @property
    def min_response_time(self) -> float | None: ...
    @property
    def max_response_time(self) -> float: ...
    @property
    def total_content_length(self) -> int: ...
    @property
    def start_time(self) -> float: ...
    @property
    def last_request_timestamp(self) -> float | None: ...
    @property
    def response_times(self) -> dict[int, int]: ...
    @property
    def num_reqs_per_sec(self) -> dict[int, int]: ...
    @property
    def num_fail_per_sec(self) -> dict[int, int]: ...
    @property
    def use_response_times_cache(self) -> bool: ...
    @property
    def fail_ratio(self) -> float: ...
    @property
    def avg_response_time(self) -> float: ...
    @property
    def avg_content_length(self) -> float: ...
    @property
    def median_response_time(self) -> float: ...
    @property
    def current_rps(self) -> float: ...
    @property
    def current_fail_per_sec(self) -> float: ...
    @property
    def total_rps(self) -> float: ...
    @property
    def total_fail_per_sec(self) -> float: ...
    def log(self, response_time: float | None, length: float | None) -> None: ...
    def log_failure(self) -> None: ...
    def reset(self) -> None: ...
    def extend(self, other: Entry) -> None: ...
    def load(self, data: dict[str, object]) -> None: ...
    def percentile(self, percent: float) -> int: ...
    def current_percentile(self, percent: float, now: float) -> int | None: ...
    def line(self, current: bool, method_width: int, name_width: int) -> str: ...
    def percentile_line(
        self, percentiles: list[float], method_width: int, name_width: int
    ) -> str: ...

def bucket_response_time(response_time: float) -> int: ...
def replace_bucket_response_time(function: Callable[[float], float] | None) -> None: ...
def readable_percentile(percentile: float) -> str: ...
def terminal_block(
    figures: Stats,
    state: str,
    user_count: int,
    elapsed: float,
    run_time: float | None,
    columns: int,
    coloured: bool,
) -> list[str]: ...

# --- command line ---------------------------------------------------------------------------------

class UsageError(ValueError):
    """The command line cannot be used; the text says why, without the name of the program."""

@type_check_only
class _Option(TypedDict):
    names: list[str]
    dest: str
    nargs: str
    default: object
    env: str | None
    help: str
    is_usable: bool

def command_line_answer(arguments: Sequence[str]) -> str | None:
    """`"help"` or `"version"` if that is all the arguments ask for."""

def command_line_help(columns: int) -> str:
    """The text of `--help`, at most `columns` wide."""

def command_line_options() -> list[_Option]:
    """Every option there is; `nargs` is `""` for a flag."""

def parse_command_line(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    default_files: Sequence[str],
    extras: Sequence[tuple[list[str], str, str | None]],
) -> tuple[dict[str, object], list[str], list[str], str | None]:
    """Reads command line, environment and config files; raises `UsageError`.

    `extras` are the options of the locustfile: names, `nargs` (`""` for a flag), variable. Returns
    our options, words for argparse, words nobody knows, and what to say about these.
    """

def closest(word: str, candidates: Sequence[str]) -> str | None:
    """The candidate that was probably meant by `word`."""

# --- demo -----------------------------------------------------------------------------------------

@final
class DemoTarget:
    """A small shop on 127.0.0.1 with known latencies and failures, served by its own thread."""

    def __new__(cls, port: int = 0) -> DemoTarget: ...
    @property
    def url(self) -> str:
        """The base URL, as it is given to `--host`."""
    @property
    def served(self) -> int:
        """Requests answered so far."""
    def stop(self) -> None:
        """Closes all connections and the port. Does nothing the second time."""
