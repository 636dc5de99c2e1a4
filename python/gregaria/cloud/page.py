"""The page of a cluster, asked as a script asks it: by its certificate and its password."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import Any

#: Seconds that one question may take.
TIMEOUT = 5

#: States of Locust's API in which a test is on.
BUSY = ("spawning", "running", "stopping", "cleanup")


class Page:
    """The master's side that one can talk to."""

    def __init__(self, outputs: dict[str, Any], url: str | None = None) -> None:
        self.url: str = url or outputs["ui_url"]
        self._password: str = outputs["ui_password"]
        # Nobody but our master has this certificate, whatever its address is.
        self._trust = ssl.create_default_context(cadata=outputs["certificate"])
        self._trust.check_hostname = False

    def state(self) -> dict[str, Any] | None:
        """The state of the test and the workers, or nothing while the page does not answer."""
        return self._ask("GET", "/stats/requests")

    def is_busy(self) -> bool:
        """Whether a test is on. A page that does not answer runs none that could be stopped."""
        return (self.state() or {}).get("state") in BUSY

    def stop(self) -> None:
        """Stops the test, if the page answers."""
        self._ask("POST", "/stop")

    def log(self, since: int = 0) -> tuple[list[str], int]:
        """What the master has said from a number on, and the number of what it says next."""
        said: list[str] = []
        while True:
            told = self._ask("GET", f"/api/v1/log?since={since}&source=master") or {}
            lines: list[dict[str, Any]] = told.get("lines", [])
            if not lines:
                return said, since
            said += [str(line["text"]) for line in lines]
            since = int(lines[-1]["seq"]) + 1

    def _ask(self, method: str, path: str) -> dict[str, Any] | None:
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"Bearer {self._password}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=self._trust) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None


def hosts_of(state: dict[str, Any]) -> set[str]:
    """Hosts of the workers that have joined. Of several processes on a host each is a worker."""
    return {
        str(worker["id"]).rpartition("_")[0]
        for worker in state.get("workers", [])
        if worker.get("state") != "missing"
    }
