"""Two workers of three that are away for minutes: one is frozen, one is cut off from its master."""

import signal
import time

from tests.cluster.sites import Site

#: Seconds that both are away at least.
AWAY = 125


class Absence:
    """Begins when it is made: then all users run, and two workers go away."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.master, self.workers = site.start()
        self.frozen, self.cut, self.steady = self.workers
        self.began = time.time()
        self.frozen.send(signal.SIGSTOP)
        # The target stays within its reach: what it counts there it has to report later.
        for host in (site.master_host, site.hosts[1]):
            host.isolate()

    def end(self) -> float:
        """Brings both back when the time has come; returns when that was."""
        end = self.began + AWAY
        self.site.cluster.wait(
            f"{AWAY} s have passed on the master",
            lambda: self.master.last_look()["at"] > end,
            limit=max(0.0, end - time.time()) + 30,
        )
        back_at = time.time()
        self.frozen.send(signal.SIGCONT)
        for host in (self.site.master_host, self.site.hosts[1]):
            host.isolate(False)
        return back_at
