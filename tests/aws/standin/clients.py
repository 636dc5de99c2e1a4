"""Clients of the emulator, and the tags of what is made there."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from .kinds import Context, State


@cache
def client(service: str, region: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=os.environ["STANDIN_URL"],
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )


def tags(state: State, context: Context) -> list[dict[str, str]]:
    """As the provider does it: those of its own block, and over them those of the resource."""
    return [
        {"Key": key, "Value": value}
        for key, value in {**context.default_tags, **(state.get("tags") or {})}.items()
    ]


def specification(state: State, context: Context, kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tags(state, context)}]


def first(blocks: list[State] | None) -> State:
    """The only block of its kind, or one without anything."""
    return blocks[0] if blocks else {}


def given(**values: Any) -> dict[str, Any]:
    """Those that are set."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
