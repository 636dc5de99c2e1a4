"""A worker or a page that takes over a newer test: the process begins anew, with the same words.

Modules that are imported cannot be taken back, so nothing less leaves the state of a fresh worker.
The process keeps its number, and its place in the cluster by the node id that it hands on.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from typing import NoReturn

from gregaria._fetching import fetch, say
from gregaria._locustfiles import LoadError, TestFiles
from gregaria.arguments import Look
from gregaria.locust._joining import NODE_ID

#: Seconds between two looks for a test that can be loaded.
RETRY_INTERVAL = 5


class Again(Exception):
    """The process shall begin anew: the files of its test have changed, or another is chosen."""

    def __init__(self, locustfile: str | None = None) -> None:
        super().__init__(locustfile)
        self.locustfile = locustfile
        """The file that was chosen; `None` for the same words as before."""


def begin_anew(locustfile: str | None = None) -> NoReturn:
    """Replaces this process by a fresh one with the same words, or with another locustfile."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    words = sys.orig_argv[1:]
    if locustfile is not None:
        words = with_locustfile(words, locustfile)
    os.execv(sys.executable, [sys.executable, *words])


def with_locustfile(words: list[str], locustfile: str) -> list[str]:
    """The words of a command line with this locustfile: the last `-f` of them holds."""
    end = words.index("--") if "--" in words else len(words)
    named, rest = words[:end], words[end:]
    # What was chosen before is not kept: the line does not grow with each choice.
    if named[-2:-1] == ["-f"]:
        named = named[:-2]
    return [*named, "-f", locustfile, *rest]


def restart(files: TestFiles, node_id: str) -> NoReturn:
    """Replaces this process by one that fetches the test again."""
    files.leave()
    if files.folder is not None:
        # Nothing that is registered for the end of the process is done.
        shutil.rmtree(files.folder, ignore_errors=True)
    os.environ[NODE_ID] = node_id
    begin_anew()


def is_second_life() -> bool:
    """Whether this process has been in the cluster before it was restarted."""
    return NODE_ID in os.environ


def wait_for_another(look: Look, files: TestFiles | None) -> NoReturn:
    """Restarts when the master has another test than this one, which cannot be used.

    Somebody is writing at it: a worker that gave up would have to be started by hand again.
    """
    say("the worker waits until the master has another test")
    while True:
        time.sleep(RETRY_INTERVAL)
        try:
            other = fetch(look, is_quiet=True)
        except LoadError:
            continue
        if other.folder is not None:
            shutil.rmtree(other.folder, ignore_errors=True)
        if files is None or other.bundle != files.bundle:
            restart(files or other, os.environ[NODE_ID])
