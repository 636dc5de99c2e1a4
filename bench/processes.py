"""What a tree of processes costs, read from /proc; and processes pinned to one core."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024

#: Fields of /proc/PID/stat, counted from the first one after the command's closing bracket.
PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM, RESIDENT = 1, 11, 12, 13, 14, 21


def _stat(pid: int) -> list[str] | None:
    """The numbers of a process, or nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _tree(root: int) -> list[list[str]]:
    """The numbers of a process and of all that descend from it."""
    all_stats = {
        int(entry.name): stat
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (stat := _stat(int(entry.name)))
    }
    children: dict[int, list[int]] = {}
    for pid, stat in all_stats.items():
        children.setdefault(int(stat[PARENT]), []).append(pid)
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        if pid in all_stats:
            found.append(all_stats[pid])
        queue += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a process, its descendants, and those of them that have ended."""
    fields = (USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM)
    ticks = sum(int(stat[field]) for stat in _tree(root) for field in fields)
    return ticks / TICKS_PER_SECOND


def thread_seconds(pid: int, name: str) -> float:
    """Time that the living threads of this name have had a core, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().rstrip() == name:
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def ended_children_seconds() -> float:
    """User and system time of all children of this process that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def resident_kib(root: int) -> int:
    """Resident memory of a process and its descendants."""
    return sum(int(stat[RESIDENT]) for stat in _tree(root)) * PAGE_KIB


class Pinned:
    """A program that runs on one core, with its output in a file."""

    def __init__(
        self, command: Sequence[str], core: int, environment: Mapping[str, str] | None = None
    ) -> None:
        # The caller closes it by `end`.
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        self.pid = self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self, limit_seconds: float) -> int:
        """Waits until it ends by itself; ends it if that takes too long. Returns the exit code."""
        try:
            return self._process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            return self.end()

    def end(self) -> int:
        """Asks it to end, then makes it; returns the exit code."""
        self._process.terminate()
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def output(self) -> str:
        """All that it has written so far."""
        self._output.seek(0)
        return self._output.read()
