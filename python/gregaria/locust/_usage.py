"""CPU and memory of this process, read from the operating system."""

from __future__ import annotations

import os
import time


class Usage:
    """Measures the CPU time between two calls. 100 % is one core."""

    def __init__(self) -> None:
        self._wall = time.monotonic()
        self._cpu = _cpu_seconds()

    def cpu_percent(self) -> float:
        """CPU time since the last call, as a part of the time that has passed."""
        wall, cpu = time.monotonic(), _cpu_seconds()
        elapsed, used = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return used / elapsed * 100 if elapsed > 0 else 0.0


def _cpu_seconds() -> float:
    """User and system time of all threads of this process."""
    times = os.times()
    return times.user + times.system


def memory_bytes() -> int:
    """Resident memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
