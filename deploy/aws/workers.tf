# The nodes that make load. They fetch the test from the master, and only from there.

locals {
  group = "${local.stack}-workers"
  # That of the type which is tried first.
  template = aws_launch_template.worker[local.kind_of_worker[local.worker_types[0]]]
}

resource "aws_launch_template" "worker" {
  for_each                             = toset(values(local.kind_of_worker))
  name                                 = each.key == local.kind_of_worker[local.worker_types[0]] ? local.group : "${local.group}-${each.key}"
  description                          = "A worker of ${local.stack}"
  image_id                             = local.image.id
  instance_type                        = [for type in local.worker_types : type if local.kind_of_worker[type] == each.key][0]
  key_name                             = aws_key_pair.ssh.key_name
  user_data                            = local.user_data.worker
  vpc_security_group_ids               = [aws_security_group.worker.id]
  instance_initiated_shutdown_behavior = "terminate"
  update_default_version               = true
  tags                                 = local.tags

  iam_instance_profile {
    name = aws_iam_instance_profile.node["worker"].name
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = local.image.root_device_name
    ebs {
      volume_type           = "gp3"
      volume_size           = var.disk_gb
      encrypted             = true
      delete_on_termination = true
    }
  }

  dynamic "credit_specification" {
    for_each = each.key == "burstable" ? ["standard"] : []
    content {
      cpu_credits = credit_specification.value
    }
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = merge(local.tags, { Name = local.group })
    }
  }
}

resource "aws_autoscaling_group" "workers" {
  name                = local.group
  min_size            = 0
  max_size            = var.worker_count
  desired_capacity    = var.worker_count
  vpc_zone_identifier = [local.subnet_id]
  health_check_type   = "EC2"
  force_delete        = true
  # A type that is sold out must not hold up the rest: who is missing is shown by `gregaria cloud`.
  wait_for_capacity_timeout = "0"

  dynamic "launch_template" {
    for_each = var.use_spot || length(local.worker_types) > 1 ? [] : [1]
    content {
      id      = local.template.id
      version = local.template.latest_version
    }
  }

  dynamic "mixed_instances_policy" {
    for_each = var.use_spot || length(local.worker_types) > 1 ? [1] : []
    content {
      instances_distribution {
        on_demand_base_capacity                  = 0
        on_demand_percentage_above_base_capacity = var.use_spot ? 0 : 100
        on_demand_allocation_strategy            = "prioritized"
        spot_allocation_strategy                 = "price-capacity-optimized"
      }
      launch_template {
        launch_template_specification {
          launch_template_id = local.template.id
          version            = local.template.latest_version
        }
        dynamic "override" {
          for_each = local.worker_types
          content {
            instance_type = override.value
            launch_template_specification {
              launch_template_id = aws_launch_template.worker[local.kind_of_worker[override.value]].id
              version            = aws_launch_template.worker[local.kind_of_worker[override.value]].latest_version
            }
          }
        }
      }
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, { Name = local.group, "gregaria-name" = var.name })
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  # What it fetches, and what it needs to do so: its rights, and a way to AWS. At the destruction, both
  # outlast it.
  depends_on = [
    aws_s3_object.wheelhouse, aws_s3_object.cluster, aws_ssm_parameter.secret, terraform_data.plan,
    aws_iam_role_policy.node, aws_iam_role_policy.worker, aws_route.internet, aws_route_table_association.this,
  ]
}
