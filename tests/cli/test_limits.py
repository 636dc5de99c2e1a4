"""Limits of the system: what is read, what is too low for a plan, and that a run says so."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from gregaria.limits import MIB, Plan, Readings, read, warnings

#: A machine on which nothing is too low for anything below.
AMPLE = {
    "open_files": 1 << 20,
    "ports": (1024, 65535),
    "tw_reuse": 1,
    "somaxconn": 4096,
    "syn_backlog": 4096,
    "cores": 4.0,
    "memory": 8192 * MIB,
}


@pytest.mark.parametrize(
    ("changed", "plan", "text"),
    [
        ({"open_files": 1024}, Plan(users=825), "1024 allowed, 1025 needed"),
        ({"ports": (32768, 60999)}, Plan(users=28_233), "28232 allowed, 28233 needed"),
        ({"tw_reuse": 2}, Plan(users=32_257), "sysctl -w net.ipv4.tcp_tw_reuse=1"),
        ({"somaxconn": 128}, Plan(workers=129), "sysctl -w net.core.somaxconn=129"),
        ({"syn_backlog": 64}, Plan(workers=65), "sysctl -w net.ipv4.tcp_max_syn_backlog=65"),
        ({"cores": 0.5}, Plan(users=1), "0.5 allowed, 1 needed"),
        ({"memory": 128 * MIB}, Plan(users=1000), "128 allowed, 168 needed"),
        ({"memory": 300 * MIB}, Plan(workers=1000), "300 allowed, 378 needed"),
    ],
)
def test_a_limit_that_is_too_low_is_named_with_what_raises_it(
    changed: dict[str, object], plan: Plan, text: str
) -> None:
    (warning,) = warnings(Readings(**{**AMPLE, **changed}), plan)
    assert text in warning


@pytest.mark.parametrize("plan", [Plan(), Plan(users=30_000), Plan(workers=4096)])
def test_nothing_is_said_when_all_is_well_or_nothing_can_be_read(plan: Plan) -> None:
    assert warnings(Readings(**AMPLE), plan) == []
    assert warnings(Readings(), plan) == []


def write(root: Path, **files: str) -> None:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_limits_are_read_where_the_system_has_them(tmp_path: Path) -> None:
    places = {
        "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
        "proc/sys/net/ipv4/tcp_tw_reuse": "2\n",
        "proc/sys/net/ipv4/tcp_max_syn_backlog": "512\n",
        "proc/sys/net/core/somaxconn": "4096\n",
        "proc/self/cgroup": "0::/outer/inner\n",
        "sys/fs/cgroup/outer/cpu.max": "50000 100000\n",
        "sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
        "sys/fs/cgroup/outer/memory.max": "max\n",
        "sys/fs/cgroup/outer/inner/memory.max": "536870912\n",
    }
    write(tmp_path, **places)
    readings = read(str(tmp_path))
    assert readings.ports == (32768, 60999)
    assert (readings.tw_reuse, readings.syn_backlog, readings.somaxconn) == (2, 512, 4096)
    # The narrowest of the groups around it holds.
    assert (readings.cores, readings.memory) == (0.5, 512 * MIB)


def test_what_is_not_there_or_not_understood_is_no_limit(tmp_path: Path) -> None:
    write(tmp_path, **{"proc/self/cgroup": "5:cpu:/old\n", "proc/sys/net/core/somaxconn": "many"})
    found = read(str(tmp_path))
    assert found == Readings(open_files=found.open_files)


def test_a_run_with_too_few_open_files_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import User, constant, task\n\n\n"
        "class Idle(User):\n    wait_time = constant(1)\n\n    @task\n    def rest(self): ...\n"
    )

    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    command = "-m gregaria --headless -u 100 -r 100 -t 1 --only-summary"
    done = subprocess.run(
        # The hard limit of a root user could be raised again.
        [sys.executable, "-c", AS_NOBODY, *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lower,
    )
    assert done.stderr.count("open files, one for each connection: 256 allowed, 300 needed") == 1
    assert "`ulimit -Hn 300 && ulimit -n 300`" in done.stderr


#: Gives up the right to raise hard limits, then becomes the program.
AS_NOBODY = """
import ctypes, os, sys

CAP_SYS_RESOURCE, PR_CAPBSET_DROP = 24, 24
if os.geteuid() == 0:
    assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0) == 0
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
