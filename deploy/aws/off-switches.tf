# Everything ends by itself, by three switches that do not need each other:
#
#   at T            AWS takes the group of workers to 0
#   at T            the master takes the group to 0 and turns itself off (a timer on the node), and
#                   is terminated by that
#   at T +  5 min   AWS terminates the master, in case it did not
#   at T + 15 min   workers turn themselves off, in case AWS left them. Each first makes the group
#                   smaller by one, which would put another in its place
#
# A schedule needs what it ends: it is made after it and, as Terraform destroys in the opposite
# order, gone before it. An apply or a destroy that stops in between leaves machines without a
# schedule, and no order of resources changes that. The timers on the nodes end those, too.
#
# What is left then costs nothing but the bytes in S3, which are gone after 30 days.

# The hour of birth: a time that stays when Terraform is run again, and begins anew with the lease.
resource "terraform_data" "lease" {
  input            = plantimestamp()
  triggers_replace = [var.lease]

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  starts_at  = terraform_data.lease.output
  expires_at = timeadd(local.starts_at, "${floor(var.ttl_hours * 60)}m")
}

resource "aws_autoscaling_schedule" "end" {
  scheduled_action_name  = "end"
  autoscaling_group_name = aws_autoscaling_group.workers.name
  start_time             = local.expires_at
  min_size               = 0
  max_size               = 0
  desired_capacity       = 0

  lifecycle {
    precondition {
      condition     = timecmp(local.expires_at, plantimestamp()) > 0
      error_message = "This cluster ended at ${local.expires_at}. Begin anew with -var lease=NEXT, or take away what is left: terraform destroy."
    }
  }
}

resource "aws_scheduler_schedule" "end" {
  name                         = "${local.stack}-end"
  description                  = "Terminates the master of ${local.stack}, should it not have ended by itself"
  schedule_expression          = "at(${formatdate("YYYY-MM-DD'T'hh:mm:ss", timeadd(local.expires_at, "5m"))})"
  schedule_expression_timezone = "UTC"
  action_after_completion      = "DELETE"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:ec2:terminateInstances"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ InstanceIds = [aws_instance.master.id] })
  }
}

resource "aws_iam_role" "scheduler" {
  name        = "${local.stack}-end"
  description = "Lets the schedule of ${local.stack} terminate its master"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "end"
  role = aws_iam_role.scheduler.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ec2:TerminateInstances"
      Resource = aws_instance.master.arn
    }]
  })
}

# AWS counts costs hours late: this tells, it does not end anything.
resource "aws_budgets_budget" "this" {
  count        = var.budget_email == null ? 0 : 1
  name         = local.stack
  budget_type  = "COST"
  limit_amount = format("%.2f", max(1, local.max_total_usd))
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:gregaria-stack", local.stack])]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = [var.budget_email]
  }
}
