"""`--processes N`: so many workers on this machine, each a process of its own.

They are executed, not forked: each imports the locustfile for itself, as a worker on another
machine does. Without `--worker`, this process is their master. If that one lets nobody in without
an invitation, they get one in their environment, by a token that is made for them alone: it stands
on no command line and in no log, and no other token is given to them.

They do not outlive this process: however it ends, they end with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from gregaria import _native
from gregaria._options import complain, read
from gregaria._refusal import reason
from gregaria._terminal import is_wanted
from gregaria._voices import Voices
from gregaria.locust._local_token import LOCAL_TOKEN

#: Seconds that workers get to end by themselves when their master has.
GRACE = 3

#: Seconds between two looks whether they have ended.
POLL = 0.02

#: Set for the workers, who have the same command line: the process that has started them.
IS_CHILD = "_GREGARIA_WORKER_PROCESS"

#: `PR_SET_PDEATHSIG` of Linux: the signal for a process whose parent is gone.
PARENT_DEATH_SIGNAL = 1

#: Addresses to listen on that are none to connect to.
ALL_ADDRESSES = ("*", "", "0.0.0.0", "::")

#: Variables that are the master's alone.
SECRETS = (
    *("GREGARIA_JOIN_TOKEN", "GREGARIA_JOIN_TOKEN_FILE", LOCAL_TOKEN),
    "GREGARIA_OIDC_CLIENT_SECRET",
)


def start(arguments: Sequence[str]) -> tuple[Workers | None, list[str]]:
    """The workers that the command line asks for, if it does, and the arguments of this process.

    Those are the arguments of their master, unless all processes are workers.
    """
    words = list(arguments)
    if parent := os.environ.get(IS_CHILD):
        _end_with(int(parent))
        return None, words
    try:
        options, _, _, _ = read(words)
    except ValueError as error:
        complain(str(error))
    asked = options["processes"]
    if not isinstance(asked, int):
        return None, words
    if asked < -1 or asked == 0:
        complain(f"--processes {asked}: give a number from 1, or -1 for one on each core")
    number = (os.cpu_count() or 1) if asked == -1 else asked
    if options["worker"]:
        return Workers(number, words, is_all=True), words
    master_words = [*words, "--master"]
    # A master that was asked for may have others to wait for besides these.
    expected = options["expect_workers"] if options["master"] else 0
    if not isinstance(expected, int) or expected < number:
        master_words += ["--expect-workers", str(number)]
    variables: dict[str, str] = {}
    folder: tempfile.TemporaryDirectory[str] | None = None
    if options["join_token"] or options["join_token_file"]:
        certificate = options["certificate"]
        if not isinstance(certificate, str):
            folder = tempfile.TemporaryDirectory(prefix="gregaria-")
            certificate = os.path.join(folder.name, "certificate.pem")
            master_words += ["--certificate", certificate]
        variables["GREGARIA_INVITATION"] = _invite(options, certificate)
    workers = Workers(number, [*words, "--worker"], is_all=False, variables=variables)
    workers.folder = folder
    return workers, master_words


def _invite(options: Mapping[str, object], certificate: str) -> str:
    """The line by which workers here join the master, who finds their token in its environment."""
    try:
        fingerprint = _native.certificate_fingerprint(certificate)
    except OSError as error:
        complain(f"cannot use the certificate `{certificate}`: {reason(error)}")
    token = os.environ[LOCAL_TOKEN] = _native.make_join_token(None)
    host = str(options["master_bind_host"])
    host = "127.0.0.1" if host in ALL_ADDRESSES else host
    host = f"[{host}]" if ":" in host else host
    return f"gregaria://{host}:{options['master_bind_port']}/{fingerprint}/{token}"


def _end_with(parent: int) -> None:
    """Ends this process as it is as soon as its parent is gone, be it killed or ended by a second
    Ctrl-C. Its last report would find nobody, and it would look for its master for ever."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("gregaria: the process that has started this worker is gone")


class Workers:
    """Worker processes of this command line, as children of this process."""

    def __init__(
        self,
        number: int,
        arguments: Sequence[str],
        is_all: bool,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        #: Whether there is nothing else to do for this process.
        self.is_all = is_all
        #: Goes when they have ended: a certificate that is made for one run.
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        #: What they write, if it has to go round the block on a terminal.
        self.voices = Voices() if not is_all and is_wanted(sys.stderr) else None
        pipe = None if self.voices is None else self.voices.writing
        command = [sys.executable, "-m", "gregaria", *arguments]
        kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
        environment = {**kept, **(variables or {}), IS_CHILD: str(os.getpid())}
        # Ctrl-C is for this process, which then tells them.
        self._processes = [
            subprocess.Popen(
                command,
                env=environment,
                stdout=pipe if sys.stdout.isatty() else None,
                stderr=pipe,
                start_new_session=True,
            )
            for _ in range(number)
        ]
        if self.voices is not None:
            self.voices.are_started()

    def wait(self) -> int:
        """Waits until all have ended; returns the worst exit code. Ctrl-C or SIGTERM ends them
        gently, the second time at once."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
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
            if not self._have_ended(patience):
                self._signal(number)
        for process in self._processes:
            code = process.wait()
            if self.voices is not None:
                self.voices.pass_on()
            if code > 1:
                sys.stderr.write(f"gregaria: a worker has ended with exit code {code}\n")
        if self.folder is not None:
            self.folder.cleanup()

    def _have_ended(self, patience: float) -> bool:
        """Waits so long for their end, and passes on what they write until then."""
        limit = time.monotonic() + patience
        while (left := limit - time.monotonic()) > 0:
            if all(process.poll() is not None for process in self._processes):
                return True
            if self.voices is None:
                time.sleep(min(left, POLL))
            else:
                self.voices.wait(min(left, POLL))
        return False

    def _signal(self, number: int) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(number)
