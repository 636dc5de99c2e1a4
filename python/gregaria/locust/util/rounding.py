"""Rounding as people expect it: halves go up."""

from __future__ import annotations


def proper_round(val: float, digits: int = 0) -> float:
    """Rounds 0.5 to 1.0 and 2.5 to 3.0, where Python's `round` goes to the even neighbour."""
    nudge = 10.0 ** (-len(str(val)) - 1)
    return round(val + nudge, digits)
