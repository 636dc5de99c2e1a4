"""The nodes of a cluster: which there are, which have joined, and why the others have not."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gregaria.cloud import credentials
from gregaria.cloud.account import Account
from gregaria.cloud.page import Page, hosts_of
from gregaria.cloud.stack.node.aws import AwsError, Client
from gregaria.cloud.trouble import Trouble


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


def look(outputs: dict[str, Any], page: Page) -> View:
    """Asks AWS which machines there are, the bucket how they are, the page who has joined.

    Raises `Trouble` if AWS does not tell.
    """
    account = Account(outputs["region"], credentials.find)
    try:
        machines = account.machines(outputs["stack"])
        told = states(account, outputs["bucket"])
    except (AwsError, OSError) as error:
        raise Trouble(f"AWS does not tell which machines there are: {error}") from error
    state = page.state()
    joined = hosts_of(state) if state else set[str]()
    nodes: list[Node] = []
    for machine in machines:
        own = told.get(machine.instance, {})
        is_master = machine.instance == outputs["master_instance"]
        # A worker is called after its host, and which machine that is, the machine says itself.
        is_in = state is not None if is_master else own.get("host") in joined
        how, reason = str(own.get("state", "starting")), str(own.get("reason", ""))
        if not machine.is_up:
            how, reason = "ending", ""
        elif is_in:
            how = "joined"
        role = "master" if is_master else "worker"
        nodes.append(Node(machine.instance, machine.address, role, how, reason))
    nodes.sort(key=lambda node: (node.role, node.address))
    test = str(state["state"]) if state else "unknown"
    return View(nodes, state is not None, test, int(outputs["worker_count"]))


def states(client: Client, bucket: str) -> dict[str, dict[str, Any]]:
    """What the nodes say of themselves, by instance. What cannot be read is left out."""
    found: dict[str, dict[str, Any]] = {}
    for key in client.list_objects(bucket, "nodes/"):
        # nodes/ROLE:INSTANCE/state.json
        identity, _, name = key.removeprefix("nodes/").partition("/")
        if name != "state.json":
            continue
        with suppress(ValueError):
            object = client.get_object(bucket, key)
            told = json.loads(object[0]) if object is not None else None
            if isinstance(told, dict):
                found[identity.rpartition(":")[2]] = told
    return found
