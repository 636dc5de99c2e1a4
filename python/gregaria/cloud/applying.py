"""Doing what was planned, and what exists when it stops on the way."""

from __future__ import annotations

from gregaria.cloud.terraform import Plan, Terraform
from gregaria.cloud.trouble import FAILED, INTERRUPTED, Trouble


def apply(terraform: Terraform, plan: Plan) -> None:
    """Makes it. Raises `Trouble` with a list of what exists if it stops, by itself or by Ctrl-C."""
    try:
        terraform.apply(plan)
    except Trouble as trouble:
        code = INTERRUPTED if terraform.is_interrupted else FAILED
        raise Trouble(_half_way(terraform, trouble), code) from trouble
    if terraform.is_interrupted:
        # It came to its end all the same; nothing more is done.
        raise KeyboardInterrupt


def _half_way(terraform: Terraform, trouble: Trouble) -> str:
    made = [each["address"] for each in terraform.state() if each["type"].startswith("aws_")]
    if not made:
        return f"{trouble}. Nothing was made in AWS"
    listed = "\n".join(f"  {address}" for address in made)
    return (
        f"{trouble}. This exists now, and some of it costs money:\n{listed}\n"
        "Try again with `gregaria cloud up`, or remove it with `gregaria cloud down`"
    )
