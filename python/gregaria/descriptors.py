"""Open files: every connection needs one, and systems allow few unless they are asked."""

from __future__ import annotations

import logging
import resource

logger = logging.getLogger("locust.main")

#: What Locust asks for, however few users there are.
USUAL = 10_000

#: Files that are open besides the connections: modules, logs, CSV files, pipes.
SPARE = 200


def raise_limit(user_count: int) -> None:
    """Raises the limit of this process as far as its users need; warns if it cannot."""
    needed = user_count + SPARE
    wanted = max(USUAL, needed)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_enough(soft, wanted):
        return
    for new in ((wanted, hard if _is_enough(hard, wanted) else wanted), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, new)
            break
        except (ValueError, OSError):
            # Only root may go beyond the hard limit; the next best is the limit itself.
            continue
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _is_enough(soft, needed):
        logger.warning(
            "%d users need about %d open files, but the system allows %d: connections will fail. "
            "Raise the hard limit (`ulimit -Hn %d`, or nofile in /etc/security/limits.conf), "
            "or run fewer users",
            user_count,
            needed,
            soft,
            needed,
        )


def _is_enough(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted
