"""What a cluster costs, in the words that people read. Estimates, without transfer of data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def so_far(outputs: dict[str, Any], now: datetime) -> float:
    """Dollars since the first apply, all leases and sizes together, and never beyond the end."""
    spent = outputs["spent"]
    end = datetime.fromisoformat(outputs["expires_at"])
    since = datetime.fromtimestamp(spent["since"], UTC)
    hours = (min(now, end) - since).total_seconds() / 3600
    return float(spent["before_usd"]) + max(0.0, hours) * float(spent["usd_per_hour"])


def dollars(amount: float) -> str:
    """`$0.14`."""
    return f"${amount:.2f}"


def remaining(outputs: dict[str, Any], now: datetime) -> str:
    """`3:59 h`, or that it is over."""
    seconds = (datetime.fromisoformat(outputs["expires_at"]) - now).total_seconds()
    if seconds <= 0:
        return "it is over"
    return f"in {int(seconds // 3600)}:{int(seconds % 3600 // 60):02d} h"
