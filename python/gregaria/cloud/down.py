"""`gregaria cloud down`: results first, then everything is removed, and then it is looked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gregaria.cloud import credentials, results
from gregaria.cloud.console import Console
from gregaria.cloud.cost import dollars, so_far
from gregaria.cloud.terraform import Terraform
from gregaria.cloud.trouble import Trouble

#: Seconds between two looks for what is left.
INTERVAL = 5

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
    if with_results and bucket is not None:
        _fetch(region, bucket, folder / stack, console)
    on_aws = sum(each["type"].startswith("aws_") for each in made)
    console.say(f"{stack}: {on_aws} resources of AWS will be removed")
    console.ask("Remove them?", is_yes)
    terraform.destroy(*words)
    if "starts_at" in outputs:
        total = so_far(outputs, datetime.now(UTC))
        console.note(total_usd=round(total, 2))
        console.say(f"Total: about {dollars(total)}")
    return _verify(terraform, region, stack, console, deadline)


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


def _fetch(region: str, bucket: str, folder: Path, console: Console) -> None:
    try:
        files = results.fetch(region, bucket, folder, credentials.find)
    except Trouble as trouble:
        text = f"{trouble}. Nothing was removed: --without-results removes it all the same"
        raise Trouble(text) from trouble
    console.note(results=[str(path) for path in files])
    for path in files:
        console.say(f"Results: {path}")
    if not files:
        console.say("There are no results.")


def _verify(
    terraform: Terraform, region: str, stack: str, console: Console, deadline: float
) -> int:
    """Asks AWS, and not the state, whether anything is left."""
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
    return 0
