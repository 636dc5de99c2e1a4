"""What is run, as the run store keeps it. Secrets are left out: the record is shown to viewers.

A value is taken for a secret if its option was declared as one, or if its name says so.
"""

from __future__ import annotations

import hashlib
import re
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gregaria import _native
from gregaria.locust import __version__ as locust_version
from gregaria.locust.argument_parser import get_parser
from gregaria.locust.env import Environment
from gregaria.locust.runners import MasterRunner

#: Longest text of a file that is kept.
MAX_TEXT = 256 * 1024

#: What stands in the place of a secret that is set.
SET = "set"

#: Names of options and parameters whose values are nobody's business.
_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|credential|auth|cookie|session|api_?key|tls_key"
    r"|private|invitation|certificate)"
)

#: Options of ours that are told elsewhere in the record, or that may hold anything.
_NOT_LISTED = {
    "locustfile",
    "host",
    "num_users",
    "spawn_rate",
    "run_time",
    "config_users",
    "profile",
    "store",
    "no_store",
    "keep_runs",
    "keep_megabytes",
    # Who may see the page is no part of what was run, and people's addresses are not for reports.
    "oidc_operators",
    "oidc_viewers",
}


def record(environment: Environment) -> dict[str, Any]:
    """What `environment` is about to run."""
    runner = environment.runner
    options: Any = environment.parsed_options
    shape = environment.shape_class
    has_plan = shape is None
    files = [Path(path) for path in environment.parsed_locustfiles or []]
    workers = None
    if isinstance(runner, MasterRunner):
        workers = [{"id": id} for id in runner.clients]
    return {
        "name": environment.profile or environment.locustfile or "locustfile",
        "host": without_user(_host(environment)),
        "files": [_file(path) for path in files],
        "bundle_sha256": _bundle(runner),
        "user_classes": [_user_class(each) for each in environment.user_classes],
        "users": runner.target_user_count if runner and has_plan else None,
        "spawn_rate": getattr(options, "spawn_rate", None) if has_plan else None,
        "run_time_seconds": getattr(options, "run_time", None) or None,
        "shape": None if shape is None else type(shape).__name__,
        "parameters": _parameters(options),
        "options": _options(options),
        "versions": {
            "gregaria": _native.VERSION,
            "locust": locust_version,
            "python": ".".join(map(str, sys.version_info[:3])),
        },
        "workers": workers,
        "commit": commit_of(files[0].resolve().parent) if files else None,
        "started_from": "command line",
        "machine": socket.gethostname(),
    }


def _bundle(runner: Any) -> str | None:
    """Hash of what workers of ours are sent; `None` where nobody is sent anything."""
    offering = getattr(runner, "_offering", None)
    return None if offering is None else offering.sha256()


def _user_class(each: Any) -> dict[str, Any]:
    return {
        "name": each.__name__,
        "weight": float(each.weight),
        "fixed_count": int(each.fixed_count),
        "host": without_user(each.host),
        "tasks": [getattr(task, "__name__", str(task)) for task in each.tasks],
    }


def _host(environment: Environment) -> str | None:
    """The base URL, if there is one for all users."""
    hosts = {environment.host or each.host for each in environment.user_classes}
    return hosts.pop() if len(hosts) == 1 else None


def without_user(url: str | None) -> str | None:
    """An address without the name, the password and the query that may stand in it."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _file(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        modified_at = path.stat().st_mtime
    except OSError:
        # It was there when it was imported.
        return {"name": path.name}
    text = content.decode(errors="replace") if len(content) <= MAX_TEXT else None
    return {
        "name": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "modified_at": modified_at,
        "text": text,
    }


def _parameters(options: Any) -> dict[str, Any]:
    """Values of the options that the locustfile has added."""
    ours = {option["dest"] for option in _native.command_line_options()} | {"user_classes", "help"}
    values: dict[str, Any] = {}
    for action in get_parser()._actions:  # pyright: ignore[reportPrivateUsage]
        if action.dest in ours or not hasattr(options, action.dest):
            continue
        value = getattr(options, action.dest)
        if getattr(action, "is_secret", False) or _SECRET_NAME.search(action.dest):
            value = SET if value else None
        values[action.dest] = _plain(value)
    return values


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)


def _options(options: Any) -> list[str]:
    """Options of ours that differ from their defaults, as words."""
    words: list[str] = []
    for option in _native.command_line_options():
        dest = option["dest"]
        value = getattr(options, dest, option["default"])
        if dest in _NOT_LISTED or not value or value == option["default"]:
            continue
        name = option["names"][-1]
        if _SECRET_NAME.search(dest):
            words += [name, SET]
        elif value is True:
            words.append(name)
        elif isinstance(value, list):
            words += [name, *map(str, value)]  # pyright: ignore[reportUnknownArgumentType]
        else:
            words += [name, str(value)]
    return words


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out in `folder` or above, read without running git."""
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.exists():
            return _commit(git)
    return None


def _commit(git: Path) -> str | None:
    try:
        if git.is_file():
            # A worktree: the file names its folder, and that the one with the branches.
            git = git.parent / git.read_text().removeprefix("gitdir:").strip()
        common = git / "commondir"
        shared = git / common.read_text().strip() if common.exists() else git
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = shared / name
        if loose.exists():
            return loose.read_text().strip()
        for line in (shared / "packed-refs").read_text().splitlines():
            if line.endswith(f" {name}"):
                return line.split()[0]
    except (OSError, UnicodeError):
        return None
    return None


__all__ = ["commit_of", "record", "without_user"]
