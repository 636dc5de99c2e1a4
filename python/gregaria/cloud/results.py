"""The results of a cluster: fetched from its bucket before it is removed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gregaria.cloud.stack.node.aws import AwsError, Client, Credentials
from gregaria.cloud.trouble import Trouble


def marks(region: str, bucket: str, find: Callable[[], Credentials]) -> dict[str, str]:
    """What there is by now, to tell by `is_newer` when more has come. Raises `Trouble`."""
    client = Client(region, os.environ.get("AWS_ENDPOINT_URL"), find)
    try:
        found = {
            key: client.get_object(bucket, key) for key in client.list_objects(bucket, "results/")
        }
    except (AwsError, OSError) as error:
        raise Trouble(f"the results cannot be fetched: {error}") from error
    return {key: each[1] for key, each in found.items() if each is not None}


def is_newer(
    region: str, bucket: str, before: dict[str, str], find: Callable[[], Credentials]
) -> bool:
    """Whether a master has kept something since. Raises `Trouble`."""
    client = Client(region, os.environ.get("AWS_ENDPOINT_URL"), find)
    try:
        return any(
            client.get_object(bucket, key, before.get(key)) is not None
            for key in client.list_objects(bucket, "results/")
        )
    except (AwsError, OSError) as error:
        raise Trouble(f"the results cannot be fetched: {error}") from error


def fetch(region: str, bucket: str, folder: Path, find: Callable[[], Credentials]) -> list[Path]:
    """Copies what there is into the folder; returns the files. Raises `Trouble`."""
    client = Client(region, os.environ.get("AWS_ENDPOINT_URL"), find)
    files: list[Path] = []
    try:
        for key in client.list_objects(bucket, "results/"):
            found = client.get_object(bucket, key)
            if found is None:
                continue
            # results/ROLE:INSTANCE/FILE
            _, identity, name = key.split("/", 2)
            path = folder / identity.rpartition(":")[2] / Path(name).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found[0])
            files.append(path)
    except (AwsError, OSError, ValueError) as error:
        raise Trouble(f"the results cannot be fetched: {error}") from error
    return files
