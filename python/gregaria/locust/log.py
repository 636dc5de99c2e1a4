"""Logging: Locust's format and loggers, and what is done about a greenlet that died.

`unhandled_greenlet_exception` turns the exit code of a run into 2. It is read as an attribute of
this module, never imported by name.
"""

from __future__ import annotations

import logging
import logging.config
import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gevent import Greenlet

#: Lines kept for the web page and for reports to the master.
MAX_LINES = 500

HOSTNAME = socket.gethostname().split(".")[0]

#: A greenlet or an event listener has died of an exception nobody handled.
unhandled_greenlet_exception = False


class LogReader(logging.Handler):
    """Keeps the last lines of the log in `logs`."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: deque[str] = deque(maxlen=MAX_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one line."""
        self.logs.append(self.format(record))


def setup_logging(loglevel: str, logfile: str | None = None) -> None:
    """Sends all logs to stderr, or to `logfile`, in Locust's format.

    The tables of the statistics always go to stderr and are plain.
    """
    loglevel = loglevel.upper()
    handlers = {
        "console": {"class": "logging.StreamHandler", "formatter": "default"},
        "console_plain": {"class": "logging.StreamHandler", "formatter": "plain"},
        "log_reader": {"class": f"{__name__}.LogReader", "formatter": "default"},
    }
    if logfile:
        handlers["file"] = {
            "class": "logging.FileHandler",
            "filename": logfile,
            "formatter": "default",
        }
    output = ["file" if logfile else "console", "log_reader"]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "default": {
                    "format": f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"
                },
                "plain": {"format": "%(message)s"},
            },
            "handlers": handlers,
            "loggers": {
                "locust": {"handlers": output, "level": loglevel, "propagate": False},
                "locust.stats_logger": {
                    "handlers": ["console_plain", "log_reader"],
                    "level": "INFO",
                    "propagate": False,
                },
            },
            "root": {"handlers": output, "level": loglevel},
        }
    )


def get_logs() -> list[str]:
    """The last lines of the log, oldest first; empty before `setup_logging`."""
    for handler in logging.getLogger("root").handlers:
        if isinstance(handler, LogReader):
            return list(handler.logs)
    return []


def greenlet_exception_logger(
    logger: logging.Logger, level: int = logging.CRITICAL
) -> Callable[[Greenlet[..., object]], None]:
    """Returns a function for `Greenlet.link_exception` that logs the traceback.

    It also makes the exit code of the run 2.
    """

    def exception_handler(greenlet: Greenlet[..., object]) -> None:
        global unhandled_greenlet_exception
        logger.log(
            level, "Unhandled exception in greenlet: %s", greenlet, exc_info=greenlet.exc_info
        )
        unhandled_greenlet_exception = True

    return exception_handler
