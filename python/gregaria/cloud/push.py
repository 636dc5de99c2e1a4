"""`gregaria cloud push`: another test for a cluster that is up."""

from __future__ import annotations

import time
from typing import Any

from gregaria.cloud.applying import apply
from gregaria.cloud.console import Console
from gregaria.cloud.page import BUSY, Page
from gregaria.cloud.terraform import Terraform
from gregaria.cloud.trouble import Trouble

#: Seconds in which a master that is idle takes a test and offers it, and between two looks.
TAKING = 60
LOOK = 1

#: What a master logs when it offers a test, and how that begins when it does not.
OFFERED = "The test has changed and is offered to workers that have it from here"
REFUSED = "the changed test is not offered to workers"

#: Where the test is, in Terraform's words.
TEST = "aws_s3_object.test"


def push(terraform: Terraform, console: Console, page_url: str | None) -> int:
    """Sends the test and nothing else, and looks whether the master offers it to the workers."""
    terraform.init()
    plan = terraform.plan(f"-target={TEST}")
    others = [address for address in plan.actions if address != TEST]
    try:
        if others:
            raise Trouble(f"not only the test would change ({others[0]}): use `gregaria cloud up`")
        console.note(pushed=bool(plan.actions))
        if not plan.actions:
            console.say("The test is the same as before.")
            return 0
        page = Page(terraform.outputs(), page_url)
        _, mark = page.log()
        apply(terraform, plan)
    finally:
        terraform.forget(plan)
    _follow(page, mark, console)
    return 0


def _follow(page: Page, mark: int, console: Console) -> None:
    """Looks until the master has offered what was sent, or says why it does not."""
    end = time.monotonic() + TAKING
    while True:
        state = page.state()
        said, mark = page.log(mark)
        refused = [line for line in said if line.startswith(REFUSED)]
        if refused:
            console.note(offered=False)
            raise Trouble(f"it is sent, but {refused[-1]}")
        if OFFERED in said:
            console.note(offered=True)
            console.say("The master has taken the new test and offers it to its workers.")
            return
        why = _why_not_yet(state)
        if why is not None:
            console.note(offered=None)
            console.say(f"It is sent. {why}")
            return
        if time.monotonic() > end:
            console.note(offered=False)
            raise Trouble(
                f"it is sent, but the master has not offered it to its workers within {TAKING} s: "
                "see the log on the page, and `journalctl -u gregaria-watch` on the master"
            )
        time.sleep(LOOK)


def _why_not_yet(state: dict[str, Any] | None) -> str | None:
    """Why nobody is offered anything now, although all is well."""
    if state is None:
        return "The page does not answer from here: whether the master has taken it is not seen."
    if state.get("state") in BUSY:
        return "A test runs: the master takes the new one when it is over."
    if not state.get("workers"):
        return "No worker has joined yet: they get the new test when they do."
    return None
