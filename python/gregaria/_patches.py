"""gevent's patches of the standard library: they make what blocks let other users run.

They come before any other import of a run, since a module that has taken `socket.socket` before
keeps the one that blocks. Applying them twice does nothing.
"""

from __future__ import annotations

import os


def patch() -> None:
    """Patches the standard library, and urllib3 to reuse the connection it used last.

    LOCUST_SKIP_MONKEY_PATCH and LOCUST_SKIP_URLLIB3_PATCH, if not empty, leave one of them out.
    """
    if not os.environ.get("LOCUST_SKIP_MONKEY_PATCH"):
        from gevent import monkey

        if not monkey.is_module_patched("socket"):
            monkey.patch_all()
    if not os.environ.get("LOCUST_SKIP_URLLIB3_PATCH"):
        import gevent.queue
        import urllib3.connectionpool

        urllib3.connectionpool.ConnectionPool.QueueCls = gevent.queue.LifoQueue  # type: ignore[assignment]
