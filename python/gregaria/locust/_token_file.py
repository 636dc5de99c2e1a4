"""A file of join tokens, read again when it changes: a running master adds and revokes by it.

A file that cannot be used changes nothing: neither may the port be open by mistake, nor may a slip
of the pen send all workers away.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import NoReturn

import gevent

logger = logging.getLogger("locust.runners")

#: Seconds between two looks. What differs in two looks in a row is being written: a token that is
#: there by half must neither open nor close anything.
LOOK_INTERVAL = 1.0

#: Begins a line that is none of tokens.
COMMENT = "#"


class TokenFile:
    """The file that `--join-token-file` names."""

    def __init__(self, path: str) -> None:
        #: Absolute: a locustfile may change the folder.
        self.path = os.path.abspath(path)
        self._known = self._stamp()
        self._last_error = ""

    def read(self) -> list[str]:
        """The tokens: one in a line; empty lines and those that begin with `#` are none.

        Raises `OSError` if the file cannot be read, and `ValueError` if there is no token in it.
        """
        with open(self.path, encoding="utf-8") as file:
            lines = [line for line in file if not line.lstrip().startswith(COMMENT)]
        tokens = [word for line in lines for word in line.split()]
        if not tokens:
            raise ValueError(f"there is no join token in `{self.path}`")
        return tokens

    def watch(self, use: Callable[[list[str]], None]) -> NoReturn:
        """Gives the tokens to `use` when the file has changed. What it refuses by a `ValueError`
        changes nothing."""
        seen = self._known
        while True:
            gevent.sleep(LOOK_INTERVAL)
            before, seen = seen, self._stamp()
            if seen == before and seen != self._known:
                self._known = seen
                self._renew(use)

    def _renew(self, use: Callable[[list[str]], None]) -> None:
        try:
            use(self.read())
        except (OSError, ValueError) as error:
            # Its text names the file and never what is in it.
            text = (error.strerror if isinstance(error, OSError) else None) or str(error)
            if text != self._last_error:
                logger.error(
                    "cannot use `%s`: %s\nThe join tokens from before still hold", self.path, text
                )
            self._last_error = text
        else:
            self._last_error = ""

    def _stamp(self) -> tuple[int, ...]:
        """Differs when the file does, also when another one has taken its place; empty without."""
        try:
            status = os.stat(self.path)
        except OSError:
            return ()
        return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
