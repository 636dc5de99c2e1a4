"""The nodes of a cluster: which there are, which have joined, and why the others have not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gregaria.cloud.page import Page, hosts_of
from gregaria.cloud.terraform import Terraform


@dataclass(frozen=True)
class Node:
    """One machine."""

    instance: str
    address: str
    role: str
    state: str
    """`joined`, `ready`, `booting`, `failed`, `ended`, `starting`, or `ending` by AWS's word."""
    reason: str = ""

    def line(self) -> str:
        """For people."""
        why = f": {self.reason}" if self.reason else ""
        return f"  {self.role:<7} {self.instance:<20} {self.address:<15} {self.state}{why}"


@dataclass(frozen=True)
class View:
    """A cluster at one moment."""

    nodes: list[Node]
    is_page_there: bool
    test: str
    """The state of the test as Locust's API names it, or `unknown`."""
    wanted: int

    @property
    def joined(self) -> int:
        """Workers that wait for a test or run one."""
        return sum(node.role == "worker" and node.state == "joined" for node in self.nodes)

    def missing(self) -> list[str]:
        """Who has not joined and why, a line each."""
        late = [
            node
            for node in self.nodes
            if node.role == "worker" and node.state not in ("joined", "ending")
        ]
        lines = [node.line() for node in late]
        unborn = self.wanted - self.joined - len(late)
        if unborn > 0:
            lines.append(f"  {unborn} not started by AWS: its group says why in the console")
        return lines


def look(terraform: Terraform, outputs: dict[str, Any], page: Page) -> View:
    """Asks AWS which machines there are, the bucket how they are, the page who has joined."""
    found = terraform.inspect(
        region=outputs["region"], stack=outputs["stack"], bucket=outputs["bucket"]
    )
    state = page.state()
    joined = hosts_of(state) if state else set[str]()
    told: dict[str, Any] = found["nodes"]
    nodes: list[Node] = []
    addresses = _addresses(found["running"], found["addresses"])
    for instance in found["instances"]:
        address = addresses.get(instance, "")
        own = told.get(instance, {})
        is_master = instance == outputs["master_instance"]
        role = "master" if is_master else "worker"
        if instance not in found["running"]:
            nodes.append(Node(instance, address, role, "ending"))
            continue
        is_in = state is not None if is_master else f"ip-{address.replace('.', '-')}" in joined
        if is_in:
            nodes.append(Node(instance, address, role, "joined"))
        else:
            how = own.get("state", "starting")
            nodes.append(Node(instance, address, role, how, str(own.get("reason", ""))))
    nodes.sort(key=lambda node: (node.role, node.address))
    test = str(state["state"]) if state else "unknown"
    return View(nodes, state is not None, test, int(outputs["worker_count"]))


def _addresses(instances: list[str], addresses: list[str]) -> dict[str, str]:
    """By machine. The provider leaves out the address of one that has none, and then it is not
    known whose the others are: none is better than that of another."""
    return dict(zip(instances, addresses, strict=True)) if len(instances) == len(addresses) else {}
