"""One calm block of figures at the bottom of a terminal, redrawn in place while a run lasts.

Whatever else is written to the terminal meanwhile (log lines, `print` in a locustfile) must neither
tear the block nor be torn by it. So for as long as the block is shown, everything that writes to
this terminal goes through it: the block is taken away, the text is written, the block is drawn
again below. The figures themselves come from Rust, as finished lines.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Generator, Iterator
from typing import TextIO, cast

#: Lines for a terminal of this size, with or without colour.
Lines = Callable[[os.terminal_size, bool], list[str]]

#: Colours take no room on the screen.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

#: Columns and rows of a terminal that does not say.
_USUAL_SIZE = os.terminal_size((80, 24))


def is_wanted(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that can move its cursor, with a person before it."""
    is_dumb = os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_dumb and not os.environ.get("CI")


def is_coloured() -> bool:
    """Whether colours are wanted: any `NO_COLOR` that is not empty turns them off."""
    return not os.environ.get("NO_COLOR")


def size(stream: TextIO) -> os.terminal_size:
    """Columns and rows of the terminal that `stream` is."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return _USUAL_SIZE
    # Some terminals do not know their size and say 0.
    return os.terminal_size((columns or _USUAL_SIZE.columns, rows or _USUAL_SIZE.lines))


class Block:
    """Draws lines at the bottom of a terminal and keeps them there. One at a time."""

    def __init__(self, stream: TextIO, lines: Lines) -> None:
        self._stream = stream
        self._lines = lines
        self._figures: list[str] = []
        self._drawn: list[str] = []
        # Text without a line end yet: the block must wait, or it would be drawn into that line.
        self._line_is_open = False

    @contextlib.contextmanager
    def shown(self) -> Generator[Block]:
        """Shows the block; takes it away at the end, so that what follows starts on a clean line.

        Meanwhile `sys.stdout`, `sys.stderr` and the handlers of `logging` write through it, each
        only if it is this terminal.
        """
        stdout, stderr = sys.stdout, sys.stderr
        # Stands for a stream in everything that is asked of it, but has no base class in common.
        through = {
            id(stream): cast("TextIO", _Through(stream, self))
            for stream in (stdout, stderr, self._stream)
            if stream.isatty()
        }
        handlers = [handler for handler in _stream_handlers() if id(handler.stream) in through]
        before = [handler.stream for handler in handlers]
        for handler in handlers:
            handler.stream = through[id(handler.stream)]
        sys.stdout = through.get(id(stdout), stdout)
        sys.stderr = through.get(id(stderr), stderr)
        try:
            self.redraw()
            yield self
        finally:
            sys.stdout, sys.stderr = stdout, stderr
            for handler, stream in zip(handlers, before, strict=True):
                handler.stream = stream
            self._erase()
            self._stream.flush()

    def redraw(self) -> None:
        """Draws the figures of this moment over those of the last time."""
        self._figures = self._lines(size(self._stream), is_coloured())
        self._erase()
        self._draw()
        self._stream.flush()

    def forget(self) -> None:
        """Leaves what is drawn where it is: the next drawing stands below whatever came since."""
        self._drawn = []

    def write_above(self, stream: TextIO, text: str) -> None:
        """Writes foreign text to `stream`, above the block as it was last drawn."""
        if not text:
            return
        self._erase()
        self._stream.flush()
        stream.write(text)
        stream.flush()
        self._line_is_open = not text.endswith("\n")
        self._draw()
        self._stream.flush()

    def _draw(self) -> None:
        if self._line_is_open:
            return
        # What has left the screen cannot be erased. Below the block is the row of the cursor, and
        # above it one row stays: some terminals keep what is erased from the first row on.
        rows = size(self._stream).lines - 2
        self._drawn = self._figures[max(0, len(self._figures) - max(1, rows)) :]
        self._stream.write("".join(f"{line}\n" for line in self._drawn))

    def _erase(self) -> None:
        if not self._drawn:
            return
        # A terminal that has become narrower since has wrapped the lines.
        columns = size(self._stream).columns
        rows = sum(max(1, -(-_cells(line) // columns)) for line in self._drawn)
        self._stream.write(f"\x1b[{rows}A\r\x1b[J")
        self._drawn = []


def _cells(line: str) -> int:
    """Cells of the screen that a line takes."""
    wide = unicodedata.east_asian_width
    return sum(
        0 if unicodedata.combining(char) else 2 if wide(char) in "WF" else 1
        for char in _COLOUR.sub("", line)
    )


class _Through:
    """A stream that writes above the block, and is the stream itself in everything else."""

    def __init__(self, stream: TextIO, block: Block) -> None:
        self._stream = stream
        self._block = block

    def write(self, text: str) -> int:
        self._block.write_above(self._stream, text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def terminal_handlers() -> list[logging.StreamHandler[TextIO]]:
    """The handlers of `logging` that write to a terminal."""
    return [handler for handler in _stream_handlers() if handler.stream.isatty()]


def _stream_handlers() -> Iterator[logging.StreamHandler[TextIO]]:
    """Every handler of every logger that writes to a stream, once."""
    loggers = [logging.getLogger()]
    loggers += [
        logger
        for logger in logging.Logger.manager.loggerDict.values()
        if isinstance(logger, logging.Logger)
    ]
    found: dict[int, logging.StreamHandler[TextIO]] = {}
    for logger in loggers:
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler = cast("logging.StreamHandler[TextIO]", handler)
                found[id(handler)] = handler
    yield from found.values()
