"""What a cluster costs, in the words that people read. Estimates, without transfer of data."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def so_far(outputs: dict[str, Any], now: datetime) -> float:
    """Dollars since the lease began, and never beyond its end."""
    start = datetime.fromisoformat(outputs["starts_at"])
    end = datetime.fromisoformat(outputs["expires_at"])
    hours = (min(now, end) - start).total_seconds() / 3600
    return max(0.0, hours) * float(outputs["estimated_usd_per_hour"])


def dollars(amount: float) -> str:
    """`$0.14`."""
    return f"${amount:.2f}"


def remaining(outputs: dict[str, Any], now: datetime) -> str:
    """`3:59 h`, or that it is over."""
    seconds = (datetime.fromisoformat(outputs["expires_at"]) - now).total_seconds()
    if seconds <= 0:
        return "it is over"
    return f"in {int(seconds // 3600)}:{int(seconds % 3600 // 60):02d} h"
