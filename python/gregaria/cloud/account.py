"""What an account has, asked of AWS itself: Terraform knows what is in its state, and no more."""

from __future__ import annotations

import json
import os
import urllib.parse
import xml.etree.ElementTree as xml
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gregaria.cloud.stack.node.aws import Client, Credentials

#: Versions of the services that answer in XML.
VERSIONS = {
    "autoscaling": "2011-01-01",
    "ec2": "2016-11-15",
    "iam": "2010-05-08",
    "sts": "2011-06-15",
}

#: How an answer says that there is more, and how that is asked for.
MORE = {"nextToken": "NextToken", "NextToken": "NextToken", "Marker": "Marker"}

#: States of a machine that is not gone.
LIVE = ("pending", "running", "stopping", "stopped", "shutting-down")


@dataclass(frozen=True)
class Machine:
    """An instance that has not ended."""

    instance: str
    address: str
    """Private; empty when AWS tells none any more."""
    is_up: bool
    """Whether it runs, or is about to."""


class Account(Client):
    """Calls that look and change nothing. They raise `AwsError` or `OSError`."""

    def __init__(self, region: str, find: Callable[[], Credentials]) -> None:
        super().__init__(region, os.environ.get("AWS_ENDPOINT_URL"), find)
        self._find = find

    def query(self, service: str, action: str, **fields: str) -> list[xml.Element]:
        """The pages of an answer in XML, without their namespaces."""
        form = {"Action": action, "Version": VERSIONS[service], **fields}
        kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        pages: list[xml.Element] = []
        while True:
            body = urllib.parse.urlencode(form).encode()
            tree = xml.fromstring(self._call(service, "POST", self._url(service), body, kind)[2])
            for each in tree.iter():
                each.tag = each.tag.rpartition("}")[2]
            pages.append(tree)
            more = {MORE[name]: each.text for name in MORE for each in tree.iter(name) if each.text}
            if not more:
                return pages
            form |= more

    def ask(self, service: str, target: str, **fields: Any) -> list[dict[str, Any]]:
        """The pages of an answer in JSON."""
        kind = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
        pages: list[dict[str, Any]] = []
        while True:
            body = json.dumps(fields).encode()
            page = json.loads(self._call(service, "POST", self._url(service) + "/", body, kind)[2])
            pages.append(page)
            if not page.get("NextToken"):
                return pages
            fields["NextToken"] = page["NextToken"]

    def schedules(self, prefix: str) -> list[str]:
        """Names of schedules that begin so."""
        names: list[str] = []
        asked = {"NamePrefix": prefix}
        while True:
            url = f"{self._url('scheduler')}/schedules?{urllib.parse.urlencode(asked)}"
            page = json.loads(self._call("scheduler", "GET", url, b"", {})[2])
            names += [each["Name"] for each in page["Schedules"]]
            if not page.get("NextToken"):
                return names
            asked["NextToken"] = page["NextToken"]

    def buckets(self) -> list[str]:
        """Names of all buckets of the account, in all regions."""
        tree = xml.fromstring(self._call("s3", "GET", self._url("s3") + "/", b"", {})[2])
        return [each.text or "" for each in tree.iter() if each.tag.rpartition("}")[2] == "Name"]

    def machines(self, stack: str) -> list[Machine]:
        """Those of a stack, less those that are gone."""
        pages = self.query("ec2", "DescribeInstances", **tagged(stack, states=LIVE))
        return [
            Machine(
                each.findtext("instanceId", ""),
                each.findtext("privateIpAddress", ""),
                each.findtext("instanceState/name") in ("pending", "running"),
            )
            for page in pages
            for each in page.iterfind("reservationSet/item/instancesSet/item")
        ]

    def everywhere(self) -> Account:
        """For services that belong to no region: they are signed for the first one."""
        firsts = {"cn": "cn-north-1", "us-gov": "us-gov-west-1"}
        first = next((firsts[each] for each in firsts if self._region.startswith(each)), None)
        return _Global(first or "us-east-1", self._find)


class _Global(Account):
    def _url(self, host: str) -> str:
        if self._endpoint or host not in ("iam", "budgets"):
            return super()._url(host)
        if self._region == "cn-north-1":
            return f"https://{host}.cn-north-1.amazonaws.com.cn"
        part = ".us-gov" if self._region.startswith("us-gov") else ""
        return f"https://{host}{part}.amazonaws.com"


def tagged(stack: str, states: tuple[str, ...] = ()) -> dict[str, str]:
    """The filter for what has the tag of a stack. `*` in it stands for anything."""
    fields = {"Filter.1.Name": "tag:gregaria-stack", "Filter.1.Value.1": stack}
    if states:
        fields["Filter.2.Name"] = "instance-state-name"
        fields |= {f"Filter.2.Value.{number}": each for number, each in enumerate(states, 1)}
    return fields
