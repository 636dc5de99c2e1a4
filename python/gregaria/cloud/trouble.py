"""What goes wrong with a cluster, in words that say what to do."""

from __future__ import annotations

#: Exit codes beside 0.
FAILED = 1
NOT_BEGUN = 2
WORKERS_MISSING = 3
INTERRUPTED = 130


class Trouble(Exception):
    """A command that did not reach its end. The text is for the person who gave it."""

    def __init__(self, text: str, exit_code: int = FAILED) -> None:
        super().__init__(text)
        self.exit_code = exit_code
        """What the process exits with: `NOT_BEGUN` if nothing was changed."""
