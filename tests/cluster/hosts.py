"""Hosts with addresses of their own on one machine: network namespaces around a switch.

Nothing outside them is touched: the switch is a bridge in a namespace of its own.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

#: What the addresses of the hosts begin with.
SUBNET = "10.77.0"

SLOW_LINK = Path(__file__).with_name("slow_link.py")

_numbers = count()


class NotAllowed(Exception):
    """The system lets nobody here make namespaces, or lacks the tools."""


def _ip(*words: str) -> str:
    try:
        done = subprocess.run(
            ["ip", *words], check=True, capture_output=True, text=True, timeout=30
        )
    except FileNotFoundError as error:
        raise NotAllowed("there is no `ip` here") from error
    except subprocess.CalledProcessError as error:
        raise NotAllowed(f"`ip {' '.join(words)}`: {error.stderr.strip()}") from error
    return done.stdout


def remove_left_over() -> None:
    """Removes the namespaces of tests that were killed before they could."""
    for name, pid in re.findall(r"^(gregaria-(\d+)-\S+)", _ip("netns", "list"), re.MULTILINE):
        if not Path("/proc", pid).exists():
            _ip("netns", "delete", name)


class Host:
    """One namespace with one cable to the switch."""

    def __init__(self, name: str, switch: str, number: int, subnet: str) -> None:
        self.namespace = f"{switch}-{name}"
        self.address = f"{subnet}.{number}"
        self._switch = switch
        self._port = f"port{number}"
        self._slow_link: subprocess.Popen[str] | None = None
        _ip("netns", "add", self.namespace)
        inside = ("-n", self.namespace)
        _ip(*inside, "link", "add", "eth0", "type", "veth", "peer", self._port, "netns", switch)
        _ip(*inside, "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip(*inside, "link", "set", device, "up")
        self._at_switch("link", "set", self._port, "master", "bridge", "up")

    def _at_switch(self, *words: str) -> None:
        _ip("-n", self._switch, *words)

    def configure(self, *words: str) -> None:
        """Runs a command of `ip` on this host."""
        _ip("-n", self.namespace, *words)

    @property
    def prefix(self) -> Sequence[str]:
        """What a command begins with that shall run on this host."""
        return ("ip", "netns", "exec", self.namespace)

    def cut_off(self) -> None:
        """Pulls the cable."""
        self._at_switch("link", "set", self._port, "down")

    def connect(self) -> None:
        """Plugs it in again."""
        self._at_switch("link", "set", self._port, "up")

    def isolate(self, is_isolated: bool = True) -> None:
        """Lets isolated hosts no longer reach each other. All others they reach as before."""
        word = "on" if is_isolated else "off"
        self._at_switch("link", "set", self._port, "type", "bridge_slave", "isolated", word)

    def slow_down(self, delay: float, loss_percent: float) -> None:
        """Lets each frame to and from the host take so many seconds, and loses some of them."""
        line, end = f"line{self._port}", f"end{self._port}"
        self._at_switch("link", "add", line, "type", "veth", "peer", end)
        self._at_switch("link", "set", self._port, "nomaster")
        self._at_switch("link", "set", line, "up")
        self._at_switch("link", "set", end, "master", "bridge", "up")
        at_switch = ("ip", "netns", "exec", self._switch)
        numbers = (str(delay), str(loss_percent))
        self._slow_link = subprocess.Popen(
            [*at_switch, sys.executable, str(SLOW_LINK), self._port, line, *numbers],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._slow_link.stdout is not None
        assert self._slow_link.stdout.readline() == "ready\n"

    def close(self) -> None:
        if self._slow_link is not None:
            self._slow_link.kill()
            self._slow_link.communicate()
        _ip("netns", "delete", self.namespace)


class Network:
    """A switch and its hosts. Raises `NotAllowed` where namespaces are not."""

    def __init__(self, subnet: str = SUBNET) -> None:
        remove_left_over()
        self._subnet = subnet
        self._switch = f"gregaria-{os.getpid()}-{next(_numbers)}"
        self._hosts: list[Host] = []
        _ip("netns", "add", self._switch)
        try:
            _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
            _ip("-n", self._switch, "link", "set", "bridge", "up")
        except NotAllowed:
            self.close()
            raise

    def host(self, name: str, number: int | None = None) -> Host:
        """One more host, at the next address or the one with this number."""
        host = Host(name, self._switch, number or len(self._hosts) + 1, self._subnet)
        self._hosts.append(host)
        return host

    def close(self) -> None:
        for host in self._hosts:
            host.close()
        _ip("netns", "delete", self._switch)
