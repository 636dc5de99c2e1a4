"""What a command tells: lines for people, or one JSON document at the end for scripts."""

from __future__ import annotations

import json
import sys
from typing import Any

from gregaria.cloud.trouble import NOT_BEGUN, Trouble


class Console:
    """Where it is told. With JSON, standard output holds the document and nothing else."""

    def __init__(self, is_json: bool) -> None:
        self._is_json = is_json
        self._document: dict[str, Any] = {}

    def say(self, text: str = "") -> None:
        """A line for people."""
        stream = sys.stderr if self._is_json else sys.stdout
        stream.write(f"{text}\n")
        stream.flush()

    def note(self, **facts: Any) -> None:
        """Something for the document."""
        self._document |= facts

    def ask(self, question: str, is_yes: bool) -> None:
        """Goes on if the answer is yes. Without a terminal there is nobody to ask."""
        if is_yes:
            return
        if not sys.stdin.isatty():
            raise Trouble(f"{question} Say so with --yes: there is no terminal to ask", NOT_BEGUN)
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Trouble("nothing was changed", NOT_BEGUN)

    def end(self, exit_code: int, error: str | None = None) -> int:
        """Tells the end; returns the exit code."""
        if error is not None:
            sys.stderr.write(f"gregaria cloud: {error}\n")
        if self._is_json:
            document = {"exit_code": exit_code, **self._document}
            if error is not None:
                document["error"] = error
            sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return exit_code
