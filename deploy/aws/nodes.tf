# What a node is told at its first start. It holds no secret, and nothing that changes with the
# test: no node is replaced for a new locustfile.

locals {
  node = {
    stack       = local.stack
    region      = var.region
    endpoint    = var.node_endpoint_url
    bucket      = aws_s3_bucket.this.id
    wheelhouse  = { key = "bundle/wheelhouse-${substr(local.wheelhouse.sha256, 0, 16)}.zip", sha256 = local.wheelhouse.sha256, python = var.python_version }
    certificate = tls_self_signed_cert.master.cert_pem
    fingerprint = local_file.certificate.content_sha256
    master      = local.master_ip
    join_port   = local.join_port
    page_port   = local.page_port
    # The end that a node keeps even if it never reaches the bucket.
    longest_life_s = floor(var.ttl_hours * 3600)
  }

  role_of_node = {
    master = {
      role    = "master"
      role_id = aws_iam_role.node["master"].unique_id
      secrets = local.node_secrets.master
      grace_s = 0
      group   = local.group
    }
    worker = {
      role    = "worker"
      role_id = aws_iam_role.node["worker"].unique_id
      secrets = local.node_secrets.worker
      # The group may replace a worker that is off, so its schedule and the master come first.
      grace_s = 900
      group   = null
    }
  }

  # User data have 16 KiB: what only a reader needs stays here.
  programs = {
    for name in ["aws", "node", "watch", "ending"] : name => replace(
      replace(file("${path.module}/node/${name}.py"), "/(?m)^ *#.*\n/", ""),
      "/(?m)^( *)\"\"\".*\"\"\"$/", "$1\"\""
    )
  }

  user_data = {
    for role, own in local.role_of_node : role => base64gzip(templatefile("${path.module}/templates/cloud-init.yaml.tftpl", {
      config  = jsonencode(merge(local.node, own))
      aws     = local.programs.aws
      node    = local.programs.node
      watch   = local.programs.watch
      ending  = local.programs.ending
      service = file("${path.module}/templates/gregaria-${role}.service")
      sysctl  = file("${path.module}/templates/sysctl.conf")
    }))
  }
}

# Another package or another Python is another software: the master is made anew for it, and not
# for the rest of its user data. Workers that are there keep what they have.
resource "terraform_data" "software" {
  input = local.wheelhouse.sha256
}
