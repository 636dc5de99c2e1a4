"""A page without a test: it says what is the matter, and goes on when that has changed.

What a broken locustfile has imported cannot be taken back, so the process begins anew with the
files as they are then, or with another file that somebody chooses on the page.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from gevent.event import Event

from gregaria import page
from gregaria._choices import Choices
from gregaria._restart import Again
from gregaria.keeping import Keeper
from gregaria.locust import events
from gregaria.locust.argument_parser import get_parser
from gregaria.locust.main import create_environment

logger = logging.getLogger("locust.main")

#: Seconds between two looks at the files.
LOOK_INTERVAL = 0.5

#: Options of a command line that wants an answer and no page.
_NO_PAGE = ("headless", "worker", "autostart", "list_commands", "show_task_ratio")


def options_of(words: list[str]) -> argparse.Namespace:
    """The options as far as they are known without a locustfile; what it would add is left out."""
    options, _ = get_parser().parse_known_args(words)
    if options.headful:
        options.headless = False
    return options


def is_wanted(options: argparse.Namespace) -> bool:
    """Whether somebody looks at a page who can be told."""
    names = (*_NO_PAGE, "show_task_ratio_json")
    return not any(getattr(options, name) for name in names) and options.locustfile != "-"


def serve(options: argparse.Namespace, kind: str, error: Exception) -> int:
    """Serves the page until a signal comes; raises `Again` when the files have changed, or when
    somebody has chosen another one."""
    logger.error("%s", error)
    environment = create_environment([], options, events=events, locustfile=options.locustfile)
    # There is no run to report on, but the runs before can be looked at.
    options.html_file = None
    keeper = Keeper(environment, options)
    web_ui = page.make(environment, options, keeper)
    web_ui.test_error = {"kind": kind, "path": options.locustfile, "text": str(error)}
    has_come, is_over = Event(), Event()
    chosen: str | None = None

    def on_choice(name: str) -> None:
        nonlocal chosen
        chosen = name
        has_come.set()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        is_over.set()
        has_come.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    web_ui.on_reload = has_come.set
    web_ui.choices = Choices(Path.cwd(), on_choice)
    files = _Files(options.locustfile, error)
    page.serve(web_ui)
    logger.info("Waiting for a test that can be run: the page goes on when its files change")
    while not has_come.wait(LOOK_INTERVAL):
        if files.have_changed():
            logger.info("The files of the test have changed")
            break
    if is_over.is_set():
        web_ui.stop()
    else:
        page.leave(web_ui)
    keeper.close(None)
    if is_over.is_set():
        return 1
    raise Again(chosen)


class _Files:
    """The files that a test is made of, as far as they are known: those that are named, those
    beside them, and those that the error came through."""

    def __init__(self, locustfile: str, error: Exception) -> None:
        self._folders = {_folder_of(part.strip()) for part in locustfile.split(",")}
        self._others = set(_mentioned(error))
        self._seen = self._look()

    def have_changed(self) -> bool:
        return self._look() != self._seen

    def _look(self) -> dict[str, tuple[int, int]]:
        seen: dict[str, tuple[int, int]] = {}
        for path in (*self._others, *self._beside()):
            try:
                state = path.stat()
            except OSError:
                continue
            seen[str(path)] = (state.st_mtime_ns, state.st_size)
        return seen

    def _beside(self) -> Iterator[Path]:
        for folder in self._folders:
            yield from folder.glob("*.py")


def _folder_of(part: str) -> Path:
    path = Path(os.path.expanduser(part))
    if path.is_dir():
        return path
    if path.suffix == ".py":
        return path.parent
    # A dotted name, or a folder that is not there yet.
    return Path(part.replace(".", os.sep)).parent


def _mentioned(error: BaseException | None) -> Iterator[Path]:
    while error is not None:
        for frame in traceback.extract_tb(error.__traceback__):
            yield Path(frame.filename)
        if isinstance(error, SyntaxError) and error.filename:
            yield Path(error.filename)
        error = error.__cause__ or error.__context__
