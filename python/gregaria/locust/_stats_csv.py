"""The CSV files of a run. Their text comes from Rust; this writes it, and writes it in time."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import gevent

if TYPE_CHECKING:
    from .env import Environment


class CSVWriter(Protocol):
    """What `csv.writer` returns."""

    def writerow(self, row: Iterable[Any], /) -> Any: ...


class StatsCSV:
    """Writes the three tables of a run to a `csv.writer`."""

    def __init__(self, environment: Environment, percentiles_to_report: list[float]) -> None:
        self.environment = environment
        self.percentiles_to_report = percentiles_to_report

    def requests_csv(self, csv_writer: CSVWriter) -> None:
        """Entries by name and method, and their total."""
        _write_rows(csv_writer, self._requests())

    def failures_csv(self, csv_writer: CSVWriter) -> None:
        """Failures by method, name and text."""
        _write_rows(csv_writer, self._failures())

    def exceptions_csv(self, csv_writer: CSVWriter) -> None:
        """Uncaught errors of tasks."""
        _write_rows(csv_writer, self._exceptions())

    def _requests(self) -> str:
        return self.environment.stats.native.requests_csv(self.percentiles_to_report)

    def _failures(self) -> str:
        return self.environment.stats.native.failures_csv()

    def _exceptions(self) -> str:
        return self.environment.stats.native.exceptions_csv()


def _write_rows(csv_writer: CSVWriter, text: str) -> None:
    for row in csv.reader(io.StringIO(text, newline="")):
        csv_writer.writerow(row)


class StatsCSVFileWriter(StatsCSV):
    """Keeps the four files `<base_filepath>_….csv` up to date while `stats_writer` runs."""

    def __init__(
        self,
        environment: Environment,
        percentiles_to_report: list[float],
        base_filepath: str,
        full_history: bool = False,
    ) -> None:
        super().__init__(environment, percentiles_to_report)
        self.base_filepath = base_filepath
        self.full_history = full_history
        os.makedirs(os.path.dirname(base_filepath) or ".", exist_ok=True)
        self.requests_csv_filehandle = self._opened("stats")
        self.stats_history_csv_filehandle = self._opened("stats_history")
        self.failures_csv_filehandle = self._opened("failures")
        self.exceptions_csv_filehandle = self._opened("exceptions")

    def _opened(self, kind: str) -> TextIO:
        # The text has its line ends already.
        return open(f"{self.base_filepath}_{kind}.csv", "w", encoding="utf-8", newline="")

    def __call__(self) -> None:
        self.stats_writer()

    def stats_writer(self) -> None:
        """For a greenlet: writes all files every second, for ever."""
        native = self.environment.stats.native
        self.stats_history_csv_filehandle.write(native.history_heading(self.percentiles_to_report))
        flushed = 0.0
        while True:
            now = time.time()
            self.stats_history_csv_filehandle.write(self._history(now))
            self._rewrite_tables()
            if now - flushed > _knobs().CSV_STATS_FLUSH_INTERVAL_SEC:
                self._flush()
                flushed = now
            gevent.sleep(_knobs().CSV_STATS_INTERVAL_SEC)

    def _stats_history_data_rows(self, csv_writer: CSVWriter, now: float) -> None:
        _write_rows(csv_writer, self._history(now))

    def _history(self, now: float) -> str:
        runner = self.environment.runner
        return self.environment.stats.native.history_rows(
            now,
            runner.user_count if runner else 0,
            self.full_history,
            self.percentiles_to_report,
        )

    def _rewrite_tables(self) -> None:
        for file, text in (
            (self.requests_csv_filehandle, self._requests()),
            (self.failures_csv_filehandle, self._failures()),
            (self.exceptions_csv_filehandle, self._exceptions()),
        ):
            file.seek(0)
            file.write(text)
            file.truncate()

    def requests_flush(self) -> None:
        self.requests_csv_filehandle.flush()

    def stats_history_flush(self) -> None:
        self.stats_history_csv_filehandle.flush()

    def failures_flush(self) -> None:
        self.failures_csv_filehandle.flush()

    def exceptions_flush(self) -> None:
        self.exceptions_csv_filehandle.flush()

    def _flush(self) -> None:
        self.requests_flush()
        self.stats_history_flush()
        self.failures_flush()
        self.exceptions_flush()

    def close_files(self) -> None:
        """Writes the tables a last time, so that they hold the final figures, and closes them."""
        if self.requests_csv_filehandle.closed:
            return
        self._rewrite_tables()
        self.requests_csv_filehandle.close()
        self.stats_history_csv_filehandle.close()
        self.failures_csv_filehandle.close()
        self.exceptions_csv_filehandle.close()

    def stats_history_file_name(self) -> str:
        """Where the history is."""
        return f"{self.base_filepath}_stats_history.csv"


def _knobs() -> Any:
    """The module whose constants a locustfile patches."""
    from . import stats

    return stats
