# Looks at what there is of a stack and changes nothing. `gregaria cloud` uses it for `status`, and
# after `down` to prove that nothing is left.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.25, < 7" }
  }
}

variable "region" {
  type        = string
  description = "Where the stack stands."
}

variable "stack" {
  type        = string
  description = "Value of the tag gregaria-stack."
}

variable "bucket" {
  type        = string
  default     = null
  description = "Where the nodes say how they are. Null: that is not asked."
}

provider "aws" {
  region = var.region
}

data "aws_instances" "live" {
  instance_state_names = ["pending", "running", "stopping", "stopped", "shutting-down"]
  instance_tags        = { "gregaria-stack" = var.stack }
}

# Who still has an address: one that ends is listed without it, or with it, as AWS pleases.
data "aws_instances" "running" {
  instance_state_names = ["pending", "running"]
  instance_tags        = { "gregaria-stack" = var.stack }
}

data "aws_ebs_volumes" "left" {
  tags = { "gregaria-stack" = var.stack }
}

data "aws_vpcs" "left" {
  tags = { "gregaria-stack" = var.stack }
}

data "aws_autoscaling_groups" "left" {
  filter {
    name   = "tag:gregaria-stack"
    values = [var.stack]
  }
}

data "aws_s3_objects" "nodes" {
  count  = var.bucket == null ? 0 : 1
  bucket = var.bucket
  prefix = "nodes/"
}

data "aws_s3_object" "state" {
  for_each = toset([for key in try(data.aws_s3_objects.nodes[0].keys, []) : key if endswith(key, "/state.json")])
  bucket   = var.bucket
  key      = each.value
}

output "instances" {
  description = "Ids of the machines that have not ended."
  value       = data.aws_instances.live.ids
}

output "running" {
  description = "Ids of those that run or are about to."
  value       = data.aws_instances.running.ids
}

output "addresses" {
  description = "Private addresses of those that run, in the same order."
  value       = data.aws_instances.running.private_ips
}

output "volumes" {
  description = "Disks."
  value       = data.aws_ebs_volumes.left.ids
}

output "networks" {
  description = "VPCs."
  value       = data.aws_vpcs.left.ids
}

output "groups" {
  description = "Auto-scaling groups."
  value       = data.aws_autoscaling_groups.left.names
}

output "nodes" {
  description = "What the nodes say of themselves, by instance."
  value       = { for key, object in data.aws_s3_object.state : element(split(":", split("/", key)[1]), 1) => jsondecode(object.body) }
}
