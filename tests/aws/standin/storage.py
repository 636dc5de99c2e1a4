"""The bucket of the stack, its secrets and its roles."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .clients import client, first, given, tags
from .kinds import DATA, RESOURCES, Context, Resource, State
from .machines import ACCOUNT


def s3(context: Context) -> Any:
    return client("s3", context.region)


def iam(context: Context) -> Any:
    return client("iam", context.region)


def create_bucket(state: State, context: Context) -> State:
    name = state["bucket_prefix"] + secrets.token_hex(6)
    place = {"LocationConstraint": context.region}
    is_first = context.region == "us-east-1"
    s3(context).create_bucket(
        Bucket=name, **given(CreateBucketConfiguration={} if is_first else place)
    )
    s3(context).put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(state, context)})
    return {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}"}


def delete_bucket(state: State, context: Context) -> None:
    if state["force_destroy"]:
        for each in s3(context).list_objects_v2(Bucket=state["id"]).get("Contents", []):
            s3(context).delete_object(Bucket=state["id"], Key=each["Key"])
    s3(context).delete_bucket(Bucket=state["id"])


def block_public(state: State, context: Context) -> State:
    s3(context).put_public_access_block(
        Bucket=state["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": state["block_public_acls"],
            "IgnorePublicAcls": state["ignore_public_acls"],
            "BlockPublicPolicy": state["block_public_policy"],
            "RestrictPublicBuckets": state["restrict_public_buckets"],
        },
    )
    return {"id": state["bucket"]}


def encrypt(state: State, context: Context) -> State:
    wanted = first(first(list(state["rule"]))["apply_server_side_encryption_by_default"])
    s3(context).put_bucket_encryption(
        Bucket=state["bucket"],
        ServerSideEncryptionConfiguration={
            "Rules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": wanted["sse_algorithm"]}}
            ]
        },
    )
    return {"id": state["bucket"]}


def expire(state: State, context: Context) -> State:
    s3(context).put_bucket_lifecycle_configuration(
        Bucket=state["bucket"],
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": rule["id"],
                    "Status": rule["status"],
                    "Filter": {"Prefix": ""},
                    "Expiration": {"Days": int(first(rule["expiration"])["days"])},
                }
                for rule in state["rule"]
            ]
        },
    )
    return {"id": state["bucket"]}


def put_policy(state: State, context: Context) -> State:
    """Read, and not put: the emulator is asked without TLS, which the policy forbids."""
    assert json.loads(state["policy"])["Statement"]
    return {"id": state["bucket"]}


def put_object(state: State, context: Context) -> State:
    content = (state["content"] or "").encode()
    if state["source"]:
        content = Path(state["source"]).read_bytes()
    made = s3(context).put_object(
        Bucket=state["bucket"],
        Key=state["key"],
        Body=content,
        ContentType=state["content_type"],
    )
    return {"id": state["key"], "etag": made["ETag"].strip('"')}


def has_object(state: State, context: Context) -> bool:
    try:
        s3(context).head_object(Bucket=state["bucket"], Key=state["key"])
    except ClientError:
        return False
    return True


def put_parameter(state: State, context: Context) -> State:
    client("ssm", context.region).put_parameter(
        Name=state["name"], Type=state["type"], Value=state["value"], Tags=tags(state, context)
    )
    return {"id": state["name"], "version": 1}


def create_role(state: State, context: Context) -> State:
    made = iam(context).create_role(
        RoleName=state["name"],
        Description=state["description"],
        AssumeRolePolicyDocument=state["assume_role_policy"],
        Tags=tags(state, context),
    )["Role"]
    return {"id": state["name"], "arn": made["Arn"], "unique_id": made["RoleId"]}


def create_profile(state: State, context: Context) -> State:
    made = iam(context).create_instance_profile(
        InstanceProfileName=state["name"], Tags=tags(state, context)
    )["InstanceProfile"]
    iam(context).add_role_to_instance_profile(
        InstanceProfileName=state["name"], RoleName=state["role"]
    )
    return {"id": state["name"], "arn": made["Arn"]}


def delete_profile(state: State, context: Context) -> None:
    iam(context).remove_role_from_instance_profile(
        InstanceProfileName=state["name"], RoleName=state["role"]
    )
    iam(context).delete_instance_profile(InstanceProfileName=state["name"])


def put_role_policy(state: State, context: Context) -> State:
    iam(context).put_role_policy(
        RoleName=state["role"], PolicyName=state["name"], PolicyDocument=state["policy"]
    )
    return {"id": f"{state['role']}:{state['name']}"}


RESOURCES.update(
    {
        "aws_s3_bucket": Resource(create_bucket, delete_bucket),
        "aws_s3_bucket_public_access_block": Resource(block_public),
        "aws_s3_bucket_server_side_encryption_configuration": Resource(encrypt),
        "aws_s3_bucket_lifecycle_configuration": Resource(expire),
        "aws_s3_bucket_policy": Resource(put_policy),
        "aws_s3_object": Resource(
            put_object,
            lambda state, context: s3(context).delete_object(
                Bucket=state["bucket"], Key=state["key"]
            ),
            lambda old, new, context: put_object(new, context),
            forces=frozenset({"bucket", "key"}),
            is_there=has_object,
        ),
        "aws_ssm_parameter": Resource(
            put_parameter,
            lambda state, context: client("ssm", context.region).delete_parameter(
                Name=state["name"]
            ),
        ),
        "aws_iam_role": Resource(
            create_role,
            lambda state, context: iam(context).delete_role(RoleName=state["name"]),
        ),
        "aws_iam_instance_profile": Resource(create_profile, delete_profile),
        "aws_iam_role_policy": Resource(
            put_role_policy,
            lambda state, context: iam(context).delete_role_policy(
                RoleName=state["role"], PolicyName=state["name"]
            ),
            lambda old, new, context: put_role_policy(new, context),
            forces=frozenset({"role", "name"}),
        ),
    }
)
DATA.update(
    {
        "aws_caller_identity": lambda given, context: {"id": ACCOUNT, "account_id": ACCOUNT},
        "aws_partition": lambda given, context: {"id": "aws", "partition": "aws"},
    }
)
