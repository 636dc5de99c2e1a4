"""Plays requests into `locust.stats` and writes down everything a run would show of them.

Runs in two processes: under real Locust, and under gregaria. Reads a list of steps as JSON from
standard input and writes what was seen as JSON to standard output. Uses nothing of gregaria's.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from types import SimpleNamespace

from locust import stats as locust_stats


def rows_of(write) -> str:
    text = io.StringIO(newline="")
    write(csv.writer(text))
    return text.getvalue()


def look(stats, environment, now: float) -> dict[str, object]:
    """Everything that is shown of `stats` at this moment."""
    files = locust_stats.StatsCSVFileWriter(
        environment, locust_stats.PERCENTILES_TO_REPORT, environment.folder + "/seen", True
    )
    history = rows_of(lambda writer: files._stats_history_data_rows(writer, now))
    seen = {
        "table": locust_stats.get_stats_summary(stats),
        "final table": locust_stats.get_stats_summary(stats, current=False),
        "percentiles": locust_stats.get_percentile_stats_summary(stats),
        "failures": locust_stats.get_error_report_summary(stats),
        "requests.csv": rows_of(files.requests_csv),
        "failures.csv": rows_of(files.failures_csv),
        "exceptions.csv": rows_of(files.exceptions_csv),
        "history.csv": history,
        "entries": [
            entry.to_dict() for entry in [*locust_stats.sort_stats(stats.entries), stats.total]
        ],
        "serialized": [
            {
                key: sorted(value.items()) if isinstance(value, dict) else value
                for key, value in entry.serialize().items()
            }
            for entry in locust_stats.sort_stats(stats.entries)
        ],
        "errors": {key: error.to_dict() for key, error in stats.errors.items()},
        "current": [
            entry.get_current_response_time_percentile(percentile)
            for entry in [*locust_stats.sort_stats(stats.entries), stats.total]
            for percentile in (0.5, 0.95)
        ],
    }
    files.close_files()
    return seen


def replay(steps: list[list], folder: str, stop_clock) -> list[dict[str, object]]:
    """Plays the steps; `stop_clock(stats, now)` makes the given time the current one."""
    now = 1_700_000_000.25
    locust_stats.STATS_AUTORESIZE = False
    stop_clock(None, now)
    stats = locust_stats.RequestStats()
    stop_clock(stats, now)
    stats.clear_all()
    runner = SimpleNamespace(user_count=7, stats=stats, errors=stats.errors, exceptions={})
    environment = SimpleNamespace(runner=runner, stats=stats, folder=folder)
    seen = []
    for kind, *arguments in steps:
        match kind:
            case "wait":
                now += arguments[0]
                stop_clock(stats, now)
            case "request":
                stats.log_request(*arguments)
            case "failure":
                stats.log_error(*arguments)
            case "width":
                locust_stats.STATS_NAME_WIDTH = arguments[0]
            case "reset":
                stats.reset_all()
            case "look":
                runner.errors = stats.errors
                seen.append(look(stats, environment, now))
    return seen


def _stop_locusts_clock(_stats: object, now: float) -> None:
    locust_stats.time = SimpleNamespace(time=lambda: now)


if __name__ == "__main__":
    json.dump(replay(json.load(sys.stdin), sys.argv[1], _stop_locusts_clock), sys.stdout)
