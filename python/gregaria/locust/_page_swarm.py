"""Locust's `POST /swarm`: fields of a form, in their order, with Locust's own answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .util.timespan import parse_timespan

if TYPE_CHECKING:
    from ._page_view import RunBook
    from .env import Environment

_RUN_TIME_FORMATS = "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc."


class SwarmError(Exception):
    """A field is wrong. Fields before it have been applied, as in Locust."""


class Swarm:
    """One request."""

    def __init__(self, environment: Environment, is_picking: bool) -> None:
        self._environment = environment
        self._is_picking = is_picking
        self._users: int | None = None
        self._spawn_rate: float | None = None
        self.run_time: int | None = None
        self.user_classes: list[str] = []
        self.shape_class: str | None = None

    def read(self, fields: list[tuple[str, str]]) -> None:
        """Applies the fields.

        Raises `SwarmError`, and `ValueError` for a parameter that is wrong.
        """
        environment = self._environment
        options = environment.parsed_options
        known = vars(options) if options is not None else {}
        by_name: dict[str, list[str]] = {}
        for name, value in fields:
            by_name.setdefault(name, []).append(value)
        for name, values in by_name.items():
            value = values[0]
            match name:
                case "user_count":
                    self._users = _user_count(value)
                    known["num_users"] = self._users
                case "spawn_rate":
                    self._spawn_rate = _spawn_rate(value)
                    known["spawn_rate"] = self._spawn_rate
                case "host":
                    environment.host = value.replace("<", "").replace(">", "")
                case "run_time":
                    self.run_time = _run_time(value)
                    known["run_time"] = self.run_time
                case "profile":
                    environment.profile = value or None
                case "user_classes" if self._is_picking:
                    self.user_classes = values
                case "shape_class" if self._is_picking:
                    self.shape_class = value
                case _ if name in known:
                    old = known[name]
                    known[name] = convert(old, values if isinstance(old, list) else value)
                case _:
                    pass

    def load(self) -> tuple[int, float]:
        """Users and spawn rate."""
        if self._users is None or self._spawn_rate is None:
            raise SwarmError("Missing or invalid user_count or spawn_rate from /swarm request")
        return self._users, self._spawn_rate

    def begin(self, runs: RunBook, by: str | None, address: str) -> None:
        """Says who starts the next run."""
        shape = self._environment.shape_class
        runs.expect(
            started_by=by,
            started_from=address,
            load={
                "users": self._users,
                "spawn_rate": self._spawn_rate,
                "run_time_seconds": self.run_time,
                "shape": None if shape is None else type(shape).__name__,
            },
        )

    def begin_shape(self, runs: RunBook, by: str | None, address: str) -> None:
        """Says who starts the next run, whose users a shape counts."""
        self._users = self._spawn_rate = self.run_time = None
        self.begin(runs, by, address)


def _user_count(value: str) -> int:
    try:
        count = int(value)
    except ValueError:
        count = -1
    if count < 0:
        raise SwarmError(f"Invalid user_count value: '{value}' (must be an integer)")
    return count


def _spawn_rate(value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not math.isfinite(rate) or rate <= 0:
        raise SwarmError(f"Invalid spawn_rate value: '{value}' (must be a number)")
    return rate


def _run_time(value: str) -> int | None:
    if not value:
        return None
    try:
        return parse_timespan(value)
    except ValueError:
        raise SwarmError(_RUN_TIME_FORMATS) from None


def convert(old: Any, new: Any) -> Any:
    """A value of a form as the type that the option has. Raises `ValueError` if it is none."""
    if isinstance(old, bool):
        return new if isinstance(new, bool) else str(new) == "true"
    if old is None:
        return new if new is None else str(new)
    if isinstance(old, list):
        parts = new if isinstance(new, list) else str(new).split(",")
        if len(parts) == 1 and isinstance(parts[0], str):
            parts = parts[0].split(",")
        is_numbers = bool(old) and all(isinstance(each, int) for each in old)
        return [int(each) for each in parts] if is_numbers else [str(each) for each in parts]
    try:
        return type(old)(new)
    except TypeError as error:
        raise ValueError(str(error)) from error
