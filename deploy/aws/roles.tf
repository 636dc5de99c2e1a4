# What the nodes may do: read the software, the test and their secrets; write what is their own;
# end workers; be reached by Session Manager.

data "aws_partition" "this" {}
data "aws_caller_identity" "this" {}

locals {
  account    = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  parameters = "arn:${local.partition}:ssm:${var.region}:${local.account}:parameter/${local.stack}"

  # Of any identity, so that the roles are complete before the group is there.
  group_arn = "arn:${local.partition}:autoscaling:${var.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${local.group}"

  # A worker learns how to join, and nothing of the page.
  node_secrets = {
    master = local.secret_names
    worker = ["join-token"]
  }
}

resource "aws_iam_role" "node" {
  for_each    = toset(["master", "worker"])
  name        = "${local.stack}-${each.key}"
  description = "The ${each.key} of ${local.stack}"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_instance_profile" "node" {
  for_each = aws_iam_role.node
  name     = each.value.name
  role     = each.value.name
  tags     = local.tags
}

# A shell by Session Manager, and no more of Systems Manager: AWS's own policy for it would let a
# node read every parameter of the account. None of these actions reads one.
resource "aws_iam_role_policy" "session_manager" {
  # checkov:skip=CKV_AWS_290: as AWS writes it for sessions alone
  # checkov:skip=CKV_AWS_355: channels have no resource of their own in AWS
  for_each = aws_iam_role.node
  name     = "session-manager"
  role     = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "OpenSessions"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy" "node" {
  for_each = aws_iam_role.node
  name     = "node"
  role     = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSoftwareTestAndLease"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["${aws_s3_bucket.this.arn}/bundle/*", "${aws_s3_bucket.this.arn}/control/*"]
      },
      {
        # An instance of a role is called ROLE-ID:INSTANCE-ID, so each writes to its own folder.
        Sid      = "WriteOwnState"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.this.arn}/nodes/$${aws:userid}/*"
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = [for name in local.node_secrets[each.key] : "${local.parameters}/${name}"]
      },
    ]
  })
}

# A worker whose time is over leaves the group, and the group does not put another in its place.
resource "aws_iam_role_policy" "worker" {
  name = "worker"
  role = aws_iam_role.node["worker"].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "LeaveGroup"
      Effect   = "Allow"
      Action   = "autoscaling:TerminateInstanceInAutoScalingGroup"
      Resource = local.group_arn
    }]
  })
}

# The master sees how the nodes are, keeps results, sends the workers home when nothing runs,
# and sees that they are gone.
resource "aws_iam_role_policy" "master" {
  name = "master"
  role = aws_iam_role.node["master"].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "SeeNodes"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.this.arn
        Condition = { StringLike = { "s3:prefix" = "nodes/*" } }
      },
      {
        Sid      = "ReadStateOfNodes"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "${aws_s3_bucket.this.arn}/nodes/*"
      },
      {
        Sid      = "WriteResults"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${aws_s3_bucket.this.arn}/results/$${aws:userid}/*"
      },
      {
        Sid      = "EndWorkersWhenIdle"
        Effect   = "Allow"
        Action   = "autoscaling:SetDesiredCapacity"
        Resource = local.group_arn
      },
      {
        # AWS knows no narrower resource for it. It tells of groups, and changes none.
        Sid      = "SeeWorkersEnd"
        Effect   = "Allow"
        Action   = "autoscaling:DescribeAutoScalingGroups"
        Resource = "*"
      },
    ]
  })
}
