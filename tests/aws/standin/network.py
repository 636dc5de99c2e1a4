"""The network of the stack: VPC, subnet, routes, security groups."""

from __future__ import annotations

from typing import Any

from .clients import client, specification, tags
from .kinds import DATA, RESOURCES, Context, Resource, State


def ec2(context: Context) -> Any:
    return client("ec2", context.region)


def create_vpc(state: State, context: Context) -> State:
    made = ec2(context).create_vpc(
        CidrBlock=state["cidr_block"], TagSpecifications=specification(state, context, "vpc")
    )["Vpc"]
    ec2(context).modify_vpc_attribute(
        VpcId=made["VpcId"], EnableDnsHostnames={"Value": bool(state["enable_dns_hostnames"])}
    )
    return {"id": made["VpcId"], "arn": f"arn:aws:ec2:::vpc/{made['VpcId']}"}


def close_default_group(state: State, context: Context) -> State:
    (group,) = ec2(context).describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [state["vpc_id"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    if group["IpPermissions"]:
        ec2(context).revoke_security_group_ingress(
            GroupId=group["GroupId"], IpPermissions=group["IpPermissions"]
        )
    if group["IpPermissionsEgress"]:
        ec2(context).revoke_security_group_egress(
            GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"]
        )
    ec2(context).create_tags(Resources=[group["GroupId"]], Tags=tags(state, context))
    return {"id": group["GroupId"], "name": "default"}


def create_gateway(state: State, context: Context) -> State:
    made = ec2(context).create_internet_gateway(
        TagSpecifications=specification(state, context, "internet-gateway")
    )["InternetGateway"]["InternetGatewayId"]
    ec2(context).attach_internet_gateway(InternetGatewayId=made, VpcId=state["vpc_id"])
    return {"id": made}


def delete_gateway(state: State, context: Context) -> None:
    ec2(context).detach_internet_gateway(InternetGatewayId=state["id"], VpcId=state["vpc_id"])
    ec2(context).delete_internet_gateway(InternetGatewayId=state["id"])


def create_subnet(state: State, context: Context) -> State:
    made = ec2(context).create_subnet(
        VpcId=state["vpc_id"],
        CidrBlock=state["cidr_block"],
        AvailabilityZone=state["availability_zone"],
        TagSpecifications=specification(state, context, "subnet"),
    )["Subnet"]["SubnetId"]
    if state["map_public_ip_on_launch"]:
        ec2(context).modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch={"Value": True})
    return {"id": made}


def create_route_table(state: State, context: Context) -> State:
    made = ec2(context).create_route_table(
        VpcId=state["vpc_id"], TagSpecifications=specification(state, context, "route-table")
    )
    return {"id": made["RouteTable"]["RouteTableId"]}


def create_route(state: State, context: Context) -> State:
    ec2(context).create_route(
        RouteTableId=state["route_table_id"],
        DestinationCidrBlock=state["destination_cidr_block"],
        GatewayId=state["gateway_id"],
    )
    return {"id": f"r-{state['route_table_id']}"}


def delete_route(state: State, context: Context) -> None:
    ec2(context).delete_route(
        RouteTableId=state["route_table_id"],
        DestinationCidrBlock=state["destination_cidr_block"],
    )


def associate(state: State, context: Context) -> State:
    made = ec2(context).associate_route_table(
        RouteTableId=state["route_table_id"], SubnetId=state["subnet_id"]
    )
    return {"id": made["AssociationId"]}


def create_endpoint(state: State, context: Context) -> State:
    made = ec2(context).create_vpc_endpoint(
        VpcId=state["vpc_id"],
        ServiceName=state["service_name"],
        VpcEndpointType=state["vpc_endpoint_type"],
        RouteTableIds=state["route_table_ids"],
        TagSpecifications=specification(state, context, "vpc-endpoint"),
    )
    return {"id": made["VpcEndpoint"]["VpcEndpointId"]}


def create_group(state: State, context: Context) -> State:
    made = ec2(context).create_security_group(
        GroupName=state["name"],
        Description=state["description"],
        VpcId=state["vpc_id"],
        TagSpecifications=specification(state, context, "security-group"),
    )["GroupId"]
    # The provider takes away the rule that AWS makes by itself.
    (group,) = ec2(context).describe_security_groups(GroupIds=[made])["SecurityGroups"]
    ec2(context).revoke_security_group_egress(
        GroupId=made, IpPermissions=group["IpPermissionsEgress"]
    )
    return {"id": made}


def permission(state: State) -> dict[str, Any]:
    found: dict[str, Any] = {"IpProtocol": state["ip_protocol"]}
    if state["from_port"] is not None:
        found |= {"FromPort": int(state["from_port"]), "ToPort": int(state["to_port"])}
    about = {"Description": state["description"]}
    if state["cidr_ipv4"]:
        return found | {"IpRanges": [{"CidrIp": state["cidr_ipv4"], **about}]}
    return found | {
        "UserIdGroupPairs": [{"GroupId": state["referenced_security_group_id"], **about}]
    }


def rule(direction: str) -> Resource:
    def create(state: State, context: Context) -> State:
        made = getattr(ec2(context), f"authorize_security_group_{direction}")(
            GroupId=state["security_group_id"], IpPermissions=[permission(state)]
        )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return {"id": made, "security_group_rule_id": made}

    def delete(state: State, context: Context) -> None:
        getattr(ec2(context), f"revoke_security_group_{direction}")(
            GroupId=state["security_group_id"], SecurityGroupRuleIds=[state["id"]]
        )

    return Resource(create, delete)


def remover(call: str, argument: str) -> Any:
    def delete(state: State, context: Context) -> None:
        getattr(ec2(context), call)(**{argument: state["id"]})

    return delete


def find_zones(given: State, context: Context) -> State:
    found = ec2(context).describe_instance_type_offerings(
        LocationType=given["location_type"],
        Filters=[{"Name": each["name"], "Values": each["values"]} for each in given["filter"]],
    )["InstanceTypeOfferings"]
    return {"id": "-", "locations": [each["Location"] for each in found]}


def find_subnet(given: State, context: Context) -> State:
    (found,) = ec2(context).describe_subnets(SubnetIds=[given["id"]])["Subnets"]
    return {"cidr_block": found["CidrBlock"], "vpc_id": found["VpcId"]}


RESOURCES.update(
    {
        "aws_vpc": Resource(create_vpc, remover("delete_vpc", "VpcId")),
        "aws_default_security_group": Resource(close_default_group),
        "aws_internet_gateway": Resource(create_gateway, delete_gateway),
        "aws_subnet": Resource(create_subnet, remover("delete_subnet", "SubnetId")),
        "aws_route_table": Resource(
            create_route_table, remover("delete_route_table", "RouteTableId")
        ),
        "aws_route": Resource(create_route, delete_route),
        "aws_route_table_association": Resource(
            associate, remover("disassociate_route_table", "AssociationId")
        ),
        "aws_vpc_endpoint": Resource(
            create_endpoint,
            lambda state, context: ec2(context).delete_vpc_endpoints(VpcEndpointIds=[state["id"]]),
        ),
        "aws_security_group": Resource(create_group, remover("delete_security_group", "GroupId")),
        "aws_vpc_security_group_ingress_rule": rule("ingress"),
        "aws_vpc_security_group_egress_rule": rule("egress"),
    }
)
DATA.update({"aws_ec2_instance_type_offerings": find_zones, "aws_subnet": find_subnet})
