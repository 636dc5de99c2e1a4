"""`gregaria cloud down`: results first, then everything is removed, and then it is looked for."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gregaria.cloud import credentials, kept, results
from gregaria.cloud.console import Console
from gregaria.cloud.cost import dollars, so_far
from gregaria.cloud.page import Page
from gregaria.cloud.terraform import Terraform
from gregaria.cloud.trouble import Trouble

#: Seconds between two looks for what is left.
INTERVAL = 5

#: Seconds that a master gets to keep the results of a test which was stopped for the end.
KEEPING = 90

#: Seconds between two looks whether it has.
KEEPING_INTERVAL = 2

#: What is looked for, as the configuration that looks calls it.
KINDS = {
    "instances": "machine",
    "volumes": "disk",
    "groups": "auto-scaling group",
    "networks": "network",
}


def down(
    terraform: Terraform,
    console: Console,
    *,
    words: list[str],
    is_yes: bool,
    deadline: float,
    with_results: bool,
    folder: Path,
    page_url: str | None,
) -> int:
    """Removes the cluster. Returns 0 only if nothing of it is left."""
    terraform.init()
    made = terraform.state()
    if not made:
        console.note(up=False, left=[])
        console.say("There is no cluster.")
        return 0
    outputs = terraform.outputs()
    stack, bucket = name_of(made), bucket_of(made)
    region = str(outputs.get("region") or terraform_region(made))
    page = (
        Page(outputs, page_url)
        if {"ui_url", "ui_password", "certificate"} <= outputs.keys()
        else None
    )
    busy = page if page is not None and page.is_busy() else None
    console.note(test_stopped=busy is not None)
    if busy is not None:
        console.say("A test is running. It will be stopped")
    on_aws = sum(each["type"].startswith("aws_") for each in made)
    console.say(f"{stack}: {on_aws} resources of AWS will be removed")
    console.ask("Remove them?", is_yes)
    if with_results and bucket is not None:
        _save(region, bucket, folder / stack, busy, console)
    _destroy(terraform, console, words, region, stack)
    if "starts_at" in outputs:
        total = so_far(outputs, datetime.now(UTC))
        console.note(total_usd=round(total, 2))
        console.say(f"Total: about {dollars(total)}")
    _verify(terraform, region, stack, console, deadline)
    kept.forget(terraform.folder)
    return 0


def name_of(made: list[dict[str, Any]]) -> str:
    """The name of a stack, also of one that was made half."""
    for each in made:
        tag = (each["values"].get("tags") or {}).get("gregaria-stack")
        if tag:
            return str(tag)
    return "gregaria"


def bucket_of(made: list[dict[str, Any]]) -> str | None:
    """Its bucket, if it came that far."""
    return next((each["values"]["id"] for each in made if each["type"] == "aws_s3_bucket"), None)


def terraform_region(made: list[dict[str, Any]]) -> str:
    """Where it stands, by the zone of its subnet: a stack that was made half has no outputs."""
    zones = [each["values"]["availability_zone"] for each in made if each["type"] == "aws_subnet"]
    return str(zones[0])[:-1] if zones else "us-east-1"


def _destroy(
    terraform: Terraform, console: Console, words: list[str], region: str, stack: str
) -> None:
    """Removes it also when no plan could be made any more: the wheel is gone, or the test."""
    try:
        terraform.destroy(*words)
        return
    except Trouble:
        if terraform.is_interrupted:
            raise
    console.say("Once more, by the state alone: without the package, the test and what AWS has")
    with tempfile.TemporaryDirectory() as text:
        empty = Path(text)
        (empty / "locustfile.py").touch()
        # Nothing is made of these: they pass the rules, where what they stand for may be lost.
        stand_ins: dict[str, Any] = {
            "package": None,
            "locust_dir": str(empty),
            "target_hosts": ["removed.invalid"],
            "allowed_cidrs": ["127.0.0.1/32"],
            "region": region,
        }
        path = empty / "removal.tfvars.json"
        path.write_text(json.dumps(stand_ins))
        try:
            terraform.destroy("-refresh=false", f"-var-file={path}", *words)
        except Trouble as trouble:
            raise Trouble(
                f"{trouble}. Mend what Terraform says and give `gregaria cloud down` again; or "
                f"remove in the console, in {region}, whatever has the tag gregaria-stack = {stack}"
            ) from trouble


def _save(region: str, bucket: str, folder: Path, busy: Page | None, console: Console) -> None:
    try:
        if busy is not None:
            _stop(region, bucket, busy, console)
        files = results.fetch(region, bucket, folder, credentials.find)
    except Trouble as trouble:
        text = f"{trouble}. Nothing was removed: --without-results removes it all the same"
        raise Trouble(text) from trouble
    console.note(results=[str(path) for path in files])
    for path in files:
        console.say(f"Results: {path}")
    if not files:
        console.say("There are no results.")


def _stop(region: str, bucket: str, page: Page, console: Console) -> None:
    """Stops the test, and gives the master time to keep what it has measured."""
    before = results.marks(region, bucket, credentials.find)
    page.stop()
    end = time.monotonic() + KEEPING
    while page.is_busy() or not results.is_newer(region, bucket, before, credentials.find):
        if time.monotonic() > end:
            console.say(
                f"Its results have not come within {KEEPING} s: those before it are fetched"
            )
            return
        time.sleep(KEEPING_INTERVAL)
    console.say("The test is stopped, and its results are kept")


def _verify(
    terraform: Terraform, region: str, stack: str, console: Console, deadline: float
) -> None:
    """Asks AWS which machines, disks, groups and networks are left, and the state for the rest."""
    left = [each["address"] for each in terraform.state()]
    end = time.monotonic() + deadline
    while True:
        found = terraform.inspect(region=region, stack=stack)
        seen = [f"{KINDS[kind]} {id}" for kind in KINDS for id in found[kind]]
        if not seen or time.monotonic() > end:
            break
        console.say(f"Not gone yet: {', '.join(seen)}")
        time.sleep(INTERVAL)
    left += seen
    console.note(up=False, left=left)
    if left:
        listed = "\n".join(f"  {each}" for each in left)
        raise Trouble(f"not confirmed gone:\n{listed}\nTry again: gregaria cloud down")
    now = datetime.now(UTC).strftime("%H:%M:%S")
    console.say(f"0 machines left, no disk and no network, checked {now} UTC")
