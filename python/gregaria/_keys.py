"""Keys that are pressed at the terminal of a run.

The terminal gives each key at once and does not show it for as long as keys are listened for. A
process in the background leaves the terminal alone: reading from it would stop the process.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import termios
import tty
import webbrowser
from types import FrameType
from typing import TYPE_CHECKING, Any

import gevent
from gevent.socket import wait_read

from gregaria._background import Background, spawn
from gregaria.locust.env import Environment
from gregaria.locust.runners import WorkerRunner

if TYPE_CHECKING:
    from gregaria._show import Show
    from gregaria.ending import End

logger = logging.getLogger("locust.main")

#: Locust's: by how many users these keys change the load.
CHANGES = {"w": 1, "W": 10, "s": -1, "S": -10}

#: Locust's: users a second that are started or stopped by a key.
SPAWN_RATE = 100

#: Said at the foot of the block.
HINT = "w/s ±1  W/S ±10 users   q stop   l hide log"

#: Seconds between two looks whether the process is in the foreground again.
_PATIENCE = 1

#: How the terminal was before; `None` unless keys are listened for.
_before: list[Any] | None = None


def restore() -> None:
    """Makes the terminal show what is typed again. Does nothing the second time."""
    global _before
    before, _before = _before, None
    if before is not None and _is_ours():
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def _is_ours() -> bool:
    """Whether the terminal listens to this process, and not to another of the shell's."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


class Keys:
    """Listens for keys, unless standard input is something else than a terminal."""

    def __init__(self, environment: Environment, end: End, show: Show | None) -> None:
        self._environment = environment
        self._end = end
        self._show = show
        self._greenlet: Background | None = None

    def listen(self) -> None:
        """Begins to listen, in a greenlet. A worker leaves the terminal to its master."""
        is_worker = isinstance(self._environment.runner, WorkerRunner)
        if is_worker or not sys.stdin.isatty() or not _is_ours():
            return
        if self._show is not None:
            self._show.keys = HINT
        # The shell has the terminal while this process is stopped, and leaves it in its own way.
        signal.signal(signal.SIGCONT, self._on_continued)
        self._greenlet = spawn(self._listen)

    def stop(self) -> None:
        """Listens no longer."""
        if self._greenlet is not None:
            self._greenlet.kill()
        restore()

    def _on_continued(self, _number: int, _frame: FrameType | None) -> None:
        self._take_terminal()
        if self._show is not None:
            self._show.draw_anew()

    def _take_terminal(self) -> None:
        global _before
        if not _is_ours():
            return
        stdin = sys.stdin.fileno()
        if _before is None:
            _before = termios.tcgetattr(stdin)
        # Control characters still mean what they do, and what was typed so far is kept.
        tty.setcbreak(stdin, termios.TCSADRAIN)

    def _listen(self) -> None:
        self._take_terminal()
        stdin = sys.stdin.fileno()
        while True:
            if not _is_ours():
                gevent.sleep(_PATIENCE)
                continue
            wait_read(stdin)
            if not _is_ours():
                continue
            keys = os.read(stdin, 64)
            if not keys:
                return
            # An arrow is a sequence that begins with Escape; its letters are no keys.
            if not keys.startswith(b"\x1b"):
                for key in keys.decode(errors="ignore"):
                    self.press(key)

    def press(self, key: str) -> None:
        """Does what a key is for; nothing for any other."""
        if key in CHANGES:
            self._change_users(CHANGES[key])
        elif key in "\r\n":
            self._open_page()
        elif key == "q":
            self._stop()
        elif key == "l" and self._show is not None:
            self._show.toggle_log()

    def _change_users(self, change: int) -> None:
        environment, runner = self._environment, self._environment.runner
        if runner is None or runner.state != "running":
            state = runner.state if runner else "ready"
            logger.warning("The number of users is changed while a test runs; it is %s", state)
            return
        if environment.shape_class is not None:
            logger.warning("A shape says how many users there are")
            return
        users = max(0, runner.target_user_count + change)
        if environment.web_ui is not None:
            environment.web_ui.runs.changed(users, SPAWN_RATE)
        spawn(runner.start, users, SPAWN_RATE)

    def _stop(self) -> None:
        """Ends the run; with a page, the program goes on."""
        runner, page = self._environment.runner, self._environment.web_ui
        if page is None or runner is None:
            self._end.ask("stopped at the terminal")
        elif runner.state in ("spawning", "running"):
            page.runs.ended("stopped", None)
            runner.ends_because("stopped at the terminal")
            spawn(runner.stop)
        else:
            logger.info("No test is running; Ctrl-C ends the program")

    def _open_page(self) -> None:
        page = self._environment.web_ui
        if page is None or page.server is None:
            return
        address = page.address()
        has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
        # A browser that runs in the terminal itself would take it away from the run.
        if not has_screen or not webbrowser.open(address):
            logger.info("No browser to be opened here: the page is at %s", address)
