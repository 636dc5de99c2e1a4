"""`--processes N`: so many workers on this machine, each a process of its own.

They are executed, not forked: each imports the locustfile for itself, as a worker on another
machine does. Without `--worker`, this process is their master.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from gregaria._options import complain, read

#: Seconds that workers get to end by themselves when their master has.
GRACE = 3

#: Set for the workers, who have the same command line.
IS_CHILD = "_GREGARIA_WORKER_PROCESS"


def start(arguments: Sequence[str]) -> tuple[Workers | None, list[str]]:
    """The workers that the command line asks for, if it does, and the arguments of this process.

    Those are the arguments of their master, unless all processes are workers.
    """
    words = list(arguments)
    try:
        options, _, _, _ = read(words)
    except ValueError as error:
        complain(str(error))
    asked = options["processes"]
    if not isinstance(asked, int) or os.environ.get(IS_CHILD):
        return None, words
    if asked < -1 or asked == 0:
        complain(f"--processes {asked}: give a number from 1, or -1 for one on each core")
    if options["master"]:
        complain("--processes cannot be combined with --master: the master is started with them")
    if options["join_token"] or options["join_token_file"]:
        complain(
            "--processes cannot be combined with a join token: its workers have no invitation\n"
            "Start the master with the token, and others with --worker --processes N --invitation"
        )
    number = (os.cpu_count() or 1) if asked == -1 else asked
    is_worker = bool(options["worker"])
    workers = Workers(number, words if is_worker else [*words, "--worker"], is_worker)
    return workers, [*words, "--master", "--expect-workers", str(number)]


class Workers:
    """Worker processes of this command line, as children of this process."""

    def __init__(self, number: int, arguments: Sequence[str], is_all: bool) -> None:
        #: Whether there is nothing else to do for this process.
        self.is_all = is_all
        command = [sys.executable, "-m", "gregaria", *arguments]
        environment = {**os.environ, IS_CHILD: "1"}
        # Ctrl-C is for this process, which then tells them.
        self._processes = [
            subprocess.Popen(command, env=environment, start_new_session=True)
            for _ in range(number)
        ]

    def wait(self) -> int:
        """Waits until all have ended; returns the worst exit code. Ctrl-C ends them gently, the
        second time at once."""
        is_asked = False
        while True:
            try:
                return max(abs(process.wait()) for process in self._processes)
            except KeyboardInterrupt:
                self._signal(signal.SIGKILL if is_asked else signal.SIGINT)
                is_asked = True

    def end(self) -> None:
        """Waits a little for those that end by themselves, and ends the others."""
        for patience, number in ((GRACE, signal.SIGINT), (GRACE, signal.SIGKILL)):
            for process in self._processes:
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    self._signal(number)
                    break
        for process in self._processes:
            code = process.wait()
            if code > 1:
                sys.stderr.write(f"gregaria: a worker has ended with exit code {code}\n")

    def _signal(self, number: int) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(number)
