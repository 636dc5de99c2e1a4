"""The log on its way to the page."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from .log import HOSTNAME, get_logs

if TYPE_CHECKING:
    from gregaria._native import RunStore, WebServer

#: Records that wait for the next second at most.
MAX_WAITING = 5000

#: Loggers with handlers of their own: what they log does not reach the root.
OWN_LOGGERS = ("", "locust", "locust.stats_logger")


class PageLog(logging.Handler):
    """Keeps records, of whatever thread, until they are delivered."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[tuple[float, str, str, str, str]] = deque(maxlen=MAX_WAITING)
        self._source = "local"
        self._delivered: dict[str, list[str]] = {}
        self._earlier: list[str] = []
        self.setFormatter(
            logging.Formatter(f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s")
        )

    def begin(self, source: str) -> None:
        """Listens from here on; what was logged before is delivered, too."""
        self._source = source
        self._earlier = get_logs()
        for name in OWN_LOGGERS:
            logging.getLogger(name).addHandler(self)

    def end(self) -> None:
        """Listens no longer."""
        for name in OWN_LOGGERS:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one record."""
        line = self.format(record)
        _, _, text = line.partition(": ")
        self._waiting.append((record.created, record.levelname, record.name, text, line))

    def deliver(self, server: WebServer | RunStore, worker_logs: dict[str, list[str]]) -> None:
        """Hands over what is new here and on the workers."""
        if self._earlier:
            server.worker_log(self._source, self._earlier, time.time())
            self._earlier = []
        while self._waiting:
            created, level, name, text, line = self._waiting.popleft()
            server.log(self._source, created, level, name, text, line)
        for worker, lines in worker_logs.items():
            if self._delivered.get(worker) is not lines:
                self._delivered[worker] = lines
                server.worker_log(worker, lines, time.time())
