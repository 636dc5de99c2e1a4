"""`gregaria cloud up`: a cluster as the folder says, and the wait for its workers."""

from __future__ import annotations

import sys
import time
import webbrowser
from datetime import UTC, datetime, timedelta
from typing import Any

from gregaria.cloud import kept, nodes
from gregaria.cloud.applying import apply
from gregaria.cloud.console import Console
from gregaria.cloud.cost import dollars, so_far
from gregaria.cloud.page import Page
from gregaria.cloud.terraform import Plan, Terraform
from gregaria.cloud.trouble import WORKERS_MISSING, Trouble

#: Seconds between two looks at nodes that boot.
INTERVAL = 10


def up(
    terraform: Terraform,
    console: Console,
    *,
    words: list[str],
    is_yes: bool,
    quorum: int | None,
    deadline: float,
    page_url: str | None,
    opens_page: bool,
) -> int:
    """Makes the cluster what the folder says, and waits for its workers."""
    terraform.init()
    variables = _tell_kept(terraform, words, console)
    plan = terraform.plan(*words)
    variables |= {name: plan.variables.get(name) for name in _names(words)}
    try:
        if plan.actions:
            _tell_plan(plan, console)
            console.ask("Make it?", is_yes)
            kept.write(terraform.folder, variables)
            apply(terraform, plan)
        else:
            kept.write(terraform.folder, variables)
            console.say("Nothing to change: the cluster is as the folder says.")
    finally:
        terraform.forget(plan)
    outputs = terraform.outputs()
    page = Page(outputs, page_url)
    _tell_way(outputs, page_url, console)
    view = _wait(outputs, page, console, quorum, deadline)
    _tell_end(outputs, view, page, console)
    wanted = view.wanted if quorum is None else quorum
    if not view.is_page_there or view.joined < wanted:
        return WORKERS_MISSING
    if opens_page and sys.stdout.isatty():
        webbrowser.open(page.url)
    return 0


def _names(words: list[str]) -> list[str]:
    """The variables that are given here: `-var`, `NAME=VALUE`, and so on."""
    return [word.partition("=")[0] for word in words[1::2]]


def _tell_kept(terraform: Terraform, words: list[str], console: Console) -> dict[str, Any]:
    """Says which variables of earlier calls hold, since they come before what the files say."""
    before = kept.read(terraform.folder)
    holds = {name: value for name, value in before.items() if name not in _names(words)}
    console.note(kept=holds)
    if holds:
        console.say(f"Kept from an earlier --var: {kept.told(holds)}")
        console.say(
            "This comes before terraform.tfvars and main.tf. To drop one, take it out of "
            f"{kept.NAME}"
        )
    return before


def _tell_plan(plan: Plan, console: Console) -> None:
    kinds = [action for actions in plan.actions.values() for action in actions]
    counts = {kind: kinds.count(kind) for kind in ("create", "update", "delete")}
    rate = float(plan.outputs.get("estimated_usd_per_hour") or 0)
    hours = float(plan.variables.get("ttl_hours") or 0)
    end = plan.outputs.get("expires_at") or _in_hours(hours)
    total = float(plan.outputs.get("max_total_usd") or rate * hours)
    console.note(plan={**counts, "usd_per_hour": rate, "max_total_usd": total, "expires_at": end})
    told = ", ".join(f"{number} to {kind}" for kind, number in counts.items() if number)
    console.say(f"Resources: {told}")
    console.say(
        f"Cost: about {dollars(rate)} an hour, at most {dollars(total)} in all, by prices of "
        "us-east-1 written down from memory and not checked, and without transfer of data"
    )
    if {"spent", "expires_at"} <= plan.before.keys():
        spent = so_far(plan.before, datetime.now(UTC))
        console.note(usd_so_far=round(spent, 4))
        console.say(f"Of that, about {dollars(spent)} are spent since the first `up`")
    console.say(f"Everything ends by itself at {end}")
    region = plan.variables.get("region", "us-east-1")
    if region != "us-east-1":
        console.say(f"Prices of {region} are often higher: give them as prices_usd_per_hour")
    _tell_changes(plan, str(end), console)


def _tell_changes(plan: Plan, end: str, console: Console) -> None:
    """Says in words what a number in a plan does to a cluster that is there."""
    workers, wanted = plan.before.get("worker_count"), plan.outputs.get("worker_count")
    if workers is not None and wanted is not None and wanted < workers:
        console.say(
            f"Workers fall from {workers} to {wanted}: the others end, in the midst of work"
        )
    earlier = plan.before.get("expires_at")
    if earlier is not None and earlier != end:
        console.say(f"The end moves from {earlier} to {end}")


def _in_hours(hours: float) -> str:
    end = datetime.now(UTC) + timedelta(hours=hours)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tell_way(outputs: dict[str, Any], page_url: str | None, console: Console) -> None:
    """Says how a page is reached that has no public address."""
    if outputs["has_public_address"] or page_url is not None:
        return
    console.note(tunnel_command=outputs["tunnel_command"])
    console.say(
        f"The master has no public address. Where {outputs['master_ip']} cannot be reached, bring "
        "the page to this machine by Session Manager, in another terminal:"
    )
    console.say(f"  {outputs['tunnel_command']}")
    console.say(
        "Then open https://127.0.0.1:8089, and give `gregaria cloud` --page https://127.0.0.1:8089"
    )


def _wait(
    outputs: dict[str, Any],
    page: Page,
    console: Console,
    quorum: int | None,
    deadline: float,
) -> nodes.View:
    """Looks until the page is there and enough workers have joined, or it takes too long."""
    end = time.monotonic() + deadline
    before = ""
    while True:
        try:
            view = nodes.look(outputs, page)
        except Trouble as trouble:
            if time.monotonic() > end:
                raise
            console.say(f"{trouble}. It is asked again")
            time.sleep(min(INTERVAL, max(0.1, end - time.monotonic())))
            continue
        wanted = view.wanted if quorum is None else quorum
        there = "the page answers" if view.is_page_there else "no page yet"
        line = f"{there}, {view.joined} of {view.wanted} workers have joined"
        if line != before:
            console.say(line)
        before = line
        is_ready = view.is_page_there and view.joined >= wanted
        # Who has failed to boot does not come later.
        states = [node.state for node in view.nodes if node.state != "joined"]
        is_hopeless = bool(states) and set(states) == {"failed"} and len(view.nodes) > view.wanted
        if is_ready or is_hopeless or time.monotonic() > end:
            return view
        time.sleep(min(INTERVAL, max(0.1, end - time.monotonic())))


def _tell_end(outputs: dict[str, Any], view: nodes.View, page: Page, console: Console) -> None:
    console.note(
        up=True,
        stack=outputs["stack"],
        ui_url=page.url,
        ui_user=outputs["ui_user"],
        certificate_fingerprint=outputs["certificate_fingerprint"],
        expires_at=outputs["expires_at"],
        usd_per_hour=outputs["estimated_usd_per_hour"],
        workers={"wanted": view.wanted, "joined": view.joined},
        missing=[line.strip() for line in view.missing()],
    )
    if not view.is_page_there:
        console.say("The page does not answer:")
        for node in view.nodes:
            if node.role == "master":
                console.say(node.line())
    if view.missing():
        console.say(f"{view.joined} of {view.wanted} workers have joined. Missing:")
        for line in view.missing():
            console.say(line)
    console.say(f"Page:        {page.url}")
    console.say(f"Sign in as:  {outputs['ui_user']}, terraform output -raw ui_password")
    console.say(f"Certificate: {outputs['certificate_fingerprint']}")
    console.say(f"Ends at:     {outputs['expires_at']}")
