"""The block of figures on a terminal: what a person sees, after every escape sequence."""

from __future__ import annotations

import contextlib
import fcntl
import io
import logging
import os
import re
import struct
import sys
import termios
from argparse import Namespace
from collections.abc import Iterator

import gevent
import pytest

from gregaria import _show, _terminal
from gregaria.locust.env import Environment


class Terminal:
    """A pseudo terminal, and the screen that its output makes."""

    def __init__(self, columns: int = 40) -> None:
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self._received = b""
        self.columns = columns
        self.resize(columns)

    def resize(self, columns: int) -> None:
        self.columns = columns
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(self.stream.fileno(), termios.TIOCSWINSZ, size)

    def output(self) -> str:
        while True:
            try:
                self._received += os.read(self._master, 65536)
            except BlockingIOError:
                return self._received.decode()

    def screen(self) -> list[str]:
        """The lines of the screen. Knows what the block uses: up, return, erase below."""
        rows, row, column = [""], 0, 0
        for token in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[\r\n]|[^\r\n\x1b]+", self.output()):
            if token == "\n":
                row += 1
                rows += [""] * (row + 1 - len(rows))
            elif token == "\r":
                column = 0
            elif token.endswith("A") and token[0] == "\x1b":
                row = max(0, row - int(token[2:-1]))
            elif token == "\x1b[J":
                rows[row] = rows[row][:column]
                del rows[row + 1 :]
            elif token[0] != "\x1b":
                rows[row] = rows[row][:column] + token
                column += len(token)
        return [line for line in rows if line]

    def close(self) -> None:
        self.stream.close()
        os.close(self._master)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@contextlib.contextmanager
def shown(terminal: Terminal) -> Iterator[_terminal.Block]:
    """A block that counts its drawings, on a terminal that is the standard error."""
    drawn = iter(range(1, 100))

    def lines(size: os.terminal_size, coloured: bool) -> list[str]:
        return ["-" * (size.columns - 1), f"drawing {next(drawn)}"]

    with (
        contextlib.redirect_stderr(terminal.stream),
        _terminal.Block(terminal.stream, lines).shown() as block,
    ):
        yield block


def test_the_block_is_redrawn_in_place(terminal: Terminal) -> None:
    with shown(terminal) as block:
        assert terminal.screen() == ["-" * 39, "drawing 1"]
        block.redraw()
        block.redraw()
        assert terminal.screen() == ["-" * 39, "drawing 3"]
    assert terminal.screen() == []


def test_what_a_shell_has_written_meanwhile_is_not_erased(terminal: Terminal) -> None:
    with shown(terminal) as block:
        block.forget()
        terminal.stream.write("$ fg\n")
        block.redraw()
        block.redraw()
        assert terminal.screen() == ["-" * 39, "drawing 1", "$ fg", "-" * 39, "drawing 3"]


def test_log_lines_and_prints_stand_above_the_block(terminal: Terminal) -> None:
    logger = logging.getLogger("test of the block")
    logger.propagate = False
    logger.addHandler(handler := logging.StreamHandler(terminal.stream))
    with shown(terminal) as block:
        logger.error("something happened")
        assert terminal.screen() == ["something happened", "-" * 39, "drawing 1"]
        print("printed", file=sys.stderr)
        block.redraw()
        assert terminal.screen() == ["something happened", "printed", "-" * 39, "drawing 2"]
    assert handler.stream is terminal.stream
    logger.error("afterwards")
    assert terminal.screen() == ["something happened", "printed", "afterwards"]
    logger.removeHandler(handler)


def test_the_block_waits_for_the_end_of_a_line(terminal: Terminal) -> None:
    with shown(terminal) as block:
        sys.stderr.write("half a li")
        block.redraw()
        assert terminal.screen() == ["half a li"]
        sys.stderr.write("ne\n")
        assert terminal.screen() == ["half a line", "-" * 39, "drawing 2"]


def test_a_terminal_that_has_become_narrower_loses_no_line_above(terminal: Terminal) -> None:
    with shown(terminal) as block:
        terminal.resize(20)
        block.redraw()
        # The line of 39 characters has become two rows.
        assert "\x1b[3A\r\x1b[J" in terminal.output()


def test_standard_output_that_goes_elsewhere_is_left_alone(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = io.StringIO()
    monkeypatch.setattr(sys, "stdout", elsewhere)
    with shown(terminal):
        assert sys.stdout is elsewhere
        assert sys.stderr.isatty()


def test_the_block_follows_a_run_until_its_greenlet_is_killed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_show, "REDRAW_SECONDS", 0.001)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.resize(80)
    environment = Environment(locustfile="shop.py", host="http://localhost")
    runner = environment.create_local_runner()
    show = _show.Show(environment, Namespace(run_time=60, expect_workers=None))
    show.keys = "q stop"
    with contextlib.redirect_stderr(terminal.stream), gevent.Timeout(10):
        follower = gevent.spawn(show.follow)
        while "shop  READY" not in terminal.output():
            gevent.sleep(0)
        environment.stats.native.mark_start(3)
        environment.stats.log_request("GET", "/", 5.0, 1)
        while "in all 1 requests" not in terminal.output():
            gevent.sleep(0)
        follower.kill()
        assert sys.stderr is terminal.stream
    assert "/ 1:00" in terminal.output()
    assert "q stop" in terminal.output()
    assert "\x1b[31m" not in terminal.output()
    assert terminal.screen() == []
    runner.quit()


def test_a_pipe_gets_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _terminal.is_wanted(io.StringIO())
    terminal = Terminal()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert _terminal.is_wanted(terminal.stream)
    monkeypatch.setenv("TERM", "dumb")
    assert not _terminal.is_wanted(terminal.stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert not _terminal.is_wanted(terminal.stream)
    terminal.close()


def test_wide_characters_are_counted_by_their_cells(terminal: Terminal) -> None:
    block = _terminal.Block(terminal.stream, lambda size, coloured: ["検" * 30])
    terminal.resize(80)
    with contextlib.redirect_stderr(terminal.stream), block.shown():
        terminal.resize(40)
        block.redraw()
    # Sixty cells have become two rows.
    assert "\x1b[2A\r\x1b[J" in terminal.output()


def test_no_color_turns_colours_off_unless_it_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not _terminal.is_coloured()
    monkeypatch.setenv("NO_COLOR", "")
    assert _terminal.is_coloured()
