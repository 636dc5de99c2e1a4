"""Points in time and durations, as Locust's outputs write them."""

from __future__ import annotations

from datetime import UTC, datetime


def format_utc_timestamp(unix_timestamp: float) -> str:
    """`2026-11-22T11:29:55Z`."""
    return datetime.fromtimestamp(int(unix_timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_safe_timestamp(unix_timestamp: float) -> str:
    """`2026-11-22-11h29`: local time, fit for a file name."""
    return datetime.fromtimestamp(unix_timestamp).strftime("%Y-%m-%d-%Hh%M")


def format_duration(start_time: float, end_time: float) -> str:
    """`1 hour, 2 minutes and 3 seconds`; parts that are zero are left out."""
    seconds = int(end_time - start_time)
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    units = {"day": days, "hour": hours, "minute": minutes, "second": seconds}
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in units.items() if n > 0]
    if not parts:
        return "0 seconds"
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
