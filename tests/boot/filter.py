"""The security groups of the emulator as a packet filter of a host."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.aws.ladder import Emulator
from tests.cluster.hosts import Host


def rules_of(group: dict[str, Any], members: dict[str, list[str]]) -> str:
    """A ruleset that lets in what the group does, and nothing else. `members` are the addresses of
    the machines of a group, by its id."""
    lines = ["ct state established,related accept", 'iifname "lo" accept']
    for rule in group["IpPermissions"]:
        sources = [each["CidrIp"] for each in rule["IpRanges"]]
        for each in rule["UserIdGroupPairs"]:
            sources += members[each["GroupId"]]
        ports = f"{rule['FromPort']}-{rule['ToPort']}"
        lines.append(f"ip saddr {{ {', '.join(sources)} }} tcp dport {ports} accept")
    policy = "type filter hook input priority 0; policy drop;"
    inner = "\n".join([policy, *lines])
    return f"table inet group {{\nchain input {{\n{inner}\n}}\n}}\n"


def protect(host: Host, role: str, emulator: Emulator, members: dict[str, list[str]]) -> None:
    """Puts the filter of a role's group on a host. `members` are addresses by role."""
    groups = {
        each["GroupName"].rpartition("-")[2]: each
        for each in emulator.client("ec2").describe_security_groups()["SecurityGroups"]
    }
    by_id = {groups[name]["GroupId"]: addresses for name, addresses in members.items()}
    subprocess.run(
        [*host.prefix, "nft", "-f", "-"],
        input=rules_of(groups[role], by_id),
        text=True,
        check=True,
    )
