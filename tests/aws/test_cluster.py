"""From nothing to a cluster and back: what is made in AWS, and what each change changes."""

import base64
import gzip
import hashlib
import json
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from .ladder import Emulator, Stack


@pytest.fixture(scope="module")
def cluster(stack: Stack) -> Stack:
    """A cluster that is up."""
    stack.apply()
    return stack


@pytest.fixture(scope="module")
def machines(cluster: Stack, account: Emulator) -> list[dict[str, Any]]:
    found = account.client("ec2").describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )["Reservations"]
    return [each for reservation in found for each in reservation["Instances"]]


def tags_of(entry: dict[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in entry.get("Tags", [])}


def role_of(machine: dict[str, Any]) -> str:
    return tags_of(machine)["Name"].rpartition("-")[2]


def user_data(cluster: Stack, account: Emulator, machines: list[dict[str, Any]]) -> dict[str, str]:
    """What the nodes are told, by role."""
    ec2 = account.client("ec2")
    (master,) = [each for each in machines if role_of(each) == "master"]
    own = ec2.describe_instance_attribute(InstanceId=master["InstanceId"], Attribute="userData")
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    (version,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    packed = {
        "master": own["UserData"]["Value"],
        "worker": version["LaunchTemplateData"]["UserData"],
    }
    return {role: gzip.decompress(base64.b64decode(each)).decode() for role, each in packed.items()}


def test_a_master_and_two_workers_run(machines: list[dict[str, Any]]) -> None:
    assert sorted(role_of(each) for each in machines) == ["master", "workers", "workers"]
    (master,) = [each for each in machines if role_of(each) == "master"]
    assert master["PrivateIpAddress"] == "10.42.0.10"
    assert master["MetadataOptions"]["HttpTokens"] == "required"


def test_only_the_caller_reaches_the_page_and_only_workers_the_master(
    cluster: Stack, account: Emulator
) -> None:
    ec2 = account.client("ec2")
    stack = cluster.outputs()["stack"]
    groups = {
        each["GroupName"].removeprefix(f"{stack}-"): each
        for each in ec2.describe_security_groups(
            Filters=[{"Name": "tag:gregaria-stack", "Values": [stack]}]
        )["SecurityGroups"]
    }
    caller, worker = ["203.0.113.7/32"], groups["worker"]["GroupId"]
    opened = {
        name: {
            rule["FromPort"]: [each["CidrIp"] for each in rule["IpRanges"]]
            + [each["GroupId"] for each in rule["UserIdGroupPairs"]]
            for rule in groups[name]["IpPermissions"]
        }
        for name in ("master", "worker")
    }
    assert opened == {
        "master": {22: caller, 8089: caller, 5557: [worker]},
        "worker": {22: caller},
    }
    for each in ec2.describe_security_groups()["SecurityGroups"]:
        for rule in each["IpPermissions"]:
            assert "0.0.0.0/0" not in [part["CidrIp"] for part in rule["IpRanges"]]
    assert groups["default"]["IpPermissions"] == groups["default"]["IpPermissionsEgress"] == []


def test_disks_are_encrypted_and_metadata_needs_a_token(
    machines: list[dict[str, Any]], account: Emulator
) -> None:
    ec2 = account.client("ec2")
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    (version,) = ec2.describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"]
    )["LaunchTemplateVersions"]
    data = version["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["InstanceInitiatedShutdownBehavior"] == "terminate"
    (master,) = [each for each in machines if role_of(each) == "master"]
    volumes = ec2.describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [master["InstanceId"]]}]
    )["Volumes"]
    assert [each["Encrypted"] for each in volumes] == [True]
    behaviour = ec2.describe_instance_attribute(
        InstanceId=master["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert behaviour["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"


def test_the_bucket_is_private_and_forgets(cluster: Stack, account: Emulator) -> None:
    s3, bucket = account.client("s3"), cluster.outputs()["bucket"]
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values()) and len(blocked) == 4
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (rule["Status"], rule["Expiration"]["Days"]) == ("Enabled", 30)
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (policy,) = [each for each in cluster.resources() if each["type"] == "aws_s3_bucket_policy"]
    (statement,) = json.loads(policy["values"]["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_secrets_are_parameters_and_in_no_user_data(
    cluster: Stack, account: Emulator, machines: list[dict[str, Any]]
) -> None:
    ssm, outputs = account.client("ssm"), cluster.outputs()
    found = ssm.get_parameters_by_path(Path=f"/{outputs['stack']}", WithDecryption=True)
    values = {each["Name"].rpartition("/")[2]: each for each in found["Parameters"]}
    assert values.keys() == {"join-token", "web-users", "page-key"}
    assert {each["Type"] for each in values.values()} == {"SecureString"}
    assert values["web-users"]["Value"] == f"operator operator {outputs['ui_password']}\n"
    for text in user_data(cluster, account, machines).values():
        for each in values.values():
            assert each["Value"].strip() not in text
        assert outputs["ui_password"] not in text
        assert "PRIVATE KEY" not in text


def test_user_data_fits_and_ends_the_node_before_all_else(
    cluster: Stack, account: Emulator, machines: list[dict[str, Any]]
) -> None:
    for role, text in user_data(cluster, account, machines).items():
        assert len(gzip.compress(text.encode())) < 16384 * 3 / 4
        config = yaml.safe_load(text)
        files = {each["path"]: each["content"] for each in config["write_files"]}
        assert json.loads(files["/etc/gregaria/node.json"])["role"] == role
        start = ["systemctl", "enable", "--now"]
        first = ["gregaria-end.timer", "gregaria-watch.service"]
        assert config["runcmd"][:2] == [[*start, each] for each in first]
        assert f"gregaria {role}" in files["/etc/systemd/system/gregaria.service"]


def test_everything_ends_in_the_right_order(
    cluster: Stack, account: Emulator, machines: list[dict[str, Any]]
) -> None:
    outputs = cluster.outputs()
    end = datetime.fromisoformat(outputs["expires_at"])
    assert end - datetime.fromisoformat(outputs["starts_at"]) == timedelta(hours=4)
    (action,) = account.client("autoscaling").describe_scheduled_actions()[
        "ScheduledUpdateGroupActions"
    ]
    assert action["AutoScalingGroupName"] == outputs["worker_group"]
    assert (action["MinSize"], action["MaxSize"], action["DesiredCapacity"]) == (0, 0, 0)
    schedule = account.client("scheduler").get_schedule(Name=f"{outputs['stack']}-end")
    assert schedule["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
    (master,) = [each for each in machines if role_of(each) == "master"]
    assert json.loads(schedule["Target"]["Input"]) == {"InstanceIds": [master["InstanceId"]]}
    assert schedule["ActionAfterCompletion"] == "DELETE"
    of_aws = schedule["ScheduleExpression"].removeprefix("at(").removesuffix(")") + "+00:00"
    grace = {
        role: timedelta(seconds=json.loads(config_of(text))["grace_s"])
        for role, text in user_data(cluster, account, machines).items()
    }
    # The group goes to 0 before a worker's own timer, or it would put another in its place; the
    # master's own timer comes before AWS ends it, so that it can keep its results.
    of_group = datetime.fromisoformat(str(action["StartTime"]))
    assert of_group == end
    assert of_group + timedelta(minutes=10) <= end + grace["worker"]
    assert end + grace["master"] < datetime.fromisoformat(of_aws)


def config_of(text: str) -> str:
    files = {each["path"]: each["content"] for each in yaml.safe_load(text)["write_files"]}
    return files["/etc/gregaria/node.json"]


#: Of Session Manager: what it asks the agent, and what a session carries.
KINDS = ("Control", "Data")


def test_a_node_may_do_little(cluster: Stack, account: Emulator) -> None:
    iam, stack = account.client("iam"), cluster.outputs()["stack"]
    bucket = f"arn:aws:s3:::{cluster.outputs()['bucket']}"
    granted: dict[str, dict[str, Any]] = {}
    for role in ("master", "worker"):
        names = iam.list_role_policies(RoleName=f"{stack}-{role}")["PolicyNames"]
        statements = [
            statement
            for name in names
            for statement in iam.get_role_policy(RoleName=f"{stack}-{role}", PolicyName=name)[
                "PolicyDocument"
            ]["Statement"]
        ]
        granted[role] = {each["Sid"]: (each["Action"], each["Resource"]) for each in statements}
        for each in statements:
            assert "*" not in str(each["Action"])
            # What only looks and what opens a session have no resource of their own in AWS.
            if each["Sid"] not in ("SeeWorkersEnd", "OpenSessions"):
                assert each["Resource"] != "*"
            # Parameters are read by name, and only here.
            if each["Sid"] != "ReadSecrets":
                assert "Parameter" not in str(each["Action"])
    own = ("s3:PutObject", f"{bucket}/nodes/${{aws:userid}}/*")
    assert granted["worker"]["WriteOwnState"] == granted["master"]["WriteOwnState"] == own
    secrets = f"arn:aws:ssm:us-east-1:123456789012:parameter/{stack}/"
    assert granted["worker"]["ReadSecrets"] == ("ssm:GetParameter", [f"{secrets}join-token"])
    assert len(granted["master"]["ReadSecrets"][1]) == 3
    scaling = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup"
    group = f"{scaling}:*:autoScalingGroupName/{stack}-workers"
    leave = "autoscaling:TerminateInstanceInAutoScalingGroup"
    assert granted["worker"]["LeaveGroup"] == (leave, group)
    shrink = "autoscaling:SetDesiredCapacity"
    assert granted["master"]["EndWorkersWhenIdle"] == (shrink, group)
    assert granted["worker"].keys() - granted["master"].keys() == {"LeaveGroup"}
    extra = {"SeeNodes", "ReadStateOfNodes", "WriteResults", "EndWorkersWhenIdle", "SeeWorkersEnd"}
    assert granted["master"].keys() - granted["worker"].keys() == extra
    session = [
        "ssm:UpdateInstanceInformation",
        *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in KINDS),
    ]
    for role in ("master", "worker"):
        assert granted[role]["OpenSessions"] == (session, "*")
    attached = {each["type"] for each in cluster.resources() if "attachment" in each["type"]}
    assert not attached, "a policy of AWS's own grants more than a node needs"


def test_whatever_can_have_tags_has_that_of_the_stack(cluster: Stack) -> None:
    stack = cluster.outputs()["stack"]
    for each in cluster.resources():
        values = each["values"]
        if each["mode"] != "managed" or not each["type"].startswith("aws_"):
            continue
        if each["type"] == "aws_autoscaling_group":
            values = {"tags": {tag["key"]: tag["value"] for tag in values["tag"]}}
        if "tags" in values:
            assert (values["tags"] or {}).get("gregaria-stack") == stack, each["address"]


def test_the_fingerprint_is_that_of_the_certificate(cluster: Stack) -> None:
    outputs = cluster.outputs()
    der = ssl.PEM_cert_to_DER_cert(outputs["certificate"])
    assert outputs["certificate_fingerprint"] == hashlib.sha256(der).hexdigest()
    assert outputs["ui_url"] == f"https://{outputs['master_ip']}:8089"
    assert outputs["private_key_pem"].startswith("-----BEGIN PRIVATE KEY-----")


def test_a_second_plan_is_empty(cluster: Stack) -> None:
    assert cluster.changes() == {}


def test_machines_come_after_their_rights_and_their_way_to_aws(cluster: Stack) -> None:
    assert cluster.changes() == {}
    plan = json.loads(cluster.run("show", "-json", "plan"))
    needs = {
        each["address"]: set(each.get("depends_on", []))
        for each in plan["configuration"]["root_module"]["resources"]
    }
    way = {"aws_route.internet", "aws_route_table_association.this", "aws_iam_role_policy.node"}
    assert needs["aws_instance.master"] >= way | {"aws_iam_role_policy.master"}
    assert needs["aws_autoscaling_group.workers"] >= way | {"aws_iam_role_policy.worker"}


def test_a_new_locustfile_is_one_object(cluster: Stack, account: Emulator) -> None:
    path = cluster.folder / "locust/locustfile.py"
    path.write_text(path.read_text() + "\n# Another version.\n")
    assert cluster.changes() == {"aws_s3_object.test": ["update"]}
    cluster.apply()
    assert cluster.changes() == {}


def test_files_are_compared_by_their_own_hash(cluster: Stack) -> None:
    """And not by the ETag of AWS, which is no hash of a file that was sent in parts."""
    objects = [each["values"] for each in cluster.resources() if each["type"] == "aws_s3_object"]
    hashes = {
        each["key"].partition("-")[0]: (each["source_hash"], each["source"])
        for each in objects
        if each["source"]
    }
    assert hashes.keys() == {"bundle/test.zip", "bundle/wheelhouse"}
    for digest, path in hashes.values():
        assert digest == hashlib.sha256((cluster.folder / path).read_bytes()).hexdigest()


def test_files_that_are_no_test_are_not_sent(cluster: Stack) -> None:
    folder = cluster.folder / "locust"
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/locustfile.pyc").write_text("")
    (folder / ".git").mkdir()
    (folder / ".git/HEAD").write_text("")
    (folder / "run.log").write_text("")
    for name in ("terraform.tfstate", "terraform.tfstate.backup", "key.pem", "plan.out"):
        (folder / name).write_text("secret")
    for name in ("mine.tfvars", "gregaria.auto.tfvars.json", "data/other.tfstate"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("secret")
    (folder / "results/i-1").mkdir(parents=True)
    (folder / "results/i-1/runs.sqlite").write_text("figures")
    assert cluster.changes() == {}


def test_more_workers_change_the_group_and_what_the_page_shows(
    cluster: Stack, account: Emulator
) -> None:
    changes = cluster.changes(worker_count="3")
    assert changes == {
        "aws_autoscaling_group.workers": ["update"],
        "aws_s3_object.cluster": ["update"],
    }
    cluster.apply(worker_count="3")
    (group,) = account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert len(group["Instances"]) == 3
    cluster.apply()


def test_closing_ssh_closes_a_port_and_keeps_the_machines(cluster: Stack) -> None:
    changes = cluster.changes(enable_ssh="false")
    assert {(address.partition("[")[0], *actions) for address, actions in changes.items()} == {
        ("aws_vpc_security_group_ingress_rule.master_ssh", "delete"),
        ("aws_vpc_security_group_ingress_rule.worker_ssh", "delete"),
    }


def test_other_targets_need_no_other_machine(cluster: Stack) -> None:
    assert cluster.changes(target_hosts='["other.test"]') == {"aws_s3_object.cluster": ["update"]}


def test_another_package_makes_the_master_anew(cluster: Stack, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes((cluster.folder / "wheels.zip").read_bytes() + b" ")
    changes = cluster.changes(package=str(other))
    assert changes["aws_instance.master"] == ["delete", "create"]
    assert changes['aws_launch_template.worker["steady"]'] == ["update"]


def test_another_image_is_no_reason_to_replace_a_machine(
    cluster: Stack, account: Emulator, machines: list[dict[str, Any]]
) -> None:
    ec2 = account.client("ec2")
    (image,) = {each["ImageId"] for each in machines if role_of(each) == "master"}
    # The newest is gone: the image that would be chosen now is another one.
    ec2.deregister_image(ImageId=image)
    assert cluster.changes() == {}
    cluster.run("plan", "-input=false", "-out=plan", "-replace=terraform_data.image")
    plan = json.loads(cluster.run("show", "-json", "plan"))
    changes = {each["address"]: each["change"]["actions"] for each in plan["resource_changes"]}
    assert changes["aws_instance.master"] == ["delete", "create"], "unless somebody asks for it"


def test_workers_of_t_and_c_types_are_one_group(cluster: Stack, account: Emulator) -> None:
    both = {"worker_instance_types": '["c7a.medium","t3.small"]'}
    cluster.apply(**both)
    assert cluster.changes(**both) == {}
    (group,) = account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    mixed = group["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    ec2 = account.client("ec2")
    credits: dict[str, Any] = {}
    for each in mixed:
        id = each["LaunchTemplateSpecification"]["LaunchTemplateId"]
        (version,) = ec2.describe_launch_template_versions(
            LaunchTemplateId=id, Versions=["$Latest"]
        )["LaunchTemplateVersions"]
        credits[each["InstanceType"]] = version["LaunchTemplateData"].get("CreditSpecification")
    assert credits == {"c7a.medium": None, "t3.small": {"CpuCredits": "standard"}}
    cluster.apply()


def test_a_renewed_lease_moves_the_end_and_no_machine(cluster: Stack) -> None:
    before = cluster.outputs()["starts_at"]
    changes = cluster.changes(lease="2")
    assert changes.keys() == {
        "terraform_data.lease",
        "aws_autoscaling_schedule.end",
        "aws_scheduler_schedule.end",
        "aws_s3_object.cluster",
    }
    cluster.apply(lease="2")
    assert cluster.outputs()["starts_at"] > before
    assert cluster.changes(lease="2") == {}
    cluster.apply()


def test_a_renewed_lease_counts_what_was_spent_before(cluster: Stack, account: Emulator) -> None:
    state = cluster.folder / "terraform.tfstate"
    known = json.loads(state.read_text())
    # As if the first apply had been two hours ago.
    known["outputs"]["spent"]["value"]["since"] -= 7200
    state.write_text(json.dumps(known))
    cluster.apply(lease="3")
    outputs = cluster.outputs()
    assert outputs["spent"]["before_usd"] == pytest.approx(2 * 0.139, abs=0.03)
    assert outputs["max_total_usd"] == pytest.approx(6 * 0.139, abs=0.03)
    shown = account.client("s3").get_object(Bucket=outputs["bucket"], Key="control/cluster.json")
    cloud = json.load(shown["Body"])["cloud"]
    assert cloud["usd_before"] == outputs["spent"]["before_usd"]
    assert (cloud["started_at"], cloud["max_usd_in_all"]) == (outputs["spent"]["since"], 25)
    assert cluster.changes(lease="3") == {}
    assert "max_usd_in_all = 0.8" in cluster.refusal(lease="3", max_usd_in_all="0.8")
    cluster.apply()


def test_a_cluster_that_has_ended_is_not_begun_by_accident(cluster: Stack) -> None:
    state = cluster.folder / "terraform.tfstate"
    kept = state.read_text()
    try:
        state.write_text(kept.replace(cluster.outputs()["starts_at"], "2026-01-01T00:00:00Z"))
        told = cluster.refusal()
        assert "This cluster ended at 2026-01-01T04:00:00Z. Begin anew with -var lease=NEXT" in told
    finally:
        state.write_text(kept)


def test_destroy_leaves_nothing(cluster: Stack, account: Emulator) -> None:
    stack, bucket = cluster.outputs()["stack"], cluster.outputs()["bucket"]
    account.client("s3").put_object(Bucket=bucket, Key="results/x/runs.sqlite", Body=b"x")
    cluster.run("destroy", "-auto-approve")
    assert cluster.resources() == []
    ec2 = account.client("ec2")
    mine = [{"Name": "tag:gregaria-stack", "Values": [stack]}]
    states = {
        each["Instances"][0]["State"]["Name"]
        for each in ec2.describe_instances(Filters=mine)["Reservations"]
    }
    assert states <= {"terminated"}
    assert ec2.describe_vpcs(Filters=mine)["Vpcs"] == []
    assert ec2.describe_security_groups(Filters=mine)["SecurityGroups"] == []
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    assert account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert account.client("scheduler").list_schedules()["Schedules"] == []
    assert account.client("s3").list_buckets()["Buckets"] == []
    assert account.client("ssm").get_parameters_by_path(Path=f"/{stack}")["Parameters"] == []
    assert account.client("iam").list_roles()["Roles"] == []
    assert account.client("iam").list_instance_profiles()["InstanceProfiles"] == []
