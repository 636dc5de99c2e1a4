"""Counts what a cluster has cost before, for Terraform: a program of its `external` data source.

The stack writes down in its output `spent` since when its present price counts, and what all before
that has cost. When price or lease becomes another one, what was spent in between is added. So the
sum is that of all leases and sizes since the first apply. It runs where you run Terraform, not on
a node.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any


def recorded(workspace: str) -> dict[str, Any] | None:
    """The output as the last apply has left it; nothing before the first one."""
    backend = Path(".terraform/terraform.tfstate")
    if backend.exists():
        # The state is elsewhere, and Terraform knows where.
        command = ["terraform", "output", "-json", "spent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None
    folder = Path() if workspace == "default" else Path("terraform.tfstate.d", workspace)
    state = folder / "terraform.tfstate"
    # Terraform makes the file when it plans for the first time, and writes it later.
    text = state.read_text() if state.exists() else ""
    return json.loads(text)["outputs"].get("spent", {}).get("value") if text else None


def counted(asked: dict[str, str], before: dict[str, Any] | None) -> dict[str, str]:
    """What the present price counts from, what was spent before, and what it can become."""
    now, rate = unix_time(asked["now"]), float(asked["usd_per_hour"])
    since, start, spent = now, now, 0.0
    if before is not None:
        is_same_lease = before["lease"] == asked["lease"]
        start = unix_time(before["starts_at"]) if is_same_lease else now
        since, spent = float(before["since"]), float(before["before_usd"])
        if not is_same_lease or float(before["usd_per_hour"]) != rate:
            until = min(now, unix_time(before["expires_at"]))
            spent += max(0.0, until - since) / 3600 * float(before["usd_per_hour"])
            since = now
    end = start + 60 * int(float(asked["ttl_hours"]) * 60)
    most = spent + max(0.0, end - since) / 3600 * rate
    return {"before_usd": f"{spent:.4f}", "since": f"{since:.0f}", "max_total_usd": f"{most:.2f}"}


def unix_time(text: str) -> float:
    """Seconds since 1970 of a time as Terraform writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main() -> None:
    """Answers Terraform's question."""
    asked = json.load(sys.stdin)
    json.dump(counted(asked, recorded(asked["workspace"])), sys.stdout)


if __name__ == "__main__":
    main()
