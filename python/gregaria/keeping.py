"""Keeps each run in the run store, from its start to its end.

Python only says when a run begins and ends, and what is run. The figures go from the statistics to
the store once a second, and a thread of the store writes them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
from dataclasses import dataclass
from typing import Any

import gevent

from gregaria import _native
from gregaria._refusal import Refusal
from gregaria._test_record import record
from gregaria.locust._page_log import PageLog
from gregaria.locust.env import Environment
from gregaria.locust.runners import WorkerRunner
from gregaria.report import default_store

logger = logging.getLogger("gregaria.store")

#: Seconds between two looks at what the store has to say, and at what it has to be told.
LOOK_INTERVAL = 1

#: Seconds for which the start of a run waits for its number: before the first user is there.
NUMBER_LIMIT = 0.5

BYTES_IN_MEGABYTE = 1_000_000

#: Reasons of an end that nobody stopped for, by what they begin with.
_PLANNED = ("the run time is over", "the shape has ended")
_WORKERS_LOST = "the last worker"


@dataclass(frozen=True)
class Place:
    """Where the runs of this process are kept."""

    store: _native.RunStore
    problem: str | None = None
    """Why it is not the file that was meant, which is then a temporary one."""


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
        self._place = None if options.no_store else _open(environment, options)
        self._store = self._place.store if self._place is not None else None
        self._log = PageLog()
        if self._store is not None:
            node = getattr(environment.runner, "_node", None)
            self._log.begin("master" if isinstance(node, _native.MasterNode) else "local")
            environment.events.test_start.add_listener(self._on_start)
            environment.events.test_stop.add_listener(self._on_stop)

    @property
    def store(self) -> _native.RunStore | None:
        """The store, if there is one."""
        return self._store

    def for_page(self) -> tuple[str, _native.RunStore, str | None, bool] | None:
        """The file, its store, why it is a temporary one, and whether it is; `None` without one."""
        if self._place is None:
            return None
        store, problem = self._place.store, self._place.problem
        return os.fspath(store.path), store, problem, problem is not None

    def number(self) -> int | None:
        """Number of the run that has just begun; `None` if the store does not give one in time."""
        return None if self._store is None else self._store.wait_for_run(NUMBER_LIMIT)

    def newest(self) -> int:
        """The largest number that a run has had; 0 for none."""
        return 0 if self._store is None else self._store.newest

    def _on_start(self, environment: Environment, **_: object) -> None:
        if self._store is not None:
            what = {**record(environment), **_asked_for(environment)}
            self._store.begin(environment.stats.native, json.dumps(what))
            self._lasts = True

    def _on_stop(self, environment: Environment, **_: object) -> None:
        if self._store is None or not self._lasts:
            return
        self._lasts = False
        self._look()
        kind, reason, by = _end(environment)
        self._store.end(environment.stats.native, kind, reason, by)

    def watch(self) -> None:
        """For a greenlet: tells the store of the log and the workers, and says what it says."""
        while self._store is not None:
            gevent.sleep(LOOK_INTERVAL)
            self._look()
            self._tell()

    def _look(self) -> None:
        if self._store is None:
            return
        self._log.deliver(self._store, self._environment.worker_logs)
        node = getattr(self._environment.runner, "_node", None)
        if self._lasts and isinstance(node, _native.MasterNode):
            self._store.look_at(self._environment.stats.native, node)

    def _tell(self) -> None:
        while self._store is not None and (notice := self._store.take_notice()):
            logger.warning(notice)

    def close(self, exit_code: int | None) -> None:
        """Writes what is left. `exit_code` is `None` if the process begins anew."""
        if self._store is None:
            return
        has_page, had_run = self._environment.web_ui is not None, self._lasts
        if self._lasts:
            # The run has ended without its last event.
            self._on_stop(self._environment)
        if exit_code is not None and (had_run or not has_page):
            # The process ends with this run.
            self._store.set_exit_code(exit_code)
        self._log.end()
        self._store.close(tempfile.gettempdir())
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


def _open(environment: Environment, options: argparse.Namespace) -> Place | None:
    """The store; `None` on a worker, whose master keeps the run.

    Runs that cannot be kept where they were meant to be are kept in a temporary file.
    """
    if isinstance(environment.runner, WorkerRunner):
        return None
    limits = options.keep_runs, options.keep_megabytes * BYTES_IN_MEGABYTE
    try:
        return Place(_native.RunStore(options.store or default_store(), *limits))
    except OSError as error:
        problem = str(error)
    try:
        path = os.path.join(tempfile.mkdtemp(prefix="gregaria-"), "runs.sqlite")
        store = _native.RunStore(path, *limits)
    except OSError as error:
        logger.warning("%s\n%s\nThe test goes on, and this run is not kept", problem, error)
        return None
    logger.warning("%s\nThe test goes on, and its runs are kept in `%s`", problem, path)
    return Place(store, problem)


def _asked_for(environment: Environment) -> dict[str, Any]:
    """What somebody has asked for on the page: load, note, who and from where."""
    page: Any = environment.web_ui
    if page is None:
        return {}
    details: dict[str, Any] = dict(page.runs.upcoming)
    load: dict[str, Any] = details.pop("load", None) or {}
    return {**details, **load}


def _end(environment: Environment) -> tuple[str, str, str | None]:
    """How the run has ended, why, and who has ended it: what the last marker says."""
    endings = [text for _, _, text in environment.stats.native.markers() if "run ended: " in text]
    reason = endings[-1].removeprefix("run ended: ") if endings else "stopped"
    page: Any = environment.web_ui
    run = None if page is None else page.runs.run
    if run is not None and run.end_kind is not None:
        return run.end_kind, reason, run.ended_by
    if reason.startswith(_PLANNED):
        return "finished", reason, None
    return ("workers_lost" if reason.startswith(_WORKERS_LOST) else "stopped"), reason, None
