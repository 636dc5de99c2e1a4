"""Credentials that a machine gives to what runs on it: of a container, or of an instance."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gregaria.cloud.stack.node.aws import METADATA, Credentials
from gregaria.cloud.trouble import NOT_BEGUN, Trouble

#: Where the agent of containers answers.
CONTAINERS = "http://169.254.170.2"

#: Hosts that are asked without TLS. Elsewhere somebody could listen.
NEAR = ("127.0.0.1", "localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23")

#: Seconds in which a service beside the machine answers; where there is none, nobody does.
TIMEOUT = 2


def given(told: dict[str, Any], token: str = "Token") -> Credentials:
    """Credentials as AWS's services and programs write them."""
    end = told.get("Expiration")
    return Credentials(
        told["AccessKeyId"],
        told["SecretAccessKey"],
        told.get(token) or "",
        datetime.fromisoformat(end.replace("Z", "+00:00")).timestamp() if end else float("inf"),
    )


def of_container() -> Credentials | None:
    """Those of a task or a pod, if the variables for it are set."""
    environment = os.environ
    path = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    place = CONTAINERS + path if path else environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not place:
        return None
    parts = urlsplit(place)
    if parts.scheme != "https" and parts.hostname not in NEAR:
        text = f"AWS_CONTAINER_CREDENTIALS_FULL_URI names {parts.hostname} without TLS"
        raise Trouble(text, NOT_BEGUN)
    token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if file := environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        token = Path(file).read_text().strip()
    try:
        return given(json.loads(_ask(place, {"Authorization": token} if token else {})))
    except (OSError, ValueError, KeyError) as error:
        text = f"the credentials of this container cannot be had from {place}: {error}"
        raise Trouble(text, NOT_BEGUN) from error


def of_instance() -> Credentials | None:
    """Those of the role of this instance; nothing where nobody answers for it."""
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", METADATA).rstrip("/")
    roles = f"{base}/latest/meta-data/iam/security-credentials/"
    try:
        header = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        token = {"X-aws-ec2-metadata-token": _ask(f"{base}/latest/api/token", header, "PUT")}
        return given(json.loads(_ask(roles + _ask(roles, token).split()[0], token)))
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _ask(url: str, headers: dict[str, str], method: str = "GET") -> str:
    request = urllib.request.Request(url, headers=headers, method=method)
    # Not by a proxy: it would be asked for its own credentials.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as answer:
        return str(answer.read().decode())
