"""`gregaria demo`: a small shop and an ordinary locustfile that loads it, started together.

The shop runs in a process of its own, so that what the load costs can be told from what the server
costs. Further arguments go to the run and override what the demo chose: `gregaria demo -t 5s`.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

LOCUSTFILE = Path(__file__).parent / "_examples" / "shop.py"

#: What the demo runs unless told otherwise.
DEFAULTS = ("--headless", "--users", "1000", "--spawn-rate", "500", "--run-time", "20s")


class Target:
    """The running shop."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def end(self) -> int:
        """Ends it; returns the number of requests that it answered."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        # "served N requests"
        return int(self._line().split()[1])

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise ChildProcessError("the demo's server ended too early")
        return line


@contextmanager
def target() -> Generator[Target]:
    """Starts the shop on a free port. Ctrl-C reaches the run, not the shop."""
    with subprocess.Popen(
        [sys.executable, "-m", "gregaria._target"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Target(process)
        finally:
            process.terminate()


def run(arguments: Sequence[str], url: str) -> tuple[int, float]:
    """Runs the load in a process of its own; returns its exit code and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Ctrl-C is for the run, which prints its summary and ends; this process only waits for it.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = [sys.executable, "-m", "gregaria", "-f", str(LOCUSTFILE), "--host", url]
        code = subprocess.call([*command, *DEFAULTS, *arguments], preexec_fn=restore_ctrl_c)
    finally:
        signal.signal(signal.SIGINT, previous)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # A process that was ended by a signal has the code that a shell would give it.
    return (code if code >= 0 else 128 - code), cpu_seconds


def restore_ctrl_c() -> None:
    """Undoes in the run what its parent ignores: a disposition is inherited."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main(arguments: Sequence[str]) -> int:
    """Runs the demo; returns the exit code of the run."""
    with target() as shop:
        sys.stderr.write(
            f"demo: a shop of our own at {shop.url}, loaded by {os.path.relpath(LOCUSTFILE)}\n\n"
        )
        code, cpu_seconds = run(arguments, shop.url)
        served = shop.end()
    each = f": {cpu_seconds / served * 1e6:.1f} µs each" if served else ""
    sys.stderr.write(
        f"\ndemo: {served} requests for {cpu_seconds:.1f} s of CPU, start-up included{each}\n"
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
