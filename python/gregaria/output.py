"""What a run shows and writes: tables while it lasts, CSV files, and the figures at its end."""

from __future__ import annotations

import argparse
import os
import sys

import gevent

import gregaria.locust.stats as knobs
from gregaria._background import Background, spawn
from gregaria._refusal import Refusal, reason
from gregaria._show import Show
from gregaria._terminal import is_wanted
from gregaria.keeping import Keeper
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


class Output:
    """All that leaves a run besides its log."""

    def __init__(self, environment: Environment, options: argparse.Namespace) -> None:
        self._environment = environment
        self._options = options
        self.csv = self._open_csv()
        """Writes the CSV files, if they were asked for."""
        is_shown = is_wanted(sys.stderr) and not (options.worker or options.skip_log_setup)
        self.show = Show(environment, options) if is_shown else None
        """What a person sees who sits at a terminal. Everybody else gets Locust's tables."""
        self.keeper = Keeper(environment, options)
        """Keeps the runs."""
        self._greenlets: list[Background] = []
        if options.json_file is not None:
            _check_can_write(f"{options.json_file}.json", "JSON file")
        if options.html_file is not None and not options.worker:
            _check_can_write(options.html_file, "HTML report")

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
        options = self._options
        is_quiet = options.only_summary or options.skip_log_setup or options.worker
        if self.show is not None and not is_quiet:
            self._greenlets.append(spawn(self.show.follow))
        elif not is_quiet and (options.headless or options.print_stats):
            self._greenlets.append(spawn(stats_printer(self._environment.stats)))
        if self.csv is not None:
            self._greenlets.append(spawn(self.csv.stats_writer))
        self._greenlets.append(spawn(stats_history, self._environment.runner))
        self._greenlets.append(spawn(self.keeper.watch))

    def stop(self) -> None:
        """Shows nothing more, and writes nothing until `close`."""
        gevent.killall(self._greenlets, block=True)

    def show_final(self) -> None:
        """Writes the figures of the whole run to all places that were asked for."""
        stats = self._environment.stats
        if self._options.worker:
            return
        # What only the last reports of workers have brought.
        stats.tell_notices()
        if self._options.json:
            print_stats_json(stats)
        if self.show is not None:
            self.show.summarize()
        else:
            print_stats(stats, current=False)
            print_percentile_stats(stats)
            print_error_report(stats)
        if self._options.json_file is not None:
            save_stats_json(stats, self._options.json_file)

    def close(self, exit_code: int | None) -> None:
        """Writes the CSV files a last time, and what is left for the run store; `exit_code` is
        `None` if the process begins anew."""
        self.keeper.close(exit_code)
        if self.show is not None and not self._options.worker:
            sys.stderr.write(self._whereabouts())
        if self.csv is not None:
            self.csv.close_files()

    def _whereabouts(self) -> str:
        """Where the report is, or how to get one."""
        path, store = self._options.html_file, self.keeper.store
        if path is not None and os.path.exists(path):
            return f"\nreport: {path}\n"
        if store is None or store.run is None:
            return ""
        return f"\nkept as run {store.run}: gregaria report show {store.run}\n"


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
