"""Machines of the stack: the master, the group of workers, and what ends them."""

from __future__ import annotations

import base64
from typing import Any

from .clients import client, first, given, specification, tags
from .kinds import DATA, RESOURCES, Context, Resource, State
from .network import ec2

ACCOUNT = "123456789012"


def create_instance(state: State, context: Context) -> State:
    root, options = first(state["root_block_device"]), first(state["metadata_options"])
    made = ec2(context).run_instances(
        ImageId=state["ami"],
        InstanceType=state["instance_type"],
        MinCount=1,
        MaxCount=1,
        SubnetId=state["subnet_id"],
        PrivateIpAddress=state["private_ip"],
        SecurityGroupIds=state["vpc_security_group_ids"],
        InstanceInitiatedShutdownBehavior=state["instance_initiated_shutdown_behavior"],
        IamInstanceProfile={"Name": state["iam_instance_profile"]},
        UserData=base64.b64decode(state["user_data_base64"]),
        MetadataOptions={
            "HttpTokens": options["http_tokens"],
            "HttpPutResponseHopLimit": int(options["http_put_response_hop_limit"]),
        },
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {
                    "VolumeType": root["volume_type"],
                    "VolumeSize": int(root["volume_size"]),
                    "Encrypted": root["encrypted"],
                    # The default of the provider.
                    "DeleteOnTermination": root["delete_on_termination"] is not False,
                },
            }
        ],
        TagSpecifications=[
            *specification(state, context, "instance"),
            *specification({"tags": state["volume_tags"]}, context, "volume"),
        ],
        **given(KeyName=state["key_name"]),
    )["Instances"][0]["InstanceId"]
    found = find_instance(made, context)
    assert found is not None, "it was made a moment ago"
    return {
        "id": made,
        "arn": f"arn:aws:ec2:{context.region}:{ACCOUNT}:instance/{made}",
        "public_ip": found.get("PublicIpAddress"),
        "instance_state": "running",
    }


def find_instance(id: str, context: Context) -> dict[str, Any] | None:
    for each in ec2(context).describe_instances(Filters=[{"Name": "instance-id", "Values": [id]}])[
        "Reservations"
    ]:
        if each["Instances"][0]["State"]["Name"] not in ("terminated", "shutting-down"):
            return each["Instances"][0]
    return None


def update_instance(old: State, new: State, context: Context) -> State:
    ec2(context).create_tags(Resources=[new["id"]], Tags=tags(new, context))
    return {}


def template_of(state: State, context: Context) -> dict[str, Any]:
    options = first(state["metadata_options"])
    device = first(state["block_device_mappings"])
    disk = first(device["ebs"])
    credits = first(state["credit_specification"])
    return given(
        CreditSpecification=given(CpuCredits=credits.get("cpu_credits")),
        ImageId=state["image_id"],
        InstanceType=state["instance_type"],
        KeyName=state["key_name"],
        UserData=state["user_data"],
        SecurityGroupIds=state["vpc_security_group_ids"],
        InstanceInitiatedShutdownBehavior=state["instance_initiated_shutdown_behavior"],
        IamInstanceProfile={"Name": first(state["iam_instance_profile"])["name"]},
        MetadataOptions={
            "HttpTokens": options["http_tokens"],
            "HttpPutResponseHopLimit": int(options["http_put_response_hop_limit"]),
        },
        BlockDeviceMappings=[
            {
                "DeviceName": device["device_name"],
                "Ebs": {
                    "VolumeType": disk["volume_type"],
                    "VolumeSize": int(disk["volume_size"]),
                    # The schema of this block has text here, as the provider's own.
                    "Encrypted": str(disk["encrypted"]).lower() == "true",
                    "DeleteOnTermination": str(disk["delete_on_termination"]).lower() == "true",
                },
            }
        ],
        TagSpecifications=[
            {
                "ResourceType": each["resource_type"],
                "Tags": [{"Key": key, "Value": value} for key, value in each["tags"].items()],
            }
            for each in state["tag_specifications"]
        ],
    )


def create_template(state: State, context: Context) -> State:
    made = ec2(context).create_launch_template(
        LaunchTemplateName=state["name"],
        LaunchTemplateData=template_of(state, context),
        TagSpecifications=specification(state, context, "launch-template"),
    )["LaunchTemplate"]
    return {"id": made["LaunchTemplateId"], "latest_version": 1}


def update_template(old: State, new: State, context: Context) -> State:
    made = ec2(context).create_launch_template_version(
        LaunchTemplateId=new["id"], LaunchTemplateData=template_of(new, context)
    )["LaunchTemplateVersion"]
    return {"latest_version": made["VersionNumber"]}


def group_of(state: State, context: Context) -> dict[str, Any]:
    found: dict[str, Any] = {
        "AutoScalingGroupName": state["name"],
        "MinSize": int(state["min_size"]),
        "MaxSize": int(state["max_size"]),
        "DesiredCapacity": int(state["desired_capacity"]),
        "VPCZoneIdentifier": ",".join(state["vpc_zone_identifier"]),
    }
    if state["launch_template"]:
        template = first(state["launch_template"])
        found["LaunchTemplate"] = {
            "LaunchTemplateId": template["id"],
            "Version": str(template["version"]),
        }
        return found
    mixed = first(state["mixed_instances_policy"])
    template = first(mixed["launch_template"])
    specified = first(template["launch_template_specification"])
    shares = first(mixed["instances_distribution"])
    found["MixedInstancesPolicy"] = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {
                "LaunchTemplateId": specified["launch_template_id"],
                "Version": str(specified["version"]),
            },
            "Overrides": [override_of(each) for each in template["override"]],
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": int(shares["on_demand_base_capacity"]),
            "OnDemandPercentageAboveBaseCapacity": int(
                shares["on_demand_percentage_above_base_capacity"]
            ),
            "OnDemandAllocationStrategy": shares["on_demand_allocation_strategy"],
            "SpotAllocationStrategy": shares["spot_allocation_strategy"],
        },
    }
    return found


def override_of(state: State) -> dict[str, Any]:
    own = first(state["launch_template_specification"])
    return {
        "InstanceType": state["instance_type"],
        "LaunchTemplateSpecification": {
            "LaunchTemplateId": own["launch_template_id"],
            "Version": str(own["version"]),
        },
    }


def scaling(context: Context) -> Any:
    return client("autoscaling", context.region)


def create_autoscaling(state: State, context: Context) -> State:
    name = state["name"]
    scaling(context).create_auto_scaling_group(
        **group_of(state, context),
        Tags=[
            {
                "Key": each["key"],
                "Value": each["value"],
                "PropagateAtLaunch": each["propagate_at_launch"],
                "ResourceId": name,
                "ResourceType": "auto-scaling-group",
            }
            for each in state["tag"]
        ],
    )
    (made,) = find_groups([name], context)
    return {"id": name, "arn": made["AutoScalingGroupARN"]}


def find_groups(names: list[str], context: Context) -> list[dict[str, Any]]:
    answer = scaling(context).describe_auto_scaling_groups(AutoScalingGroupNames=names)
    return answer["AutoScalingGroups"]


def update_autoscaling(old: State, new: State, context: Context) -> State:
    scaling(context).update_auto_scaling_group(**group_of(new, context))
    return {}


def delete_autoscaling(state: State, context: Context) -> None:
    scaling(context).delete_auto_scaling_group(AutoScalingGroupName=state["name"], ForceDelete=True)


def put_schedule(state: State, context: Context) -> State:
    scaling(context).put_scheduled_update_group_action(
        AutoScalingGroupName=state["autoscaling_group_name"],
        ScheduledActionName=state["scheduled_action_name"],
        StartTime=state["start_time"],
        MinSize=int(state["min_size"]),
        MaxSize=int(state["max_size"]),
        DesiredCapacity=int(state["desired_capacity"]),
    )
    return {"id": state["scheduled_action_name"]}


def delete_schedule(state: State, context: Context) -> None:
    if find_groups([state["autoscaling_group_name"]], context):
        scaling(context).delete_scheduled_action(
            AutoScalingGroupName=state["autoscaling_group_name"],
            ScheduledActionName=state["scheduled_action_name"],
        )


def event_of(state: State) -> dict[str, Any]:
    target = first(state["target"])
    return {
        "Name": state["name"],
        "Description": state["description"],
        "ScheduleExpression": state["schedule_expression"],
        "ScheduleExpressionTimezone": state["schedule_expression_timezone"],
        "ActionAfterCompletion": state["action_after_completion"],
        "FlexibleTimeWindow": {"Mode": first(state["flexible_time_window"])["mode"]},
        "Target": {"Arn": target["arn"], "RoleArn": target["role_arn"], "Input": target["input"]},
    }


def create_event(state: State, context: Context) -> State:
    client("scheduler", context.region).create_schedule(**event_of(state))
    return {"id": f"default/{state['name']}"}


def update_event(old: State, new: State, context: Context) -> State:
    client("scheduler", context.region).update_schedule(**event_of(new))
    return {}


def create_budget(state: State, context: Context) -> State:
    client("budgets", context.region).create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": state["name"],
            "BudgetType": state["budget_type"],
            "TimeUnit": state["time_unit"],
            "BudgetLimit": {"Amount": state["limit_amount"], "Unit": state["limit_unit"]},
            "CostFilters": {each["name"]: each["values"] for each in state["cost_filter"]},
        },
    )
    return {"id": f"{ACCOUNT}:{state['name']}"}


def create_key(state: State, context: Context) -> State:
    made = ec2(context).import_key_pair(
        KeyName=state["key_name"],
        PublicKeyMaterial=state["public_key"].encode(),
        TagSpecifications=specification(state, context, "key-pair"),
    )
    return {"id": state["key_name"], "key_pair_id": made["KeyPairId"]}


def filters(given: State) -> list[dict[str, Any]]:
    return [{"Name": each["name"], "Values": each["values"]} for each in given["filter"] or []]


def find_image(given: State, context: Context) -> State:
    asked = {"Owners": given["owners"]} if given["owners"] else {}
    found = ec2(context).describe_images(Filters=filters(given), **asked)["Images"]
    if not found:
        raise RuntimeError("Your query returned no results.")
    newest = max(found, key=lambda image: image["CreationDate"])
    return {
        "id": newest["ImageId"],
        "image_id": newest["ImageId"],
        "name": newest["Name"],
        "root_device_name": newest["RootDeviceName"],
    }


RESOURCES.update(
    {
        "aws_instance": Resource(
            create_instance,
            lambda state, context: ec2(context).terminate_instances(InstanceIds=[state["id"]]),
            update_instance,
            forces=frozenset(
                {"subnet_id", "private_ip", "key_name", "user_data_base64", "ami", "instance_type"}
            ),
            is_there=lambda state, context: find_instance(state["id"], context) is not None,
        ),
        "aws_launch_template": Resource(
            create_template,
            lambda state, context: ec2(context).delete_launch_template(
                LaunchTemplateId=state["id"]
            ),
            update_template,
            forces=frozenset({"name"}),
            renews=frozenset({"latest_version"}),
        ),
        "aws_autoscaling_group": Resource(
            create_autoscaling,
            delete_autoscaling,
            update_autoscaling,
            forces=frozenset({"name"}),
            is_there=lambda state, context: bool(find_groups([state["name"]], context)),
        ),
        "aws_autoscaling_schedule": Resource(
            put_schedule,
            delete_schedule,
            lambda old, new, context: put_schedule(new, context),
            forces=frozenset({"scheduled_action_name", "autoscaling_group_name"}),
        ),
        "aws_scheduler_schedule": Resource(
            create_event,
            lambda state, context: client("scheduler", context.region).delete_schedule(
                Name=state["name"]
            ),
            update_event,
            forces=frozenset({"name"}),
        ),
        "aws_budgets_budget": Resource(
            create_budget,
            lambda state, context: client("budgets", context.region).delete_budget(
                AccountId=ACCOUNT, BudgetName=state["name"]
            ),
        ),
        "aws_key_pair": Resource(
            create_key,
            lambda state, context: ec2(context).delete_key_pair(KeyName=state["key_name"]),
        ),
    }
)
DATA.update(
    {
        "aws_ami": find_image,
    }
)
