"""`gregaria cloud status`: the nodes, the cost and the end."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from gregaria.cloud import nodes
from gregaria.cloud.console import Console
from gregaria.cloud.cost import dollars, remaining, so_far
from gregaria.cloud.down import without_state
from gregaria.cloud.page import Page
from gregaria.cloud.terraform import Terraform


def status(terraform: Terraform, console: Console, page_url: str | None) -> int:
    """Tells how the cluster is and changes nothing."""
    made = [each for each in terraform.state() if each["type"].startswith("aws_")]
    outputs = terraform.outputs()
    if not made:
        return without_state(terraform, console, [])
    if not any(each["type"] == "aws_autoscaling_schedule" for each in made):
        console.note(up=False, resources=[each["address"] for each in made])
        console.say(f"{len(made)} resources of a cluster that was not finished:")
        for each in made:
            console.say(f"  {each['address']}")
        console.say("Finish it with `gregaria cloud up`, or remove it with `gregaria cloud down`.")
        return 1
    page = Page(outputs, page_url)
    view = nodes.look(outputs, page)
    now = datetime.now(UTC)
    cost = so_far(outputs, now)
    console.note(
        up=True,
        stack=outputs["stack"],
        region=outputs["region"],
        ui_url=page.url,
        test=view.test,
        expires_at=outputs["expires_at"],
        usd_per_hour=outputs["estimated_usd_per_hour"],
        usd_so_far=round(cost, 4),
        max_total_usd=outputs["max_total_usd"],
        workers={"wanted": view.wanted, "joined": view.joined},
        nodes=[asdict(node) for node in view.nodes],
    )
    console.say(f"{outputs['stack']} in {outputs['region']}: {page.url}")
    console.say(f"Test: {view.test}. {view.joined} of {view.wanted} workers have joined")
    for node in view.nodes:
        console.say(node.line())
    console.say(
        f"Cost: {dollars(outputs['estimated_usd_per_hour'])} an hour, {dollars(cost)} so far, at "
        f"most {dollars(outputs['max_total_usd'])} until the end, counted from the first `up` "
        "(estimate, without transfer of data)"
    )
    console.say(f"Ends: {outputs['expires_at']}, {remaining(outputs, now)}")
    return 0
