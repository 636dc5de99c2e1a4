"""Open files: every connection needs one, and systems allow few unless they are asked."""

from __future__ import annotations

import resource

#: What Locust asks for, however few users there are.
USUAL = 10_000

#: Files that are open besides the connections: modules, logs, CSV files, pipes.
SPARE = 200


def raise_limit(connections: int) -> None:
    """Raises the limit of this process as far as its connections need, if the system lets it."""
    wanted = max(USUAL, connections + SPARE)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_enough(soft, wanted):
        return
    for new in ((wanted, hard if _is_enough(hard, wanted) else wanted), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, new)
            return
        except (ValueError, OSError):
            # Only root may go beyond the hard limit; the next best is the limit itself.
            continue


def open_files() -> int | None:
    """How many this process may have open; `None` if there is no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def _is_enough(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted
