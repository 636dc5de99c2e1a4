"""What is shown of a run must be what real Locust shows of the same requests, to the byte."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPLAY = Path(__file__).with_name("replay.py")

#: Response times on the edges of Locust's buckets, where rounding shows.
EDGES = [0.375, 0.5, 1.5, 2.5, 99.375, 99.5, 145.0, 155.0, 994.0, 995.0, 1450.0, 9950.0, 58760.0]


def some_time(chance: random.Random) -> float:
    """A response time whose sums are exact, in whatever order they are added."""
    return round(chance.expovariate(1 / 80) * 1024) / 1024


def steps_of(seed: int) -> list[list]:
    """A run of a minute: traffic with pauses, failures, requests without a time, odd names."""
    chance = random.Random(seed)
    names = ["/", "/shop", "/with, comma", 'say "hi"', "/ümlaut", "/" + "long/" * 20, "two\nlines"]
    steps: list[list] = [["look"]]
    for _ in range(60):
        for _ in range(chance.choice([0, 1, 5, 20])):
            method = chance.choice(["GET", "POST", "WSR"])
            name = chance.choice(names)
            time = chance.choice([some_time(chance), chance.choice(EDGES), None])
            steps.append(["request", method, name, time, chance.randrange(2000)])
            if chance.random() < 0.2:
                text = chance.choice(["boom", "it's, broken", "<x object at 0x7f00aa> lost", "ä\n"])
                steps.append(["failure", method, name, text])
            if chance.random() < 0.3:
                steps.append(["wait", chance.random()])
        steps.append(["wait", chance.choice([0.1, 0.9, 1.0, 1.1, 4.0])])
        if chance.random() < 0.15:
            steps.append(["width", chance.choice([80, 40, 20])])
            steps.append(["look"])
        if chance.random() < 0.02:
            steps.append(["reset"])
    steps += [["look"], ["wait", 30.0], ["look"]]
    return steps


def played_by(python: str, script: str, steps: list[list], folder: Path) -> list[dict]:
    folder.mkdir()
    run = subprocess.run(
        [python, script, str(folder)],
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def last_minute(entries: list[dict]) -> list[dict]:
    """The entries with only those counts by second that we keep: Locust keeps them for ever."""
    newest = max((second for e in entries for second, _ in e["num_reqs_per_sec"]), default=0)
    for entry in entries:
        for counts in ("num_reqs_per_sec", "num_fail_per_sec"):
            entry[counts] = [pair for pair in entry[counts] if pair[0] > newest - 60]
    return entries


@pytest.mark.parametrize("seed", range(6))
def test_a_run_is_shown_as_real_locust_shows_it(seed: int, tmp_path: Path) -> None:
    real = os.environ.get("GREGARIA_REAL_LOCUST")
    if not real:
        pytest.skip("GREGARIA_REAL_LOCUST does not name a Python with Locust")
    steps = steps_of(seed)
    ours = str(REPLAY.with_name("replay_ours.py"))
    expected = played_by(real, str(REPLAY), steps, tmp_path / "locust")
    seen = played_by(sys.executable, ours, steps, tmp_path / "gregaria")
    assert len(seen) == len(expected)
    for look, (mine, theirs) in enumerate(zip(seen, expected, strict=True)):
        for view, content in theirs.items():
            if view == "failures":
                # Locust's console alone shows the address of the first such object.
                content = [re.sub("0x[0-9a-f]+", "0x....", line).rstrip() for line in content]
                mine[view] = [line.rstrip() for line in mine[view]]
            if view == "serialized":
                content, mine[view] = last_minute(content), last_minute(mine[view])
            assert mine[view] == content, f"look {look}: {view}"
