"""Hands the test of a master to workers that were started with `-f -`, and offers a newer one.

While nothing runs, the master looks at the files every few seconds. A worker that holds a bundle
takes over another one when it is idle, by a restart of its process; workers with a locustfile of
their own hear nothing of all this.
"""

from __future__ import annotations

import fcntl
import logging
import os
from typing import TYPE_CHECKING, Any, NoReturn

import gevent

from gregaria._bundle import MAX_PACKED_BYTES, Bundle, BundleError, Found, listing, pack
from gregaria._options import DEFAULT_CONFIG_FILES

from ._nodes import STATE_RUNNING, STATE_SPAWNING

if TYPE_CHECKING:
    from ._master_runner import MasterRunner

logger = logging.getLogger("locust.runners")

#: Seconds between two looks at the files. What differs in two looks in a row is being written.
LOOK_INTERVAL = 2

#: Seconds that a start waits for workers which take over a newer test.
TAKEOVER_WAIT = 15

#: Options whose files are not for workers: secrets of the master, and what it writes.
PRIVATE_OPTIONS = (
    "join_token_file",
    "certificate",
    "invitation",
    "config",
    "logfile",
    "json_file",
    "html_file",
    "store",
    "tls_key",
)


class Offering:
    """What a master knows of the test and of the workers that have got it from here."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._bundle: Bundle | None = None
        self._files: dict[str, Found] = {}
        self._held: dict[str, str] = {}
        self._refused: dict[str, Found] = {}
        """Files that could not be offered, so that they are not packed again each time."""
        self._last_error = ""

    def answer(self, client_id: str, is_ours: bool) -> None:
        """Sends the test to a node that asks for it."""
        node = self._runner._node
        try:
            if not self._locustfiles():
                raise BundleError("this master has no locustfile")
            bundle = self._current() if is_ours else None
            texts = [] if is_ours else _texts(self._locustfiles())
        except (OSError, UnicodeDecodeError, BundleError) as error:
            text = _reason(error)
            self._complain("cannot send the test to %s: %s", client_id, text)
            node.send_locustfile(client_id, [], text)
            return
        if bundle is None:
            node.send_locustfile(client_id, texts)
        else:
            parts = (bundle.sha256, bundle.locustfiles, bundle.packed)
            node.send_locustfile(client_id, texts, None, parts)

    def sha256(self) -> str | None:
        """Hash of the bundle that workers have; `None` if none was sent."""
        return None if self._bundle is None else self._bundle.sha256

    def held(self, client_id: str, sha256: str) -> None:
        """A worker has said which bundle it holds."""
        self._held[client_id] = sha256
        try:
            bundle = self._current()
        except (OSError, BundleError) as error:
            self._complain("cannot look for a newer test for %s: %s", client_id, _reason(error))
            return
        self._offer(client_id, bundle)

    def watch(self) -> NoReturn:
        """Looks at the files while nothing runs."""
        last: dict[str, Found] | None = None
        while True:
            gevent.sleep(LOOK_INTERVAL)
            if not self._held or self._is_running():
                last = None
                continue
            now = self._look()
            if now is not None and now == last:
                self._renew(now)
            last = now

    def settle(self) -> None:
        """Before a run: offers what has changed, and waits for workers that take it over."""
        if not self._held or self._is_running():
            return
        now = self._look()
        if now is not None:
            self._renew(now)
        try:
            with gevent.Timeout(TAKEOVER_WAIT):
                while self._outdated():
                    gevent.sleep(0.1)
        except gevent.Timeout:
            logger.warning(
                "Starting though these workers have not taken over the newer test: %s",
                ", ".join(self._outdated()),
            )
            present = self._runner.clients
            for client_id in self._outdated():
                if client_id not in present:
                    del self._held[client_id]

    def _is_running(self) -> bool:
        return self._runner.state in (STATE_SPAWNING, STATE_RUNNING)

    def _outdated(self) -> list[str]:
        bundle = self._bundle
        return [id for id, held in self._held.items() if bundle and held != bundle.sha256]

    def _current(self) -> Bundle:
        """The bundle that workers have, if there are any; else that of this moment."""
        bundle = self._bundle
        if bundle is None or not (self._held or self._is_running()):
            files = self._listing()
            if bundle is None or files != self._files:
                bundle = pack(self._locustfiles(), files)
                self._bundle, self._files = bundle, files
        return bundle

    def _look(self) -> dict[str, Found] | None:
        try:
            return self._listing()
        except (OSError, BundleError) as error:
            self._complain("cannot look for a newer test: %s", _reason(error))
            return None

    def _renew(self, files: dict[str, Found]) -> None:
        """Offers what was found, if it is another test and Python can read it."""
        if files in (self._files, self._refused):
            return
        changed = {name: file for name, file in files.items() if self._files.get(name) != file}
        try:
            for name, file in changed.items():
                if name.endswith(".py"):
                    with open(file.path, "rb") as source:
                        compile(source.read(), name, "exec", dont_inherit=True)
            before, bundle = self._bundle, pack(self._locustfiles(), files)
        except (OSError, SyntaxError, ValueError, BundleError) as error:
            self._refused = files
            self._complain("the changed test is not offered to workers: %s", _reason(error))
            return
        self._forget_gone()
        self._bundle, self._files = bundle, files
        if before is None or before.sha256 != bundle.sha256:
            logger.info("The test has changed and is offered to workers that have it from here")
            for client_id in self._held:
                self._offer(client_id, bundle)

    def _forget_gone(self) -> None:
        """Forgets workers that have left. One that takes over a test is away only for a moment."""
        present, outdated = self._runner.clients, self._outdated()
        for client_id in list(self._held):
            if client_id not in present and client_id not in outdated:
                del self._held[client_id]

    def _offer(self, client_id: str, bundle: Bundle) -> None:
        if self._held[client_id] != bundle.sha256:
            self._runner._node.offer_bundle(client_id, bundle.sha256)

    def _locustfiles(self) -> list[str]:
        return self._runner.environment.parsed_locustfiles or []

    def _listing(self) -> dict[str, Found]:
        private = _private_paths(self._runner.environment.parsed_options)
        prefix = getattr(self._runner.environment.parsed_options, "csv_prefix", None)
        tables = os.path.realpath(prefix) + "_" if prefix else None
        written = _written_by_this_process()

        def is_private(path: str) -> bool:
            is_table = tables is not None and path.startswith(tables) and path.endswith(".csv")
            if is_table or os.path.realpath(path) in private:
                return True
            status = os.stat(path)
            return (status.st_dev, status.st_ino) in written

        return listing(self._locustfiles(), is_private)

    def _complain(self, text: str, *values: str) -> None:
        """Logs once what would be said every few seconds."""
        said = text % values
        if said != self._last_error:
            self._last_error = said
            logger.error("%s", said)


def _private_paths(options: Any) -> set[str]:
    named = [getattr(options, name, None) for name in PRIVATE_OPTIONS]
    paths = [path for path in (*named, *DEFAULT_CONFIG_FILES) if isinstance(path, str) and path]
    return {os.path.realpath(os.path.expanduser(path)) for path in paths}


def _written_by_this_process() -> set[tuple[int, int]]:
    """Files that are open for writing: a log on standard error would be a new test at each line."""
    written: set[tuple[int, int]] = set()
    for descriptor in os.listdir("/dev/fd"):
        try:
            mode = fcntl.fcntl(int(descriptor), fcntl.F_GETFL) & os.O_ACCMODE
            status = os.fstat(int(descriptor))
        except OSError:
            # That of the listing itself is closed by now.
            continue
        if mode != os.O_RDONLY:
            written.add((status.st_dev, status.st_ino))
    return written


def _texts(paths: list[str]) -> list[tuple[str, str]]:
    """Names without folders, and texts, as Locust sends its locustfiles."""
    texts: list[tuple[str, str]] = []
    left = MAX_PACKED_BYTES
    for path in paths:
        with open(path, "rb") as file:
            contents = file.read(left + 1)
        left -= len(contents)
        if left < 0:
            raise BundleError(f"the locustfiles are larger than {MAX_PACKED_BYTES >> 20} MiB")
        texts.append((os.path.basename(path), contents.decode("utf-8")))
    return texts


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    return str(error)
