"""`gregaria cloud down`: results first, then everything is removed, and then it is looked for."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gregaria.cloud import credentials, kept, left, results, settings
from gregaria.cloud.account import Account
from gregaria.cloud.console import Console
from gregaria.cloud.cost import dollars, so_far
from gregaria.cloud.page import Page
from gregaria.cloud.terraform import Terraform
from gregaria.cloud.trouble import INTERRUPTED, Trouble

#: Seconds between two looks for what is left.
INTERVAL = 5

#: Seconds that a master gets to keep the results of a test which was stopped for the end.
KEEPING = 90

#: Seconds between two looks whether it has.
KEEPING_INTERVAL = 2


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
        return without_state(terraform, console, words)
    outputs = terraform.outputs()
    stack, bucket = name_of(made), bucket_of(made)
    # A stack that was made half has no outputs.
    region = str(outputs.get("region") or settings.text(terraform.folder, "region", words))
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
    console.say(f"{stack or 'A cluster'}: {on_aws} resources of AWS will be removed")
    console.ask("Remove them?", is_yes)
    if with_results and stack is not None and bucket is not None:
        _save(region, bucket, folder / stack, busy, console)
    _destroy(terraform, console, words, region, stack)
    if "spent" in outputs and "expires_at" in outputs:
        total = so_far(outputs, datetime.now(UTC))
        console.note(total_usd=round(total, 2))
        console.say(f"Total: about {dollars(total)}")
    # Who makes machines may not be let see budgets, and most clusters have none.
    has_budget = any(each["type"] == "aws_budgets_budget" for each in made)
    besides = None if has_budget else "budget"
    wanted = left.of(stack) if stack is not None else None
    _verify(terraform, region, wanted, besides, console, deadline)
    kept.forget(terraform.folder)
    return 0


def without_state(terraform: Terraform, console: Console, words: list[str]) -> int:
    """Looks for clusters that the state does not tell of: it may be lost. Returns 0 for none."""
    region = settings.text(terraform.folder, "region", words)
    name = settings.text(terraform.folder, "name", words)
    found = left.find(Account(region, credentials.find), left.named(name))
    console.note(up=False, left=[f"{each.stack}: {each}" for each in found.things])
    if not found.things:
        unseen = [each for each in found.unseen if not each.startswith("budget:")]
        if unseen:
            text = "there is no state of a cluster here, and AWS does not let you look for\n"
            raise Trouble(text + "\n".join(f"  {each}" for each in unseen))
        console.say(f"There is no cluster. Nothing in {region} is called {name}-…")
        return 0
    console.note(commands={stack: removal(found, region, stack) for stack in found.stacks})
    told: list[str] = []
    for stack in found.stacks:
        told += [stack, *(f"  {each}" for each in found.things if each.stack == stack)]
    for stack in found.stacks:
        told += [f"To remove {stack}:", *(f"  {each}" for each in removal(found, region, stack))]
    listed = "\n".join(told)
    raise Trouble(
        "this folder knows of no cluster, since there is no state of Terraform in it; but in "
        f"{region} there is what is listed below. If it is yours, bring terraform.tfstate back and "
        "give `gregaria cloud down` again. If that is lost, remove it by AWS's own program, in "
        f"this order:\n{listed}"
    )


def removal(found: left.Left, region: str, stack: str) -> list[str]:
    """What removes a stack, as commands for a shell."""
    things = [each for each in found.things if each.stack == stack]
    return [f"aws --region {region} {words}" for each in things for words in each.removal]


def name_of(made: list[dict[str, Any]]) -> str | None:
    """The name of a stack; nothing for one of which nothing in AWS was made."""
    for each in made:
        tag = (each["values"].get("tags") or {}).get("gregaria-stack")
        if tag:
            return str(tag)
    return None


def bucket_of(made: list[dict[str, Any]]) -> str | None:
    """Its bucket, if it came that far."""
    return next((each["values"]["id"] for each in made if each["type"] == "aws_s3_bucket"), None)


def _destroy(
    terraform: Terraform, console: Console, words: list[str], region: str, stack: str | None
) -> None:
    """Removes it also when no plan could be made any more: the wheel is gone, or the test."""
    try:
        terraform.destroy(*words)
        return
    except Trouble:
        if terraform.is_interrupted:
            raise _interrupted(terraform) from None
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
            if terraform.is_interrupted:
                raise _interrupted(terraform) from None
            raise Trouble(
                f"{trouble}. Mend what Terraform says and give `gregaria cloud down` again; or "
                f"remove in the console, in {region}, whatever has the tag gregaria-stack = {stack}"
            ) from trouble


def _interrupted(terraform: Terraform) -> Trouble:
    listed = "\n".join(f"  {each['address']}" for each in terraform.state())
    text = f"interrupted. This is still there:\n{listed}\nGo on with `gregaria cloud down`"
    return Trouble(text, INTERRUPTED)


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
    terraform: Terraform,
    region: str,
    wanted: left.Wanted | None,
    besides: str | None,
    console: Console,
    deadline: float,
) -> None:
    """Asks AWS for every kind of thing that the stack makes, and Terraform for the rest."""
    listed = [each["address"] for each in terraform.state()]
    account = Account(region, credentials.find)
    end = time.monotonic() + deadline
    while True:
        found = left.find(account, wanted, besides) if wanted is not None else left.Left()
        seen = [str(each) for each in found.things]
        if not seen or time.monotonic() > end:
            break
        console.say(f"Not gone yet: {', '.join(seen)}")
        time.sleep(INTERVAL)
    listed += seen
    commands = [each for stack in found.stacks for each in removal(found, region, stack)]
    console.note(up=False, left=listed, not_looked_for=found.unseen)
    if listed:
        console.note(commands=commands)
        text = "not confirmed gone:\n" + "\n".join(f"  {each}" for each in listed)
        text += "\nTry again: gregaria cloud down. Or remove it by AWS's own program:\n"
        raise Trouble(text + "\n".join(f"  {each}" for each in commands))
    if found.unseen:
        unseen = "\n".join(f"  {each}" for each in found.unseen)
        raise Trouble(f"all else is gone, but AWS does not let you look for\n{unseen}")
    now = datetime.now(UTC).strftime("%H:%M:%S")
    console.say(f"0 machines left, and nothing else of the cluster, checked {now} UTC")
