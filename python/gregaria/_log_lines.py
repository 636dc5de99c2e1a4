"""Log lines on the terminal of a run: repeated errors are folded, and a key holds lines back."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

_TRACEBACK = "Traceback (most recent call last):"

#: Lines kept while they are held back; older ones are left out.
KEPT = 500


class LogLines:
    """What handlers of `logging` write to a terminal while a block is shown there.

    An error whose traceback has been shown is not shown again: the block counts it. Other places,
    such as a log file, still get all of them.
    """

    def __init__(self) -> None:
        self._filters: list[_OfHandler] = []
        self._kept: deque[tuple[logging.Handler, logging.LogRecord]] = deque(maxlen=KEPT)
        self._left_out = 0
        self.are_held_back = False
        """Whether lines wait until they are wanted."""

    def begin(self, handlers: Sequence[logging.Handler]) -> None:
        """Watches over these handlers until `end`."""
        self._filters = [_OfHandler(handler, self) for handler in handlers]
        for each in self._filters:
            each.handler.addFilter(each)

    def end(self) -> None:
        """Writes what was held back, and lets everything through from here on."""
        self.show()
        for each in self._filters:
            each.handler.removeFilter(each)
        self._filters = []

    def forget(self) -> None:
        """Shows each traceback once again: another run begins."""
        for each in self._filters:
            each.forget()

    def toggle(self) -> None:
        """Holds lines back, or shows those that wait."""
        if self.are_held_back:
            self.show()
        else:
            self.are_held_back = True

    def show(self) -> None:
        """Writes what was held back."""
        self.are_held_back = False
        kept, left_out = list(self._kept), self._left_out
        self._kept.clear()
        self._left_out = 0
        if left_out:
            handler, oldest = kept[0]
            note = logging.makeLogRecord({**vars(oldest), "args": None, "exc_info": None})
            note.msg = f"{left_out} older lines are left out"
            _emit(handler, note)
        for handler, record in kept:
            _emit(handler, record)

    def keep(self, handler: logging.Handler, record: logging.LogRecord) -> None:
        """Holds one line back."""
        self._left_out += len(self._kept) == KEPT
        self._kept.append((handler, record))


class _OfHandler(logging.Filter):
    """Decides on each line of one handler."""

    def __init__(self, handler: logging.Handler, lines: LogLines) -> None:
        super().__init__()
        self.handler = handler
        self._lines = lines
        self._shown: set[str] = set()

    def forget(self) -> None:
        """Shows each traceback once again."""
        self._shown.clear()

    def filter(self, record: logging.LogRecord) -> bool:
        frames = _frames(record)
        if frames and frames in self._shown:
            return False
        self._shown.add(frames)
        if self._lines.are_held_back:
            self._lines.keep(self.handler, record)
            return False
        return True


def _frames(record: logging.LogRecord) -> str:
    """The frames of the traceback in a line; empty if there is none. The message of the error is
    not part of it: it often holds a number or an id."""
    if record.levelno < logging.WARNING:
        return ""
    if record.exc_info and record.exc_info[2] is not None:
        text = logging.Formatter().formatException(record.exc_info)
    else:
        text = record.getMessage()
    _, _, rest = text.partition(_TRACEBACK)
    return "\n".join(line for line in rest.split("\n") if line.startswith("  "))


def _emit(handler: logging.Handler, record: logging.LogRecord) -> None:
    handler.acquire()
    try:
        handler.emit(record)
    finally:
        handler.release()
