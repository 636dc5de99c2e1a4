"""What a run shows and writes: tables while it lasts, CSV files, and the figures at its end."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time

import gevent

import gregaria.locust.stats as knobs
from gregaria import _native
from gregaria._background import Background, spawn
from gregaria._refusal import Refusal, reason
from gregaria._terminal import Block, is_wanted
from gregaria.locust.env import Environment
from gregaria.locust.stats import (
    StatsCSVFileWriter,
    print_error_report,
    print_percentile_stats,
    print_stats,
    print_stats_json,
    save_stats_json,
    stats_history,
    stats_printer,
)

#: Seconds between two states of the block on a terminal.
REDRAW_SECONDS = 1.0


class Output:
    """All that leaves a run besides its log."""

    def __init__(self, environment: Environment, options: argparse.Namespace) -> None:
        self._environment = environment
        self._options = options
        self._csv = self._open_csv()
        self._greenlets: list[Background] = []
        self._shown = contextlib.ExitStack()
        if options.json_file is not None:
            _check_can_write(f"{options.json_file}.json", "JSON file")

    def _open_csv(self) -> StatsCSVFileWriter | None:
        prefix = self._options.csv_prefix
        if prefix is None:
            return None
        try:
            return StatsCSVFileWriter(
                self._environment,
                knobs.PERCENTILES_TO_REPORT,
                prefix,
                self._options.stats_history_enabled,
            )
        except OSError as error:
            path = error.filename or prefix
            raise Refusal(f"cannot write CSV file `{path}`: {reason(error)}") from error

    def start(self) -> None:
        """Begins to show and write."""
        if not (self._options.only_summary or self._options.skip_log_setup):
            if is_wanted(sys.stderr):
                self._greenlets.append(spawn(self._redraw, self._begin_block()))
            else:
                self._greenlets.append(spawn(stats_printer(self._environment.stats)))
        if self._csv is not None:
            self._greenlets.append(spawn(self._csv.stats_writer))
        self._greenlets.append(spawn(stats_history, self._environment.runner))

    def _begin_block(self) -> Block:
        """Shows the figures in one block of the terminal, in place of table after table."""
        began = time.monotonic()

        def lines(columns: int, is_coloured: bool) -> list[str]:
            environment = self._environment
            runner = environment.runner
            return _native.terminal_block(
                environment.stats.native,
                runner.state if runner is not None else "ready",
                runner.user_count if runner is not None else 0,
                time.monotonic() - began,
                self._options.run_time or None,
                columns,
                is_coloured,
            )

        return self._shown.enter_context(Block(sys.stderr, lines).shown())

    @staticmethod
    def _redraw(block: Block) -> None:
        while True:
            gevent.sleep(REDRAW_SECONDS)
            block.redraw()

    def stop(self) -> None:
        """Shows nothing more, and writes nothing until `close`."""
        gevent.killall(self._greenlets, block=True)
        self._shown.close()

    def show_final(self) -> None:
        """Writes the figures of the whole run to all places that were asked for."""
        stats = self._environment.stats
        if self._options.json:
            print_stats_json(stats)
        print_stats(stats, current=False)
        print_percentile_stats(stats)
        print_error_report(stats)
        if self._options.json_file is not None:
            save_stats_json(stats, self._options.json_file)

    def close(self) -> None:
        """Writes the CSV files a last time."""
        if self._csv is not None:
            self._csv.close_files()


def _check_can_write(path: str, what: str) -> None:
    """Tells at the start what would otherwise be found at the end, with all figures lost."""
    is_new = not os.path.exists(path)
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "a", encoding="utf-8"):
            pass
        if is_new:
            os.remove(path)
    except OSError as error:
        raise Refusal(f"cannot write {what} `{path}`: {reason(error)}") from error
