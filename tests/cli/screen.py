"""A real terminal for the command: tmux, which shows it to nobody but these tests.

tmux understands what terminals understand, wraps lines and wraps them anew when its size changes.
The tests read the screen with its history, as a person does who scrolls up, and the bytes beside.
"""

import os
import re
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from .command import LIMIT_SECONDS, OURS, clean_environment

#: What the shell says when the command has ended, with the exit code behind it.
ENDED = "the command has ended:"


class Screen:
    """One command in a terminal of its own. Close it by `close`."""

    def __init__(self, folder: Path, columns: int = 80, rows: int = 24) -> None:
        tmux = shutil.which("tmux")
        if tmux is None:
            pytest.skip("tmux is not installed: `make tools` installs it")
        self._tmux = (tmux, "-u", "-S", str(folder / "tmux"))
        self._folder = folder
        self._size = ("-x", str(columns), "-y", str(rows))
        self._bytes = folder / "bytes"
        os.mkfifo(self._bytes)
        self._reading = os.open(self._bytes, os.O_RDONLY | os.O_NONBLOCK)
        self.received = b""

    def start(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        """Starts the command; words such as `> file` are for the shell."""
        words = [*map(shlex.quote, OURS)]
        words += [word if re.match("[12]?>", word) else shlex.quote(word) for word in arguments]
        # The shell outlives Ctrl-C; whatever it starts does not know of its trap. It waits until
        # the bytes are recorded from the first one, and at the end so that its screen stays.
        script = (
            f"trap : INT; {self._words('wait-for', 'recorded')}; {' '.join(words)};"
            f" echo {shlex.quote(ENDED)} $?; exec cat"
        )
        environment = clean_environment(self._folder, variables or {})
        environment |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "SHELL": "/bin/sh"}
        # tmux and Python ask the terminal itself.
        del environment["COLUMNS"]
        environment.pop("TMUX", None)
        # Nobody watches where that is set, and these tests do.
        if "CI" not in (variables or {}):
            environment.pop("CI", None)
        subprocess.run(
            [*self._tmux, "-f", os.devnull, "new-session", "-d", *self._size, script],
            cwd=self._folder,
            env=environment,
            check=True,
        )
        self._ask("set-option", "status", "off")
        self._ask("resize-window", *self._size)
        self._ask("pipe-pane", f"exec cat > {shlex.quote(str(self._bytes))}")
        self._ask("wait-for", "-S", "recorded")

    def lines(self) -> list[str]:
        """All rows, with those that have scrolled away, to the last that is not empty."""
        return self._ask("capture-pane", "-p", "-S", "-").rstrip().split("\n")

    def text(self) -> str:
        """The same with wrapped lines put together again."""
        return self._ask("capture-pane", "-p", "-J", "-S", "-").rstrip()

    def wait_for(self, pattern: str) -> list[str]:
        """Waits until a row matches, and returns all rows of that moment."""
        return self.wait_until(
            lambda lines: any(re.search(pattern, line) for line in lines), pattern
        )

    def wait_until(self, is_so: Callable[[list[str]], bool], what: str) -> list[str]:
        """Waits until the rows are as wanted, and returns them."""
        limit = time.monotonic() + LIMIT_SECONDS
        while not is_so(lines := self.lines()):
            ready, _, _ = select.select([self._reading], [], [], limit - time.monotonic())
            if not ready:
                raise AssertionError(f"never seen: {what}\n" + "\n".join(lines))
            self.received += os.read(self._reading, 1 << 16)
        return lines

    def exit_code(self) -> int:
        """Waits for the end of the command."""
        # Behind a `^C` that the terminal itself has written.
        found = re.search(f"{ENDED} ([0-9]+)", "\n".join(self.wait_for(f"{ENDED} [0-9]+$")))
        assert found is not None
        return int(found[1])

    def press(self, key: str) -> None:
        """Presses a key, by tmux's name for it: `C-c`."""
        self._ask("send-keys", key)

    def resize(self, columns: int, rows: int) -> None:
        """Makes the terminal another size; it wraps its lines anew, and the command is told."""
        self._ask("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """Ends the terminal and everything in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)
        os.close(self._reading)

    def _words(self, *arguments: str) -> str:
        return " ".join(shlex.quote(word) for word in (*self._tmux, *arguments))

    def _ask(self, *arguments: str) -> str:
        answer = subprocess.run(
            [*self._tmux, *arguments], check=True, capture_output=True, text=True, timeout=60
        )
        return answer.stdout
