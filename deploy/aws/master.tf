# The one node that you talk to. It serves the page and leads the workers.

resource "aws_instance" "master" {
  ami                                  = local.image.id
  instance_type                        = local.master_type
  subnet_id                            = local.subnet_id
  private_ip                           = local.master_ip
  vpc_security_group_ids               = [aws_security_group.master.id]
  iam_instance_profile                 = aws_iam_instance_profile.node["master"].name
  key_name                             = aws_key_pair.ssh.key_name
  user_data_base64                     = local.user_data.master
  user_data_replace_on_change          = false
  instance_initiated_shutdown_behavior = "terminate"
  tags                                 = merge(local.tags, { Name = "${local.stack}-master" })
  volume_tags                          = local.tags

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = var.disk_gb
    encrypted   = true
  }

  # A T type beyond its credits becomes slow instead of dear.
  dynamic "credit_specification" {
    for_each = startswith(local.master_type, "t") ? ["standard"] : []
    content {
      cpu_credits = credit_specification.value
    }
  }

  lifecycle {
    ignore_changes       = [user_data_base64]
    replace_triggered_by = [terraform_data.software]
  }

  # What it fetches, and what it needs to do so: its rights, and a way to AWS. At the destruction, both
  # outlast it.
  depends_on = [
    aws_s3_object.test, aws_s3_object.wheelhouse, aws_s3_object.cluster, aws_ssm_parameter.secret, terraform_data.plan,
    aws_iam_role_policy.node, aws_iam_role_policy.master, aws_route.internet, aws_route_table_association.this,
  ]
}
