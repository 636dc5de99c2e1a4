"""`gregaria demo`: target and run together, with the code of the run."""

import os
import re
import signal
import subprocess
import sys

from gregaria import demo
from tests.system import LIMIT_SECONDS, ROOT, System


def test_the_demo_runs_the_example_that_the_repository_shows() -> None:
    assert demo.LOCUSTFILE.read_bytes() == (ROOT / "examples" / "shop.py").read_bytes()


def test_the_demo_loads_its_shop_and_says_what_a_request_cost(gregaria: System) -> None:
    run = gregaria.run("demo", "--users", "20", "--spawn-rate", "20", "--run-time", "3s")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Aggregated" in run.stdout + run.stderr
    said = re.search(r"demo: (\d+) requests for [\d.]+ s of CPU", run.stderr)
    assert said is not None, run.stderr
    assert int(said[1]) > 20


def test_the_demo_exits_with_the_code_of_the_run(gregaria: System) -> None:
    run = gregaria.run("demo", "--no-such-option")
    assert run.returncode == 2, run.stdout + run.stderr
    assert "--no-such-option" in run.stderr


def test_ctrl_c_ends_the_run_and_the_summary_is_printed() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gregaria", "demo", "--users", "5", "--run-time", "60s"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "All users spawned" in line:
                break
        # The terminal sends it to all processes of the group.
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode in (0, 128 + signal.SIGINT), rest
    assert "Aggregated" in rest
    assert "demo: " in rest
