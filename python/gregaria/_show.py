"""What a person at the terminal sees of a run: a block of figures, and a summary at the end."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import gevent

from gregaria import _native
from gregaria._log_lines import LogLines
from gregaria._terminal import Block, is_coloured, size, terminal_handlers
from gregaria.locust.runners import MasterRunner

if TYPE_CHECKING:
    from gregaria.locust.env import Environment

#: Seconds between two drawings: as often as people can read.
REDRAW_SECONDS = 0.5

#: States in which nothing is under way.
_AT_REST = ("ready", "stopped")


class Show:
    """Shows the runs of one environment on standard error, which is a terminal."""

    def __init__(self, environment: Environment, options: argparse.Namespace) -> None:
        self._environment = environment
        self._options = options
        self._lines = LogLines()
        self._shown: Block | None = None
        self.keys = ""
        """What the keys do, in a few words."""
        self._workers_at_the_end: tuple[int, int, int] | None = None
        environment.events.test_start.add_listener(self._on_test_start)
        environment.events.test_stopping.add_listener(self._on_test_stopping)

    def _on_test_start(self, **_: object) -> None:
        self._lines.forget()

    def _on_test_stopping(self, **_: object) -> None:
        # When the summary is written, they have gone.
        self._workers_at_the_end = self._workers()

    def follow(self) -> NoReturn:
        """For a greenlet: shows how the run is doing until the greenlet is killed."""
        self._lines.begin(terminal_handlers())
        try:
            with Block(sys.stderr, self._block).shown() as block:
                self._shown = block
                while True:
                    gevent.sleep(REDRAW_SECONDS)
                    block.redraw()
        finally:
            self._shown = None
            self._lines.end()

    def draw_anew(self) -> None:
        """To be called when somebody else has had the terminal meanwhile."""
        if self._shown is not None:
            self._shown.forget()

    def toggle_log(self) -> None:
        """Holds log lines back, or shows them again."""
        self._lines.toggle()

    def summarize(self) -> None:
        """Writes what stays on the terminal."""
        stats = self._environment.stats.native
        columns = size(sys.stderr).columns
        facts = {**self._facts(), "workers": self._workers_at_the_end}
        lines = _native.terminal_summary(stats, facts, columns, is_coloured())
        sys.stderr.write("\n" + "".join(f"{line}\n" for line in lines))

    def _block(self, size: os.terminal_size, coloured: bool) -> list[str]:
        runner = self._environment.runner
        is_at_rest = runner is None or runner.state in _AT_REST
        if is_at_rest and self._environment.web_ui is not None:
            # The page says what there is to say.
            return []
        stats = self._environment.stats.native
        return _native.terminal_block(stats, self._facts(), size.columns, size.lines, coloured)

    def _facts(self) -> dict[str, object]:
        environment, runner = self._environment, self._environment.runner
        return {
            "name": environment.profile or (environment.locustfile or "").removesuffix(".py"),
            "state": runner.state if runner else "ready",
            "host": self._host(),
            "user_count": runner.user_count if runner else 0,
            "target_users": (runner.target_user_count or None) if runner else None,
            "run_time": self._run_time(),
            "workers": self._workers(),
            "keys": self._lines_hint(),
            "page": self._page(),
        }

    def _lines_hint(self) -> str:
        if self._lines.are_held_back:
            return self.keys.replace("l hide log", "l show log")
        return self.keys

    def _host(self) -> str | None:
        hosts = {each.host for each in self._environment.user_classes}
        host = self._environment.host or (hosts.pop() if len(hosts) == 1 else None)
        return None if host is None else str(host)

    def _run_time(self) -> float | None:
        page = self._environment.web_ui
        if page is None:
            return self._options.run_time or None
        return page.runs.run.load["run_time_seconds"] if page.runs.run else None

    def _page(self) -> str | None:
        page = self._environment.web_ui
        return page.address() if page is not None and page.server is not None else None

    def _workers(self) -> tuple[int, int, int] | None:
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return None
        expected: int = self._options.expect_workers or 0
        return runner.worker_count, len(runner.clients.missing), expected
