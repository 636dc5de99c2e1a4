"""Who calls AWS: checked before Terraform is, since its own message comes late and is long."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from gregaria.cloud.stack.node.aws import Credentials
from gregaria.cloud.trouble import NOT_BEGUN, Trouble

NONE = (
    "there are no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "AWS_PROFILE to a profile of ~/.aws, or sign in with `aws sso login`"
)


def find() -> Credentials:
    """Those of the environment, of the profile's file, or of the `aws` command for all others."""
    environment = os.environ
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Credentials(access, secret, environment.get("AWS_SESSION_TOKEN", ""))
    profile = environment.get("AWS_PROFILE", "default")
    return _of_file(profile) or _of_command(profile)


def _of_file(profile: str) -> Credentials | None:
    path = os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    reader = configparser.ConfigParser(interpolation=None)
    try:
        reader.read(Path(path).expanduser())
        section = reader[profile]
        access, secret = section["aws_access_key_id"], section["aws_secret_access_key"]
    except (KeyError, configparser.Error):
        return None
    return Credentials(access, secret, section.get("aws_session_token", ""))


def _of_command(profile: str) -> Credentials:
    """A profile that signs in or takes a role: AWS's own program knows how."""
    program = shutil.which("aws")
    if program is None:
        raise Trouble(NONE, NOT_BEGUN)
    done = subprocess.run(
        [program, "configure", "export-credentials", "--format", "process", "--profile", profile],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Trouble(f"{NONE}\naws says: {done.stderr.strip()}", NOT_BEGUN)
    told = json.loads(done.stdout)
    end = told.get("Expiration")
    return Credentials(
        told["AccessKeyId"],
        told["SecretAccessKey"],
        told.get("SessionToken", ""),
        datetime.fromisoformat(end).timestamp() if end else float("inf"),
    )
