# Who reaches what: you the page and SSH, the workers the master, and nobody anything else.

data "http" "caller" {
  count = length(var.allowed_cidrs) == 0 ? 1 : 0
  url   = "https://checkip.amazonaws.com"

  lifecycle {
    postcondition {
      condition     = can(cidrnetmask("${trimspace(self.response_body)}/32"))
      error_message = "Your public IPv4 address cannot be found out. Give it: -var 'allowed_cidrs=[\"203.0.113.7/32\"]'."
    }
  }
}

locals {
  cidrs = length(var.allowed_cidrs) > 0 ? toset(var.allowed_cidrs) : toset(["${trimspace(data.http.caller[0].response_body)}/32"])

  page_port = 8089
  # Workers join here, over TLS and with a token.
  join_port = 5557
}

resource "aws_security_group" "master" {
  name        = "${local.stack}-master"
  description = "Master of ${local.stack}: the page for you, the port for workers"
  vpc_id      = local.vpc_id
  tags        = local.tags
}

resource "aws_security_group" "worker" {
  name        = "${local.stack}-worker"
  description = "Workers of ${local.stack}: nothing listens there but SSH"
  vpc_id      = local.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "page" {
  for_each          = local.cidrs
  description       = "Page"
  security_group_id = aws_security_group.master.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = local.page_port
  to_port           = local.page_port
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "join" {
  description                  = "Workers"
  security_group_id            = aws_security_group.master.id
  referenced_security_group_id = aws_security_group.worker.id
  ip_protocol                  = "tcp"
  from_port                    = local.join_port
  to_port                      = local.join_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "master_ssh" {
  for_each          = var.enable_ssh ? local.cidrs : toset([])
  description       = "SSH"
  security_group_id = aws_security_group.master.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "worker_ssh" {
  for_each          = var.enable_ssh ? local.cidrs : toset([])
  description       = "SSH"
  security_group_id = aws_security_group.worker.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  tags              = local.tags
}

# The hosts under test may be anywhere; which of them are loaded is up to target_hosts.
resource "aws_vpc_security_group_egress_rule" "all" {
  for_each = {
    master = aws_security_group.master.id
    worker = aws_security_group.worker.id
  }
  description       = "Hosts under test, S3, Session Manager"
  security_group_id = each.value
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = local.tags
}
