"""Limits of the system that are too low for the planned load: read at the start, told once each.

Reading and judging are apart: `read` looks at files below a root, `warnings` is a function of
what was read and of the plan. What cannot be read is not judged.
"""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from dataclasses import dataclass

from gregaria.descriptors import SPARE, open_files
from gregaria.processes import IS_CHILD

logger = logging.getLogger("locust.main")

MIB = 1 << 20

#: Memory of a process with a locustfile and its modules, without users.
BASE_BYTES = 128 * MIB

#: A user with a connection over TLS takes 20 KB at most; the other half is for the locustfile.
USER_BYTES = 40 << 10

#: A thousand workers with 50 names each take a master less than 300 MiB.
WORKER_BYTES = MIB // 4


@dataclass(frozen=True)
class Plan:
    """What a process will have to carry: users of its own, workers if it is a master."""

    users: int = 0
    workers: int = 0


@dataclass(frozen=True)
class Readings:
    """What the system allows; `None` is no limit, or one that cannot be read."""

    open_files: int | None = None
    ports: tuple[int, int] | None = None
    """First and last local port."""
    tw_reuse: int | None = None
    """1: ports of closed connections are used again before their minute is over. 2: on loopback."""
    somaxconn: int | None = None
    syn_backlog: int | None = None
    cores: float | None = None
    """Quota of the control group."""
    memory: int | None = None
    """Bytes that the control group allows."""


def read(root: str = "/") -> Readings:
    """What the files below `root` say, and the limit of open files of this process."""
    net = os.path.join(root, "proc/sys/net")
    first_last = _numbers(os.path.join(net, "ipv4/ip_local_port_range"))
    groups = _control_groups(root)
    quotas = [_quota(os.path.join(group, "cpu.max")) for group in groups]
    sizes = [_number(os.path.join(group, "memory.max")) for group in groups]
    return Readings(
        open_files=open_files(),
        ports=(first_last[0], first_last[1]) if len(first_last) == 2 else None,
        tw_reuse=_number(os.path.join(net, "ipv4/tcp_tw_reuse")),
        somaxconn=_number(os.path.join(net, "core/somaxconn")),
        syn_backlog=_number(os.path.join(net, "ipv4/tcp_max_syn_backlog")),
        cores=min((quota for quota in quotas if quota is not None), default=None),
        memory=min((size for size in sizes if size is not None), default=None),
    )


def warnings(readings: Readings, plan: Plan) -> list[str]:
    """One text for each limit that is too low: what it is, what is needed, how to raise it."""
    found: list[str] = []

    def expect(what: str, allowed: float | None, needed: int, command: str) -> None:
        if allowed is not None and allowed < needed:
            found.append(f"{what}: {allowed:g} allowed, {needed} needed. Raise it: {command}")

    files = plan.users + plan.workers + SPARE
    expect(
        "open files, one for each connection",
        readings.open_files,
        files,
        f"`ulimit -Hn {files} && ulimit -n {files}` as root, or LimitNOFILE={files} in its "
        "systemd unit",
    )
    if readings.ports is not None and plan.users:
        first, last = readings.ports
        ports = last - first + 1
        wide = '`sysctl -w net.ipv4.ip_local_port_range="1024 65535"`'
        if plan.users > 65535 - 1024 + 1:
            wide += ", and spread the users over more machines: one has no more ports"
        expect("local ports for one address of the target", ports, plan.users, wide)
        # A port that is not used again rests for a minute after its connection was closed.
        if readings.tw_reuse != 1 and readings.tw_reuse is not None and plan.users > ports // 2:
            found.append(
                f"net.ipv4.tcp_tw_reuse is {readings.tw_reuse}: {plan.users} users need more than "
                f"half of {ports} local ports, and those of closed connections rest for a minute. "
                "Use them again: `sysctl -w net.ipv4.tcp_tw_reuse=1`"
            )
    for name, allowed in (
        ("net.core.somaxconn", readings.somaxconn),
        ("net.ipv4.tcp_max_syn_backlog", readings.syn_backlog),
    ):
        command = f"`sysctl -w {name}={plan.workers}`"
        expect(f"{name}, for workers that connect at once", allowed, plan.workers, command)
    expect(
        "CPU of the control group (cpu.max), in cores",
        readings.cores,
        1,
        "`systemctl set-property UNIT CPUQuota=100%`, `docker run --cpus 1`, or "
        "`resources.limits.cpu: 1` in Kubernetes",
    )
    mib = -(-(BASE_BYTES + plan.users * USER_BYTES + plan.workers * WORKER_BYTES) // MIB)
    expect(
        "memory of the control group (memory.max), in MiB",
        None if readings.memory is None else readings.memory // MIB,
        mib,
        f"`systemctl set-property UNIT MemoryMax={mib}M`, `docker run --memory {mib}m`, or "
        f"`resources.limits.memory: {mib}Mi` in Kubernetes",
    )
    return found


def plan_of(options: Namespace) -> Plan:
    """What the command line tells. A worker is told its users by the master, when it has started:
    what it can know is judged for one, or for the number that it is given with `-u`. A master that
    has started workers here speaks for all processes of the machine."""
    users = options.num_users or 1
    if options.master and not options.worker:
        return Plan(users if options.processes else 0, options.expect_workers)
    return Plan(users)


def tell(options: Namespace) -> None:
    """Logs what is too low for the plan."""
    if os.environ.get(IS_CHILD):
        return
    for text in warnings(read(), plan_of(options)):
        logger.warning("Too low for this load: %s", text)


def _control_groups(root: str) -> list[str]:
    """Folders of the control group of this process and of those around it; none in version 1."""
    top = os.path.join(root, "sys/fs/cgroup")
    for line in _text(os.path.join(root, "proc/self/cgroup")).splitlines():
        number, _, path = line.partition("::")
        if number == "0":
            parts = [part for part in path.split("/") if part and part != ".."]
            return [os.path.join(top, *parts[:depth]) for depth in range(len(parts) + 1)]
    return []


def _quota(path: str) -> float | None:
    """`50000 100000` is half a core; `max 100000` is no limit."""
    numbers = _numbers(path)
    return numbers[0] / numbers[1] if len(numbers) == 2 and numbers[1] else None


def _number(path: str) -> int | None:
    numbers = _numbers(path)
    return numbers[0] if len(numbers) == 1 else None


def _numbers(path: str) -> list[int]:
    """The numbers of a file; none if there is anything else in it."""
    words = _text(path).split()
    return [int(word) for word in words] if all(word.isdecimal() for word in words) else []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
