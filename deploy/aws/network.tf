# One public subnet and no NAT gateway, which would cost more than the master. Given vpc_id and
# subnet_id, nothing of this is made.

locals {
  makes_network = var.vpc_id == null
  vpc_id        = local.makes_network ? aws_vpc.this[0].id : var.vpc_id
  subnet_id     = local.makes_network ? aws_subnet.this[0].id : var.subnet_id
  subnet_cidr   = local.makes_network ? aws_subnet.this[0].cidr_block : data.aws_subnet.given[0].cidr_block
  # Known before any node is there, so workers start beside the master and outlive another one.
  master_ip = coalesce(var.master_private_ip, cidrhost(local.subnet_cidr, 10))
}

data "aws_subnet" "given" {
  count = local.makes_network ? 0 : 1
  id    = var.subnet_id
}

# One zone, since traffic between zones is charged: one that has all the types.
data "aws_ec2_instance_type_offerings" "zones" {
  for_each      = local.makes_network ? toset(local.all_types) : toset([])
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [each.value]
  }
}

locals {
  offerings = [for found in data.aws_ec2_instance_type_offerings.zones : toset(found.locations)]
  common    = length(local.offerings) > 0 ? sort(setintersection(local.offerings...)) : []
  # A Local Zone (us-east-1-atl-1a) has other prices, and is closed until one asks for it.
  zones = [for zone in local.common : zone if can(regex("^${var.region}[a-z]$", zone))]
}

resource "aws_vpc" "this" {
  count                = local.makes_network ? 1 : 0
  cidr_block           = "10.42.0.0/24"
  enable_dns_hostnames = true
  tags                 = local.tags
}

# Closed for what names no group of its own.
resource "aws_default_security_group" "this" {
  count  = local.makes_network ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = local.tags
}

resource "aws_internet_gateway" "this" {
  count  = local.makes_network ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = local.tags
}

resource "aws_subnet" "this" {
  count                   = local.makes_network ? 1 : 0
  vpc_id                  = aws_vpc.this[0].id
  cidr_block              = "10.42.0.0/25"
  availability_zone       = local.zones[0]
  map_public_ip_on_launch = true
  tags                    = local.tags

  lifecycle {
    precondition {
      condition     = length(local.zones) > 0
      error_message = "No zone of ${var.region} has all of ${join(", ", local.all_types)}. Choose other types or another region."
    }
  }
}

resource "aws_route_table" "this" {
  count  = local.makes_network ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = local.tags
}

resource "aws_route" "internet" {
  count                  = local.makes_network ? 1 : 0
  route_table_id         = aws_route_table.this[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "this" {
  count          = local.makes_network ? 1 : 0
  subnet_id      = aws_subnet.this[0].id
  route_table_id = aws_route_table.this[0].id
}

# Costs nothing, and keeps the nodes' traffic with S3 off the internet gateway.
resource "aws_vpc_endpoint" "s3" {
  count             = local.makes_network ? 1 : 0
  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.this[0].id]
  tags              = local.tags
}
