"""Plays requests into gregaria's `locust.stats`; the rest is in `replay.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gregaria.locust
import gregaria.locust.stats

sys.modules.setdefault("locust", gregaria.locust)
sys.modules.setdefault("locust.stats", gregaria.locust.stats)
sys.path.insert(0, str(Path(__file__).parent))

from replay import replay  # noqa: E402


def _stop_clock(stats: object, now: float) -> None:
    if stats is not None:
        stats.native.stop_clock(now)


json.dump(replay(json.load(sys.stdin), sys.argv[1], _stop_clock), sys.stdout)
