# What the cluster costs, before it is there. Transfer of data comes on top: about $0.09 for a GB
# that leaves AWS.

locals {
  # On demand, Linux, us-east-1. Written down from memory and not compared with AWS's list: check
  # before relying on it, and correct it with prices_usd_per_hour.
  prices_date   = "2026-11 (us-east-1, from memory, not checked)"
  prices_source = "https://aws.amazon.com/ec2/pricing/on-demand/"
  known_prices = {
    "t3.micro"   = 0.0104
    "t3.small"   = 0.0208
    "t3a.small"  = 0.0188
    "t3a.medium" = 0.0376
    "t4g.small"  = 0.0168
    "t4g.medium" = 0.0336
    "c7a.medium" = 0.0513
    "c7a.large"  = 0.1026
    "c7a.xlarge" = 0.2053
    "c6i.large"  = 0.0850
    "c7i.large"  = 0.0893
    "c6g.medium" = 0.0340
    "c7g.medium" = 0.0363
    "c7g.large"  = 0.0725
    "c7g.xlarge" = 0.1450
  }
  address_price = 0.005
  # Of the root volume: gp3 at $0.08 for a GB and month.
  disk_price = var.disk_gb * 0.08 / 730

  prices         = merge(local.known_prices, var.prices_usd_per_hour)
  unknown_prices = [for type in local.all_types : type if !contains(keys(local.prices), type)]
  # Spot may be any of the types, and never costs more than the type on demand.
  worker_price = max(concat([0], [for type in local.worker_types : lookup(local.prices, type, 0)])...)

  usd_per_hour = tonumber(format("%.4f",
    lookup(local.prices, local.master_type, 0)
    + var.worker_count * local.worker_price
    + (1 + var.worker_count) * (local.address_price + local.disk_price)
  ))

  # From the first apply to the end, through all leases and sizes, if it stays as it is planned.
  max_total_usd = tonumber(data.external.spent.result.max_total_usd)
}

# What was spent before stands in the output `spent`: a renewed lease or another size goes on from it.
data "external" "spent" {
  program = ["python3", "${path.module}/node/spent.py"]
  query = {
    now          = plantimestamp()
    workspace    = terraform.workspace
    lease        = var.lease
    ttl_hours    = var.ttl_hours
    usd_per_hour = local.usd_per_hour
  }
}

check "prices_are_of_this_region" {
  assert {
    condition     = var.region == "us-east-1" || length(setsubtract(local.all_types, keys(var.prices_usd_per_hour))) == 0
    error_message = "The cost is counted by prices of us-east-1, and those of ${var.region} are often higher: look them up and give them as prices_usd_per_hour."
  }
}

# What is not to be paid is refused before anything is made.
resource "terraform_data" "plan" {
  lifecycle {
    precondition {
      condition     = length(local.unknown_prices) == 0
      error_message = "The price of ${join(", ", local.unknown_prices)} is not known here. Look it up and give it: prices_usd_per_hour = { \"${try(local.unknown_prices[0], "")}\" = 0.1 }."
    }
    precondition {
      condition     = local.usd_per_hour <= var.max_usd_per_hour
      error_message = format("This cluster costs $%.2f an hour, more than max_usd_per_hour = %g. Take fewer or smaller servers, or raise the limit in main.tf.", local.usd_per_hour, var.max_usd_per_hour)
    }
    precondition {
      condition     = local.max_total_usd <= var.max_usd_in_all
      error_message = format("From the first apply to its end, with all its leases, this cluster would cost $%.2f, more than max_usd_in_all = %g. Destroy it and begin anew, or raise the limit.", local.max_total_usd, var.max_usd_in_all)
    }
    precondition {
      condition     = length(local.wrong_types) == 0
      error_message = "${join(", ", local.wrong_types)}: not a type for the package, which is built for ${local.architecture}. Choose types of this architecture, or another package."
    }
  }
}
