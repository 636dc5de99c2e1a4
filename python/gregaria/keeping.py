"""Keeps each run in the run store, from its start to its end.

Python only says when a run begins and ends, and what is run. The figures go from the statistics to
the store once a second, and a thread of the store writes them.
"""

from __future__ import annotations

import argparse
import json
import logging

import gevent

from gregaria import _native
from gregaria._refusal import Refusal
from gregaria._test_record import record
from gregaria.locust.env import Environment
from gregaria.locust.runners import WorkerRunner
from gregaria.report import default_store

logger = logging.getLogger("gregaria.store")

#: Seconds between two looks at what the store has to say.
LOOK_INTERVAL = 1

BYTES_IN_MEGABYTE = 1_000_000

#: Reasons of an end that nobody stopped for, by what they begin with.
_PLANNED = ("the run time is over", "the shape has ended")
_WORKERS_LOST = "the last worker"


class Keeper:
    """Keeps the runs of one environment. Without a store it does nothing."""

    def __init__(self, environment: Environment, options: argparse.Namespace) -> None:
        self._environment = environment
        self._lasts = False
        self._html_file: str | None = None
        if not isinstance(environment.runner, WorkerRunner):
            self._html_file = options.html_file
        if self._html_file is not None and options.no_store:
            raise Refusal("--html needs the run store: leave --no-store out")
        self._store = None if options.no_store else _open(environment, options)
        if self._store is not None:
            environment.events.test_start.add_listener(self._on_start)
            environment.events.test_stop.add_listener(self._on_stop)

    @property
    def store(self) -> _native.RunStore | None:
        """The store, if there is one."""
        return self._store

    def _on_start(self, environment: Environment, **_: object) -> None:
        if self._store is not None:
            self._store.begin(environment.stats.native, json.dumps(record(environment)))
            self._lasts = True

    def _on_stop(self, environment: Environment, **_: object) -> None:
        if self._store is None or not self._lasts:
            return
        self._lasts = False
        kind, reason = _end(environment)
        self._store.end(environment.stats.native, kind, reason)

    def watch(self) -> None:
        """For a greenlet: logs what the store has to say."""
        while self._store is not None:
            gevent.sleep(LOOK_INTERVAL)
            self._tell()

    def _tell(self) -> None:
        while self._store is not None and (notice := self._store.take_notice()):
            logger.warning(notice)

    def close(self) -> None:
        """Writes what is left."""
        if self._store is None:
            return
        if self._lasts:
            # The run has ended without its last event.
            self._on_stop(self._environment)
        self._store.close()
        self._tell()
        if self._html_file is not None:
            self._write_html(self._store, self._html_file)

    def _write_html(self, store: _native.RunStore, path: str) -> None:
        if store.run is None:
            logger.error("cannot write HTML report `%s`: the run was not kept", path)
            return
        words = ["html", str(store.run), "--output", path]
        code, _, complaint = _native.report_command(words, store.path)
        if code != 0:
            logger.error(complaint.removeprefix("gregaria: error: ").rstrip())


def _open(environment: Environment, options: argparse.Namespace) -> _native.RunStore | None:
    """The store; `None` on a worker, whose master keeps the run, and if it cannot be used."""
    if isinstance(environment.runner, WorkerRunner):
        return None
    try:
        return _native.RunStore(
            options.store or default_store(),
            options.keep_runs,
            options.keep_megabytes * BYTES_IN_MEGABYTE,
        )
    except OSError as error:
        logger.warning("%s\nThe test goes on, and this run is not kept", error)
        return None


def _end(environment: Environment) -> tuple[str, str]:
    """How the run has ended, and why: what the last marker says."""
    endings = [text for _, _, text in environment.stats.native.markers() if "run ended: " in text]
    reason = endings[-1].removeprefix("run ended: ") if endings else "stopped"
    if reason.startswith(_PLANNED):
        return "finished", reason
    return ("workers_lost" if reason.startswith(_WORKERS_LOST) else "stopped"), reason
