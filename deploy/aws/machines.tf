# What the nodes are: the package decides on the architecture, and all else follows it.

data "external" "wheelhouse" {
  program = ["python3", "${path.module}/node/wheelhouse.py"]
  query = {
    package        = var.package == null ? try(one(local.packages), "") : var.package
    requirements   = fileexists("${var.locust_dir}/requirements.txt") ? "${var.locust_dir}/requirements.txt" : ""
    python_version = var.python_version
    folder         = "${path.module}/.gregaria"
  }

  lifecycle {
    precondition {
      condition     = var.package != null || length(local.packages) == 1
      error_message = "There is no single wheel of gregaria in wheels/ or ../../dist/. Build it with `make wheel`, or name it: -var package=PATH."
    }
  }
}

locals {
  packages = concat(
    [for name in fileset(path.module, "wheels/gregaria-*.whl") : "${path.module}/${name}"],
    [for name in fileset(path.module, "../../dist/gregaria-*.whl") : "${path.module}/${name}"],
  )

  wheelhouse   = data.external.wheelhouse.result
  architecture = local.wheelhouse.architecture
  is_arm       = local.architecture == "arm64"

  master_type  = coalesce(var.master_instance_type, local.is_arm ? "t4g.small" : "t3a.small")
  worker_types = length(var.worker_instance_types) > 0 ? var.worker_instance_types : [local.is_arm ? "c7g.medium" : "c7a.medium"]
  all_types    = distinct(concat([local.master_type], local.worker_types))

  # A letter g after the generation is a Graviton: c7g, t4g, m6gd. a1 was the first of them.
  arm_types   = [for type in local.all_types : type if can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", type))]
  wrong_types = local.is_arm ? setsubtract(local.all_types, local.arm_types) : toset(local.arm_types)

  # Credits are a setting of T types alone, and AWS refuses it for others: each kind has a template.
  kind_of_worker = { for type in local.worker_types : type => startswith(type, "t") ? "burstable" : "steady" }

  burstable_workers = [for type in local.worker_types : type if startswith(type, "t")]

  newest_image = var.ami_id == null ? data.aws_ami.ubuntu[0] : data.aws_ami.given[0]
  image        = terraform_data.image.output
}

# The image of the first apply stays that of the cluster: a newer one must replace no machine in the
# midst of a test, and no two nodes differ. `terraform apply -replace=terraform_data.image` takes the newest.
resource "terraform_data" "image" {
  input            = { id = local.newest_image.id, root_device_name = local.newest_image.root_device_name }
  triggers_replace = [coalesce(var.ami_id, "ubuntu-24.04-${local.architecture}")]

  lifecycle {
    ignore_changes = [input]
  }
}

data "aws_ami" "ubuntu" {
  count       = var.ami_id == null ? 1 : 0
  owners      = ["099720109477"] # Canonical
  most_recent = true

  filter {
    name   = "name"
    values = ["ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${local.is_arm ? "arm64" : "amd64"}-server-*"]
  }
  filter {
    name   = "architecture"
    values = [local.architecture]
  }
}

data "aws_ami" "given" {
  count = var.ami_id == null ? 0 : 1

  filter {
    name   = "image-id"
    values = [var.ami_id]
  }
}

check "workers_hold_their_speed" {
  assert {
    condition     = length(local.burstable_workers) == 0
    error_message = "${join(", ", local.burstable_workers)}: workers of a T type are slowed down when their credits are used up, and the figures of a test are wrong then. Take a C type."
  }
}
