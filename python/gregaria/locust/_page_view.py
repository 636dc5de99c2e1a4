"""What the page is shown of the test: its state once a second, and what can be started."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gevent.event import Event

from gregaria import _native

from . import stats as knobs
from ._nodes import STATE_CLEANUP, STATE_STOPPING
from .argument_parser import ui_extra_args_dict
from .user.inspectuser import get_ratio

if TYPE_CHECKING:
    from .env import Environment
    from .web import WebUI

#: Longest text of a file that is kept for the page.
MAX_TEXT = 256 * 1024


@dataclass
class PageRun:
    """One run, as far as the runner does not know it."""

    number: int
    started_at: float
    load: dict[str, Any]
    started_from: str
    started_by: str | None = None
    note: str | None = None
    ends_at: float | None = None
    end_kind: str | None = None
    ended_by: str | None = None


class RunBook:
    """Numbers the runs of this process, and remembers who asked for what."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._last = 0
        self._next: dict[str, Any] | None = None
        self.ask_number: Callable[[], int | None] = lambda: None
        """Gives the number of the run that has just begun, if somebody else numbers runs."""
        self.has_begun = Event()
        """Set when the run that was expected has begun."""
        self.run: PageRun | None = None
        self.stopping_since: float | None = None
        environment.events.test_start.add_listener(self._on_test_start)

    def expect(self, **details: Any) -> int:
        """Says who starts the next run, and from where. Returns the number it should get."""
        self._next = details
        self.has_begun.clear()
        return self._last + 1

    @property
    def is_starting(self) -> bool:
        """Whether a run has been asked for and has not begun."""
        return self._next is not None

    def number_from(self, last: int) -> None:
        """Numbers runs from the next after `last` on, where nobody else numbers them."""
        self._last = max(self._last, last)

    @property
    def upcoming(self) -> dict[str, Any]:
        """Who starts the next run, with what and from where, as far as somebody has said."""
        return self._next or {}

    def _on_test_start(self, environment: Environment, **_: Any) -> None:
        details = self._next or {"started_from": "command line"}
        self._next = None
        self._last = self.ask_number() or self._last + 1
        runner, shape = environment.runner, environment.shape_class
        load = details.pop("load", None) or {
            "users": runner.target_user_count if runner and shape is None else None,
            "spawn_rate": None,
            "run_time_seconds": None,
            "shape": None if shape is None else type(shape).__name__,
        }
        run_time = load["run_time_seconds"]
        now = time.time()
        self.stopping_since = None
        self.run = PageRun(
            self._last, now, load, ends_at=now + run_time if run_time else None, **details
        )
        self.has_begun.set()

    def changed(self, users: int, spawn_rate: float) -> None:
        """Says that there shall be another number of users."""
        if self.run is not None:
            self.run.load = {**self.run.load, "users": users, "spawn_rate": spawn_rate}

    def ended(self, kind: str, by: str | None) -> None:
        """Says who has ended the run, and how."""
        if self.run is not None:
            self.run.end_kind, self.run.ended_by = kind, by


def status_of(environment: Environment, runs: RunBook) -> dict[str, Any]:
    """What the run is doing."""
    runner = environment.runner
    state = "ready" if runner is None else runner.state
    is_stopping = state in (STATE_CLEANUP, STATE_STOPPING)
    if not is_stopping:
        runs.stopping_since = None
    elif runs.stopping_since is None:
        runs.stopping_since = time.time()
    options = environment.parsed_options
    expected = getattr(options, "expect_workers", None) if getattr(options, "master", 0) else None
    started = environment.stats.start_time
    return {
        "state": state,
        "user_count": 0 if runner is None else runner.user_count,
        "target_users": 0 if runner is None else runner.target_user_count,
        "users_by_class": {} if runner is None else runner.user_classes_count,
        "locustfile": environment.locustfile or "",
        "profile": environment.profile,
        "host": environment.host,
        "run": None if runs.run is None else vars(runs.run),
        "expected_workers": expected,
        "cannot_start": None if environment.user_classes else "there is no user class",
        "stopping_since": runs.stopping_since,
        "stamp": datetime.datetime.fromtimestamp(started).strftime("%Y-%m-%d-%Hh%M"),
        "cpu_percent": 0.0 if runner is None else runner.current_cpu_usage,
        "memory_bytes": 0 if runner is None else runner.current_memory_usage,
    }


def form_of(page: WebUI) -> dict[str, Any]:
    """What can be started, with what it begins with."""
    environment = page.environment
    options = environment.parsed_options
    shape = environment.shape_class
    classes = environment.user_classes
    if page.userclass_picker_is_active and environment.available_user_classes:
        classes = list(environment.available_user_classes.values())
    ratios = get_ratio(classes, {}, False)
    csv_writer = page.stats_csv_writer
    history = getattr(getattr(csv_writer, "stats_history_csv_filehandle", None), "name", None)
    is_full = bool(getattr(csv_writer, "full_history", False))
    return {
        "files": [_file(path) for path in environment.parsed_locustfiles or []],
        "user_classes": [_user_class(each) for each in classes],
        "shape_classes": [
            {"name": name, "is_active": each is shape}
            for name, each in (environment.available_shape_classes or {}).items()
        ],
        "picks_classes": page.userclass_picker_is_active,
        "name": environment.profile,
        "host": environment.host,
        "is_host_required": any(not getattr(each, "host", None) for each in classes)
        and environment.host is None,
        "load": {
            "users": getattr(options, "num_users", None),
            "spawn_rate": getattr(options, "spawn_rate", None),
            "run_time_seconds": getattr(options, "run_time", None),
            "shape": None if shape is None else type(shape).__name__,
        },
        "shape_sets_users": shape is not None and not shape.use_common_options,
        "parameters": _parameters(environment),
        "worker_command": _worker_command(environment),
        "tasks": {name: each["tasks"] for name, each in ratios.items()},
        "percentiles_to_statistics": knobs.PERCENTILES_TO_STATISTICS,
        "percentiles_to_chart": knobs.PERCENTILES_TO_CHART,
        "percentiles_to_report": knobs.PERCENTILES_TO_REPORT,
        "has_own_pages": page.has_own_pages,
        "history_file": os.path.abspath(history) if history and is_full else None,
        "versions": {
            "gregaria": _native.VERSION,
            "locust": _locust_version(),
            "python": platform.python_version(),
        },
    }


def _locust_version() -> str:
    from . import __version__

    return __version__


def _file(path: str) -> dict[str, Any]:
    content = Path(path).read_bytes()
    return {
        "name": os.path.basename(path),
        "sha256": hashlib.sha256(content).hexdigest(),
        "modified_at": Path(path).stat().st_mtime,
        "text": content.decode(errors="replace") if len(content) <= MAX_TEXT else None,
    }


def _user_class(user_class: Any) -> dict[str, Any]:
    host = getattr(user_class, "host", None)
    return {
        "name": user_class.__name__,
        "weight": float(user_class.weight),
        "fixed_count": int(user_class.fixed_count),
        "host": None if host is None else str(host),
        "tasks": [each.__name__ for each in user_class.tasks],
    }


def _parameters(environment: Environment) -> list[dict[str, Any]]:
    options = vars(environment.parsed_options) if environment.parsed_options else {}
    try:
        extra = ui_extra_args_dict()
    except SystemExit:
        # A program of its own has a command line that is none of ours.
        return []
    parameters: list[dict[str, Any]] = []
    for name, each in extra.items():
        value = options.get(name, each["default_value"])
        kind = _kind(value, each)
        parameters.append(
            {
                "name": name,
                "help": each["help_text"] or "",
                "kind": kind,
                "choices": [str(choice) for choice in each["choices"] or []],
                "value": ("set" if value else None) if each["is_secret"] else _plain(value, kind),
                "is_secret": each["is_secret"],
                "is_required": each["is_required"],
            }
        )
    return parameters


def _kind(value: Any, each: dict[str, Any]) -> str:
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, list) or each["is_multiple"]:
        return "texts"
    return "number" if isinstance(value, int | float) else "text"


def _plain(value: Any, kind: str) -> Any:
    if value is None or kind in ("switch", "number"):
        return value
    if kind == "texts":
        return [str(each) for each in value] if isinstance(value, list) else [str(value)]
    return str(value)


def _worker_command(environment: Environment) -> str | None:
    runner: Any = environment.runner
    port = getattr(runner, "master_bind_port", None)
    if port is None:
        return None
    if runner.entrance.tokens():
        return "gregaria --worker --invitation FILE"
    host = _address_for_workers(str(getattr(runner, "master_bind_host", "*")))
    return f"gregaria --worker --master-host {host} --master-port {port} -f -"


def _address_for_workers(bound: str) -> str:
    """Where workers reach a master that is bound so: the address of its way out, if it has one."""
    if bound not in ("*", "", "0.0.0.0", "::"):
        return bound
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            # Of a network for documents: nothing is sent, the system only chooses the address.
            way_out.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return str(way_out.getsockname()[0])
