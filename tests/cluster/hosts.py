"""Hosts with addresses of their own on one machine: network namespaces around a switch.

Nothing outside them is touched: the switch is a bridge in a namespace of its own.
"""

import os
import subprocess
from collections.abc import Sequence
from itertools import count

#: What the addresses of the hosts begin with.
SUBNET = "10.77.0"

_numbers = count()


class NotAllowed(Exception):
    """The system lets nobody here make namespaces, or lacks the tools."""


def _ip(*words: str, tool: str = "ip") -> None:
    try:
        subprocess.run([tool, *words], check=True, capture_output=True, text=True, timeout=30)
    except FileNotFoundError as error:
        raise NotAllowed(f"there is no `{tool}` here") from error
    except subprocess.CalledProcessError as error:
        raise NotAllowed(f"`{tool} {' '.join(words)}`: {error.stderr.strip()}") from error


class Host:
    """One namespace with one cable to the switch."""

    def __init__(self, name: str, switch: str, number: int) -> None:
        self.namespace = f"{switch}-{name}"
        self.address = f"{SUBNET}.{number}"
        self._switch = switch
        self._port = f"port{number}"
        _ip("netns", "add", self.namespace)
        inside = ("-n", self.namespace)
        _ip(*inside, "link", "add", "eth0", "type", "veth", "peer", self._port, "netns", switch)
        _ip(*inside, "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip(*inside, "link", "set", device, "up")
        _ip("-n", switch, "link", "set", self._port, "master", "bridge", "up")

    @property
    def prefix(self) -> Sequence[str]:
        """What a command begins with that shall run on this host."""
        return ("ip", "netns", "exec", self.namespace)

    def cut_off(self) -> None:
        """Pulls the cable."""
        _ip("-n", self._switch, "link", "set", self._port, "down")

    def connect(self) -> None:
        """Plugs it in again."""
        _ip("-n", self._switch, "link", "set", self._port, "up")

    def slow_down(self, milliseconds: int, loss_percent: int) -> None:
        """Lets what leaves the host take its time, and loses some of it."""
        delay = ("delay", f"{milliseconds}ms", "loss", f"{loss_percent}%")
        _ip("-n", self.namespace, "qdisc", "add", "dev", "eth0", "root", "netem", *delay, tool="tc")

    def close(self) -> None:
        _ip("netns", "delete", self.namespace)


class Network:
    """A switch and its hosts. Raises `NotAllowed` where namespaces are not."""

    def __init__(self) -> None:
        self._switch = f"gregaria-{os.getpid()}-{next(_numbers)}"
        self._hosts: list[Host] = []
        _ip("netns", "add", self._switch)
        try:
            _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
            _ip("-n", self._switch, "link", "set", "bridge", "up")
        except NotAllowed:
            self.close()
            raise

    def host(self, name: str) -> Host:
        """One more host."""
        host = Host(name, self._switch, len(self._hosts) + 1)
        self._hosts.append(host)
        return host

    def close(self) -> None:
        for host in self._hosts:
            host.close()
        _ip("netns", "delete", self._switch)
