"""The one way in which a run ends before it has begun."""

from __future__ import annotations


class Refusal(Exception):
    """A run that cannot start. The text is for the person who started it."""

    def __init__(self, text: str, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code
        """What the process exits with."""


def reason(error: OSError) -> str:
    """What the operating system has against it, without number and path."""
    return (error.strerror or str(error)).lower()
