"""What worker processes of this machine write, on its way to the terminal of their master.

Two processes that write to one terminal tear each other's lines, and a block that is drawn there
in place. So where there is such a block, workers write into a pipe, and its lines go through their
master. Nothing here needs gevent: workers are started before it is imported.
"""

from __future__ import annotations

import os
import select
import sys
import time


class Voices:
    """A pipe that workers write to and their master reads from."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        """The ends of the pipe. Workers get `writing`; the master closes it by `are_started`."""
        os.set_blocking(self.reading, False)
        self._open_line = b""
        self._have_ended = False

    def are_started(self) -> None:
        """To be called when all workers have got their end of the pipe."""
        os.close(self.writing)

    def pass_on(self) -> bool:
        """Writes what has come to standard error; whether more may come."""
        while True:
            try:
                chunk = os.read(self.reading, 1 << 16)
            except BlockingIOError:
                return True
            lines, end, rest = (self._open_line + chunk).rpartition(b"\n")
            self._open_line = rest
            if not chunk:
                lines, end = self._open_line, b"\n" if self._open_line else b""
                self._open_line = b""
            sys.stderr.write((lines + end).decode(errors="replace"))
            if not chunk:
                self._have_ended = True
                return False

    def wait(self, seconds: float) -> None:
        """Passes on what comes within this time; returns with the first of it."""
        if self._have_ended:
            time.sleep(seconds)
        elif select.select([self.reading], [], [], seconds)[0]:
            self.pass_on()
