"""What is left of a cluster in AWS: each kind of thing that the stack makes, by tag or name.

The order of the kinds is that in which they can be removed.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gregaria.cloud.account import LIVE, Account, tagged
from gregaria.cloud.stack.node.aws import AwsError
from gregaria.cloud.trouble import Trouble

#: What ends the name of a stack, after the name that its owner has chosen.
SUFFIX = "-[0-9a-f]{6}"


@dataclass(frozen=True)
class Thing:
    """One that is there."""

    stack: str
    kind: str
    id: str
    removal: tuple[str, ...]
    """What removes it: words for the `aws` command, in their order."""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass
class Left:
    """All that was found."""

    things: list[Thing] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Kinds that AWS did not tell of, and why."""

    @property
    def stacks(self) -> list[str]:
        """The stacks that it belongs to."""
        return sorted({each.stack for each in self.things})


@dataclass(frozen=True)
class Wanted:
    """Which stacks are looked for."""

    pattern: str
    """As a regular expression."""
    tag: str
    """As a filter of AWS."""
    prefix: str
    """How the names of their things begin."""

    def stack_in(self, name: str) -> str | None:
        """The stack that the name of a thing begins with."""
        found = re.match(rf"/?({self.pattern})(?![0-9a-z])", name)
        return found[1] if found else None


def of(stack: str) -> Wanted:
    """One stack."""
    return Wanted(re.escape(stack), stack, stack)


def named(name: str) -> Wanted:
    """Every stack that begins with a name: of which one, only its state knows."""
    return Wanted(re.escape(name) + SUFFIX, f"{name}-*", f"{name}-")


def find(account: Account, wanted: Wanted, besides: str | None = None) -> Left:
    """Looks for everything, `besides` a kind. Raises `Trouble` if AWS does not answer at all."""
    left = Left()
    for kind, look in LOOKS.items():
        if kind == besides:
            continue
        try:
            left.things += look(account, wanted, kind)
        except AwsError as error:
            left.unseen.append(f"{kind}: {error}")
        except OSError as error:
            raise Trouble(f"AWS does not tell what is left: {error}") from error
    return left


Look = Callable[[Account, Wanted, str], Iterator[Thing]]


def _tagged(action: str, items: str, name: str, *removal: str, states: bool = False) -> Look:
    """A kind of EC2. In the words of its removal, `{id}` is the thing, and `{…}` a part of it."""

    def look(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
        fields = tagged(wanted.tag, LIVE if states else ())
        for page in account.query("ec2", action, **fields):
            # By name, so that the group of the master comes before that which its rules name.
            found = sorted(page.iterfind(items), key=lambda each: each.findtext("groupName", ""))
            for each in found:
                stack = wanted.stack_in(_tag(each))
                if each.findtext("state") == "deleted":
                    # AWS tells of endpoints for a while after they are gone.
                    continue
                # The default group of a network goes with it, and cannot go before.
                if stack is not None and each.findtext("groupName") != "default":
                    id = each.findtext(name, "")
                    yield Thing(stack, kind, id, tuple(_filled(each, word, id) for word in removal))

    return look


def _tag(item: xml.Element) -> str:
    tags = {each.findtext("key"): each.findtext("value", "") for each in item.iterfind("tagSet/*")}
    return tags.get("gregaria-stack", "")


def _filled(item: xml.Element, words: str, id: str) -> str:
    def part(found: re.Match[str]) -> str:
        return id if found[1] == "id" else item.findtext(found[1], "")

    return re.sub(r"\{([\w/]+)\}", part, words)


def _groups(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    for page in account.query("autoscaling", "DescribeAutoScalingGroups"):
        for each in page.iter("AutoScalingGroupName"):
            yield from _by_name(
                wanted,
                kind,
                each.text or "",
                "autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name {}",
            )


def _schedules(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    for name in account.schedules(wanted.prefix):
        yield from _by_name(wanted, kind, name, "scheduler delete-schedule --name {}")


def _buckets(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    for name in account.buckets():
        yield from _by_name(wanted, kind, name, "s3 rb --force s3://{}")


def _parameters(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    asked = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"/{wanted.prefix}"]}]
    for page in account.ask("ssm", "AmazonSSM.DescribeParameters", ParameterFilters=asked):
        for each in page["Parameters"]:
            yield from _by_name(wanted, kind, each["Name"], "ssm delete-parameter --name {}")


def _profiles(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    for page in account.everywhere().query("iam", "ListInstanceProfiles"):
        for each in page.iterfind(".//InstanceProfiles/member"):
            roles = [role.text or "" for role in each.iterfind("Roles/member/RoleName")]
            away = "iam remove-role-from-instance-profile --instance-profile-name {} --role-name "
            yield from _by_name(
                wanted,
                kind,
                each.findtext("InstanceProfileName", ""),
                *(away + role for role in roles),
                "iam delete-instance-profile --instance-profile-name {}",
            )


def _roles(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    iam = account.everywhere()
    for page in iam.query("iam", "ListRoles"):
        for each in page.iterfind(".//Roles/member/RoleName"):
            name = each.text or ""
            if wanted.stack_in(name) is None:
                continue
            policies = [
                policy.text or ""
                for found in iam.query("iam", "ListRolePolicies", RoleName=name)
                for policy in found.iterfind(".//PolicyNames/member")
            ]
            away = "iam delete-role-policy --role-name {} --policy-name "
            last = "iam delete-role --role-name {}"
            yield from _by_name(wanted, kind, name, *(away + each for each in policies), last)


def _budgets(account: Account, wanted: Wanted, kind: str) -> Iterator[Thing]:
    everywhere = account.everywhere()
    (page,) = everywhere.query("sts", "GetCallerIdentity")
    owner = next(each.text or "" for each in page.iter("Account"))
    target = "AWSBudgetServiceGateway.DescribeBudgets"
    for found in everywhere.ask("budgets", target, AccountId=owner):
        for each in found.get("Budgets", []):
            remove = f"budgets delete-budget --account-id {owner} --budget-name {{}}"
            yield from _by_name(wanted, kind, each["BudgetName"], remove)


def _by_name(wanted: Wanted, kind: str, name: str, *removal: str) -> Iterator[Thing]:
    stack = wanted.stack_in(name)
    if stack is not None:
        yield Thing(stack, kind, name, tuple(words.format(name) for words in removal))


#: How each kind is looked for.
LOOKS: dict[str, Look] = {
    "auto-scaling group": _groups,
    "machine": _tagged(
        "DescribeInstances",
        "reservationSet/item/instancesSet/item",
        "instanceId",
        "ec2 terminate-instances --instance-ids {id}",
        states=True,
    ),
    "schedule": _schedules,
    "launch template": _tagged(
        "DescribeLaunchTemplates",
        "launchTemplates/item",
        "launchTemplateId",
        "ec2 delete-launch-template --launch-template-id {id}",
    ),
    "key pair": _tagged(
        "DescribeKeyPairs", "keySet/item", "keyName", "ec2 delete-key-pair --key-name {id}"
    ),
    "address": _tagged(
        "DescribeAddresses",
        "addressesSet/item",
        "allocationId",
        "ec2 release-address --allocation-id {id}",
    ),
    "network interface": _tagged(
        "DescribeNetworkInterfaces",
        "networkInterfaceSet/item",
        "networkInterfaceId",
        "ec2 delete-network-interface --network-interface-id {id}",
    ),
    "disk": _tagged(
        "DescribeVolumes", "volumeSet/item", "volumeId", "ec2 delete-volume --volume-id {id}"
    ),
    "endpoint": _tagged(
        "DescribeVpcEndpoints",
        "vpcEndpointSet/item",
        "vpcEndpointId",
        "ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}",
    ),
    "security group": _tagged(
        "DescribeSecurityGroups",
        "securityGroupInfo/item",
        "groupId",
        "ec2 delete-security-group --group-id {id}",
    ),
    "subnet": _tagged(
        "DescribeSubnets", "subnetSet/item", "subnetId", "ec2 delete-subnet --subnet-id {id}"
    ),
    "route table": _tagged(
        "DescribeRouteTables",
        "routeTableSet/item",
        "routeTableId",
        "ec2 delete-route-table --route-table-id {id}",
    ),
    "internet gateway": _tagged(
        "DescribeInternetGateways",
        "internetGatewaySet/item",
        "internetGatewayId",
        "ec2 detach-internet-gateway --internet-gateway-id {id} "
        "--vpc-id {attachmentSet/item/vpcId}",
        "ec2 delete-internet-gateway --internet-gateway-id {id}",
    ),
    "network": _tagged("DescribeVpcs", "vpcSet/item", "vpcId", "ec2 delete-vpc --vpc-id {id}"),
    "bucket": _buckets,
    "parameter": _parameters,
    "instance profile": _profiles,
    "role": _roles,
    "budget": _budgets,
}
