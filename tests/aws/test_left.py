"""What is left in an account is found by its tag or its name, whatever kind it is of."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gregaria.cloud import left
from gregaria.cloud.account import Account
from gregaria.cloud.left import LOOKS
from gregaria.cloud.stack.node.aws import AwsError, Credentials
from gregaria.cloud.trouble import Trouble

from .ladder import REGION, Emulator

STACK = "mine-0a1b2c"

TAGS = [{"Key": "gregaria-stack", "Value": STACK}]


@pytest.fixture
def ask(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in which there is nothing."""
    emulator.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)
    yield Account(REGION, lambda: Credentials("test", "test"))
    emulator.reset()


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def group(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    template = ec2.create_launch_template(
        LaunchTemplateName="other", LaunchTemplateData={"ImageId": "ami-00000000000000001"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    emulator.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=f"{STACK}-workers",
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateId": template},
    )


def schedule(emulator: Emulator) -> None:
    emulator.client("scheduler").create_schedule(
        Name=f"{STACK}-end",
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "RoleArn": "arn"},
    )


def disk(emulator: Emulator) -> None:
    emulator.client("ec2").create_volume(
        AvailabilityZone="us-east-1a", Size=8, TagSpecifications=tagged("volume")
    )


def address(emulator: Emulator) -> None:
    emulator.client("ec2").allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))


def interface(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet, TagSpecifications=tagged("network-interface"))


def profile(emulator: Emulator) -> None:
    emulator.client("iam").create_instance_profile(InstanceProfileName=f"{STACK}-master")


def parameter(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(
        Name=f"/{STACK}/join-token", Type="SecureString", Value="x"
    )


def bucket(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket=f"{STACK}-20261123")


def budget(emulator: Emulator) -> None:
    emulator.client("budgets").create_budget(
        AccountId="123456789012",
        Budget={
            "BudgetName": STACK,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        },
    )


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (group, "auto-scaling group"),
        (schedule, "schedule"),
        (disk, "disk"),
        (address, "address"),
        (interface, "network interface"),
        (profile, "instance profile"),
        (parameter, "parameter"),
        (bucket, "bucket"),
        (budget, "budget"),
    ],
)
def test_one_thing_that_is_left_is_found_by_stack_and_by_name(
    make: Callable[[Emulator], None], kind: str, ask: Account, emulator: Emulator
) -> None:
    make(emulator)
    for wanted in (left.of(STACK), left.named("mine")):
        found = left.find(ask, wanted)
        assert [(each.stack, each.kind) for each in found.things] == [(STACK, kind)]
        assert found.unseen == [] and all(found.things[0].removal)
    for other in (left.of("mine-0a1b2d"), left.of("mine-0a1b2"), left.named("min")):
        assert left.find(ask, other).things == []


def test_a_kind_that_aws_refuses_to_tell_of_is_named(
    ask: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise AwsError("AccessDenied")

    monkeypatch.setitem(LOOKS, "role", refuse)
    assert left.find(ask, left.of(STACK)).unseen == ["role: AccessDenied"]
    assert left.find(ask, left.of(STACK), besides="role").unseen == []


def test_an_aws_that_does_not_answer_is_no_empty_account(
    ask: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Trouble, match="AWS does not tell what is left"):
        left.find(Account(REGION, lambda: Credentials("a", "b")), left.of(STACK))


class Paged(Account):
    """An AWS that answers a little at a time."""

    def _call(
        self, service: str, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        name, more = {"iam": ("Marker", "2"), "ec2": ("nextToken", "2")}.get(service, ("", ""))
        is_first = not any(each in body.decode() + url for each in ("Marker=2", "Token"))
        if service in ("ssm", "scheduler"):
            token = {"NextToken": "2"} if is_first else {}
            names = [{"Name": "/mine-0a1b2c/x" if service == "ssm" else "mine-0a1b2c-end"}]
            return 200, {}, json.dumps({"Parameters": names, "Schedules": names, **token}).encode()
        token = f"<{name}>{more}</{name}>" if is_first else ""
        role = f"<R><Roles><member><RoleName>{STACK}-a</RoleName></member></Roles>{token}</R>"
        disk = "<key>gregaria-stack</key><value>mine-0a1b2c</value>"
        disk = f"<item><volumeId>v</volumeId><tagSet><item>{disk}</item></tagSet></item>"
        return 200, {}, f"<A>{role}<volumeSet>{disk}</volumeSet>{token}</A>".encode()


@pytest.mark.parametrize("kind", ["role", "disk", "parameter", "schedule"])
def test_more_pages_are_asked_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "everywhere", lambda self: self)
    paged = Paged(REGION, lambda: Credentials("a", "b"))
    assert len(list(LOOKS[kind](paged, left.of(STACK), kind))) == 2
