"""The demo's server alone: `python -m gregaria._target --port 0`.

It runs in a process of its own, so that its CPU is not the generator's. Its first line on standard
output is its base URL; the line at its end says how many requests it answered. It ends with its
standard input or with a signal, whichever comes first: nobody has to clean up after a parent that
was killed.
"""

import argparse
import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from gregaria._native import DemoTarget


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until told to end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gregaria._target", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(arguments)

    ending, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, wake_only)

    try:
        target = DemoTarget(options.port)
    except OSError as error:
        sys.stderr.write(f"cannot serve the demo on port `{options.port}`: {error}\n")
        return 1
    say(target.url)
    wait_for_the_end(ending)
    # Whoever started it may be gone already.
    with suppress(BrokenPipeError):
        say(f"served {target.served} requests")
    target.stop()
    return 0


def say(line: str) -> None:
    """Writes a line past Python's buffer, which would complain at exit if nobody reads."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def wake_only(number: int, frame: FrameType | None) -> None:
    """Handles a signal by doing nothing: that it came is read from the wake-up descriptor."""


def wait_for_the_end(ending: int) -> None:
    """Returns once a signal has arrived or standard input has ended."""
    stdin = sys.stdin.fileno()
    while True:
        readable, _, _ = select.select([ending, stdin], [], [])
        if ending in readable or not os.read(stdin, 4096):
            return


if __name__ == "__main__":
    sys.exit(main())
