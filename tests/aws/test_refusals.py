"""What is wrong with a variable is said in words that tell what to do, before anything is made."""

import json
import re

import pytest

from .ladder import STACK, Stack

#: A wrong value of each variable that has rules, for the first of its messages.
WRONG = {
    "worker_count": "2.5",
    "worker_instance_types": '["big"]',
    "master_instance_type": "Small",
    "region": "Frankfurt",
    "ttl_hours": "48",
    "target_hosts": "[]",
    "locust_dir": "nowhere",
    "max_usd_per_hour": "0",
    "name": "A cluster",
    "package": "gregaria.tar",
    "allowed_cidrs": '["everybody"]',
    "vpc_id": "vpc-11111111",
    "master_private_ip": "first",
    "ami_id": "ubuntu",
    "python_version": "3.9",
    "idle_minutes": "5",
    "prices_usd_per_hour": '{"c7a.medium":0}',
    "budget_email": "me",
    "max_usd_in_all": "0",
    "disk_gb": "4",
    "node_endpoint_url": "localhost",
}

#: A value for all messages but the first, of those that have more.
WRONG_TOO = {
    "target_hosts": '["http://shop.test","shop.test:8080","10.0.0.0/99"]',
    "locust_dir": ".",
    "allowed_cidrs": '["10.0.0.0/1"]',
}


def messages() -> dict[str, list[str]]:
    """What the files say of each variable."""
    found: dict[str, list[str]] = {}
    for path in STACK.glob("*.tf"):
        blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', path.read_text(), re.M | re.S)
        for name, block in blocks:
            told = re.findall(r'error_message = ("(?:[^"\\]|\\.)*")', block)
            if told:
                found[name] = [json.loads(each) for each in told]
    return found


def test_every_rule_has_its_wrong_value() -> None:
    assert messages().keys() == WRONG.keys()
    several = {name for name, told in messages().items() if len(told) > 1}
    assert several == WRONG_TOO.keys()


def test_all_that_is_wrong_is_told_at_once(plain: Stack) -> None:
    told = plain.refusal(**WRONG)
    for name, (first, *_) in messages().items():
        assert first in told, name


def test_the_other_rules_are_told_too(plain: Stack) -> None:
    told = plain.refusal(**WRONG_TOO)
    for name in WRONG_TOO:
        for each in messages()[name][1:]:
            assert each in told, name


@pytest.mark.parametrize("host", ["*", "0.0.0.0/0", "::/0", "https://shop.test", "a b"])
def test_no_target_means_everything(plain: Stack, host: str) -> None:
    assert "never everything" in plain.refusal(target_hosts=json.dumps([host]))


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"worker_count": "30"},
            "This cluster costs $1.74 an hour, more than max_usd_per_hour = 1. Take fewer or "
            "smaller servers, or raise the limit in main.tf.",
        ),
        (
            {"max_usd_in_all": "0.5"},
            "From the first apply to its end, with all its leases, this cluster would cost $0.56, "
            "more than max_usd_in_all = 0.5. Destroy it and begin anew, or raise the limit.",
        ),
        (
            {"worker_instance_types": '["c9a.medium"]'},
            "The price of c9a.medium is not known here. Look it up and give it: "
            'prices_usd_per_hour = { "c9a.medium" = 0.1 }.',
        ),
        (
            {"worker_instance_types": '["c7g.medium"]'},
            "c7g.medium: not a type for the package, which is built for x86_64. Choose types of "
            "this architecture, or another package.",
        ),
        (
            {"worker_instance_types": '["x9.none"]', "prices_usd_per_hour": '{"x9.none":0.1}'},
            "No zone of us-east-1 has all of t3a.small, x9.none. Choose other types or another "
            "region.",
        ),
        (
            {"package": "null"},
            "There is no single wheel of gregaria in wheels/ or ../../dist/. Build it with `make "
            "wheel`, or name it: -var package=PATH.",
        ),
    ],
    ids=["dear", "dear in all", "unpriced", "architecture", "zone", "package"],
)
def test_a_plan_that_cannot_be_is_refused(
    plain: Stack, variables: dict[str, str], message: str
) -> None:
    given = dict(variables)
    if given.get("package") == "null":
        bare = {name: value for name, value in plain.variables.items() if name != "package"}
        plain, given = Stack(plain.folder, plain.emulator, bare), {}
    assert message in plain.refusal(**given)


def test_a_wheelhouse_without_our_wheel_is_refused(plain: Stack) -> None:
    (plain.folder / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    assert "empty.zip holds no wheel of gregaria" in plain.refusal(package="empty.zip")
