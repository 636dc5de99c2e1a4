# Terraform and the providers. No module of a registry is used: what is made stands in this folder.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws      = { source = "hashicorp/aws", version = ">= 6.25, < 7" }
    archive  = { source = "hashicorp/archive", version = ">= 2.7, < 3" }
    external = { source = "hashicorp/external", version = ">= 2.3, < 3" }
    http     = { source = "hashicorp/http", version = ">= 3.5, < 4" }
    local    = { source = "hashicorp/local", version = ">= 2.6, < 3" }
    random   = { source = "hashicorp/random", version = ">= 3.7, < 4" }
    tls      = { source = "hashicorp/tls", version = ">= 4.1, < 5" }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { "gregaria-name" = var.name }
  }
}

# Tells stacks of one name apart, also those of other people in the account.
resource "random_id" "stack" {
  byte_length = 3
}

locals {
  stack = "${var.name}-${random_id.stack.hex}"
  # On everything that is made, so that what is left of a stack can be found. The tags of the
  # provider cannot hold it, since they have to be known before anything is made.
  tags = { Name = local.stack, "gregaria-stack" = local.stack }
}
