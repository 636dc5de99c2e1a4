"""Who calls AWS: checked before Terraform is, since its own message comes late and is long.

What is tried, and its order, is that of AWS's SDK, by which Terraform finds them too.
"""

from __future__ import annotations

import os

from gregaria.cloud import profiles, surroundings
from gregaria.cloud.stack.node.aws import Credentials
from gregaria.cloud.trouble import NOT_BEGUN, Trouble

NONE = (
    "there are no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "AWS_PROFILE to a profile of ~/.aws, or sign in with `aws sso login`. On a machine of AWS, "
    "give it a role"
)


def find() -> Credentials:
    """Those of the environment, of a profile, or of the machine or container that this runs on.

    Raises `Trouble` if there are none, or if what is set does not give them.
    """
    for look in (
        profiles.of_environment,
        _of_web_identity,
        profiles.find,
        surroundings.of_container,
        surroundings.of_instance,
    ):
        found = look()
        if found is not None:
            return found
    raise Trouble(NONE, NOT_BEGUN)


def _of_web_identity() -> Credentials | None:
    token = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    role = os.environ.get("AWS_ROLE_ARN")
    return profiles.of_web_identity(role, token, {}) if token and role else None
