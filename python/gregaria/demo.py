"""`gregaria demo`: a small shop, an ordinary locustfile that loads it, and the page that shows it.

The shop runs in a process of its own, so that what the load costs can be told from what the server
costs. The load comes from a master and two workers. Further arguments go to the run and override
what the demo chose: `gregaria demo --users 50`, `gregaria demo --run-time 20s --autoquit 0`.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from gregaria._options import complain, read

LOCUSTFILE = Path(__file__).parent / "_examples" / "shop.py"

#: What the demo runs unless told otherwise.
DEFAULTS = ("--users", "1000", "--spawn-rate", "100", "--processes", "2")

LOOPBACK = "127.0.0.1"

#: Where the page and the workers are expected; others are taken if these are not free.
PAGE_PORT = 8089
WORKER_PORT = 5557

#: Signals that end the demo, besides Ctrl-C, which the terminal sends to the run as well.
ENDING = (signal.SIGTERM, signal.SIGHUP)


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
    """Runs the load in processes of its own; returns its exit code and their CPU seconds.

    What ends this process ends the run first, which prints its summary.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "gregaria", "-f", str(LOCUSTFILE), "--host", url, *arguments]
    process: subprocess.Popen[bytes] | None = None
    asked: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if process is not None:
            process.send_signal(signal.SIGTERM)

    previous = {number: signal.signal(number, pass_on) for number in ENDING}
    previous[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(command, preexec_fn=restore_signals)
        if asked:
            process.terminate()
        code = process.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # A process that was ended by a signal has the code that a shell would give it.
    return (code if code >= 0 else 128 - code), cpu_seconds


def restore_signals() -> None:
    """Undoes in the run what its parent ignores: that is inherited."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def words_of_the_run(arguments: Sequence[str]) -> tuple[list[str], str | None]:
    """The command line of the run, and the address of its page if it has one.

    Ends the process if an argument is wrong.
    """
    words = [*DEFAULTS, *arguments]
    try:
        options, _, _, _ = read(words)
    except ValueError as error:
        complain(str(error))
    given = _Given(arguments)
    if given.has("--master-bind-port") or not options["processes"]:
        ports: list[str] = []
    else:
        port = str(_free_port(WORKER_PORT))
        ports = ["--master-bind-port", port, "--master-port", port]
        ports += ["--master-bind-host", LOOPBACK]
    if options["headless"]:
        return [*ports, *words], None
    shown = ["--autostart"]
    host = str(options["web_host"] or LOOPBACK)
    if not options["web_host"]:
        shown += ["--web-host", LOOPBACK]
    port = str(options["web_port"])
    if not given.has("--web-port", "-P"):
        port = str(_free_port(PAGE_PORT))
        shown += ["--web-port", port]
        if port != str(PAGE_PORT):
            sys.stderr.write(f"demo: port {PAGE_PORT} is taken, so the page is on another\n")
    return [*ports, *shown, *words], f"http://{host}:{port}"


class _Given:
    """Options that stand on the command line."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments

    def has(self, *names: str) -> bool:
        return any(word.partition("=")[0] in names for word in self._arguments)


def _free_port(wanted: int) -> int:
    """The wanted port of this machine, or another if somebody listens there."""
    for port in (wanted, 0):
        try:
            with socket.create_server((LOOPBACK, port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return wanted


def main(arguments: Sequence[str]) -> int:
    """Runs the demo; returns the exit code of the run."""
    words, address = words_of_the_run(arguments)
    with target() as shop:
        sys.stderr.write(
            f"demo: a shop of our own at {shop.url}, loaded by {os.path.relpath(LOCUSTFILE)}\n"
        )
        if address is not None:
            sys.stderr.write(f"demo: watch it and change it at {address}\n")
            sys.stderr.write("demo: Ctrl-C ends it\n")
        sys.stderr.write("\n")
        code, cpu_seconds = run(words, shop.url)
        served = shop.end()
    sys.stderr.write(
        f"\ndemo: {served} requests for {cpu_seconds:.1f} s of CPU, start-up of all processes "
        "included\n"
    )
    if code == 0:
        sys.stderr.write(
            "next: gregaria report list         the runs that are kept, this one among them\n"
            "      gregaria report html         the last of them as one file, to be sent around\n"
            f"      gregaria -f {os.path.relpath(LOCUSTFILE)} --host URL\n"
            "                                   the same file on a server that you may load\n"
        )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
