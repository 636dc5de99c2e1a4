# What the plan is for given variables. Nothing is asked and nothing is made: all providers are mocks.

mock_provider "aws" {
  mock_data "aws_ec2_instance_type_offerings" {
    defaults = { locations = ["us-east-1b", "us-east-1a", "us-east-1-atl-1a"] }
  }
  mock_data "aws_ami" {
    defaults = { id = "ami-0123456789abcdef0", root_device_name = "/dev/sda1" }
  }
  mock_data "aws_subnet" {
    defaults = { cidr_block = "10.9.8.0/24" }
  }
}
mock_provider "archive" {}
mock_provider "http" {
  mock_data "http" {
    defaults = { response_body = "203.0.113.7\n" }
  }
}
mock_provider "external" {
  mock_data "external" {
    defaults = {
      result = {
        path          = "house.zip"
        sha256        = "0123456789abcdef0123"
        architecture  = "x86_64"
        before_usd    = "0.0000"
        since         = "1800000000"
        max_total_usd = "0.56"
      }
    }
  }
}
mock_provider "local" {}
mock_provider "random" {}
mock_provider "tls" {}

variables {
  target_hosts = ["shop.example"]
  package      = "tests/package.zip"
}

run "the_default_is_small" {
  command = plan

  assert {
    condition     = aws_instance.master.instance_type == "t3a.small" && aws_launch_template.worker["steady"].instance_type == "c7a.medium"
    error_message = "the default types"
  }
  assert {
    condition     = aws_autoscaling_group.workers.desired_capacity == 2 && aws_autoscaling_group.workers.min_size == 0
    error_message = "two workers, and none when it ends"
  }
  assert {
    condition     = aws_instance.master.private_ip == "10.42.0.10" && aws_subnet.this[0].availability_zone == "us-east-1a"
    error_message = "a fixed address in the first zone that has all types"
  }
  assert {
    condition     = output.estimated_usd_per_hour > 0.12 && output.estimated_usd_per_hour < 0.15 && output.max_total_usd == 0.56
    error_message = "the cost of the default"
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.page : rule.cidr_ipv4] == ["203.0.113.7/32"]
    error_message = "the page is for the caller alone"
  }
  assert {
    condition     = aws_instance.master.metadata_options[0].http_tokens == "required" && aws_launch_template.worker["steady"].metadata_options[0].http_tokens == "required"
    error_message = "metadata by token only"
  }
  assert {
    condition     = aws_instance.master.instance_initiated_shutdown_behavior == "terminate" && aws_launch_template.worker["steady"].instance_initiated_shutdown_behavior == "terminate"
    error_message = "a machine that turns itself off is gone"
  }
  assert {
    condition     = aws_instance.master.root_block_device[0].encrypted && aws_launch_template.worker["steady"].block_device_mappings[0].ebs[0].encrypted == "true"
    error_message = "encrypted disks"
  }
  assert {
    condition     = length(aws_budgets_budget.this) == 0 && length(aws_vpc_security_group_ingress_rule.master_ssh) == 1
    error_message = "no budget, and SSH"
  }
}

run "an_arm_package_takes_arm_machines" {
  command = plan

  override_data {
    target = data.external.wheelhouse
    values = { result = { path = "house.zip", sha256 = "0123456789abcdef0123", architecture = "arm64" } }
  }
  assert {
    condition     = aws_instance.master.instance_type == "t4g.small" && aws_launch_template.worker["steady"].instance_type == "c7g.medium"
    error_message = "Graviton"
  }
}

run "an_arm_package_refuses_other_machines" {
  command = plan

  override_data {
    target = data.external.wheelhouse
    values = { result = { path = "house.zip", sha256 = "0123456789abcdef0123", architecture = "arm64" } }
  }
  variables { worker_instance_types = ["c7a.large"] }
  expect_failures = [terraform_data.plan]
}

run "too_dear_is_refused" {
  command = plan
  variables { worker_count = 30 }
  expect_failures = [terraform_data.plan]
}

run "too_dear_in_all_is_refused" {
  command = plan
  override_data {
    target = data.external.spent
    values = { result = { before_usd = "24.9000", since = "1800000000", max_total_usd = "25.46" } }
  }
  expect_failures = [terraform_data.plan]
}

run "a_larger_disk_costs_more" {
  command = plan
  variables { disk_gb = 500 }
  assert {
    condition     = aws_instance.master.root_block_device[0].volume_size == 500 && aws_launch_template.worker["steady"].block_device_mappings[0].ebs[0].volume_size == 500
    error_message = "the disk of each node"
  }
  assert {
    condition     = output.estimated_usd_per_hour > 0.13 + 3 * 0.05
    error_message = "3 × 500 GB at $0.08 a month"
  }
}

run "a_type_without_a_price_is_refused" {
  command = plan
  variables { worker_instance_types = ["c9a.medium"] }
  expect_failures = [terraform_data.plan]
}

run "a_price_of_yours_is_taken" {
  command = plan
  variables {
    worker_instance_types = ["c9a.medium"]
    prices_usd_per_hour   = { "c9a.medium" = 0.2 }
  }
  assert {
    condition     = output.estimated_usd_per_hour > 0.43 && output.estimated_usd_per_hour < 0.44
    error_message = "0.0188 + 2 × 0.2 + 3 addresses and disks"
  }
}

run "another_region_has_other_prices" {
  command = plan
  variables { region = "eu-north-1" }
  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = ["eu-north-1a"] }
  }
  expect_failures = [check.prices_are_of_this_region]
}

run "a_t_type_is_warned_of" {
  command = plan
  variables { worker_instance_types = ["t3.small"] }
  expect_failures = [check.workers_hold_their_speed]
}

run "spot_takes_whatever_type_is_there" {
  command = plan
  variables {
    use_spot              = true
    worker_instance_types = ["c7a.medium", "c7a.large"]
  }
  assert {
    condition     = aws_autoscaling_group.workers.mixed_instances_policy[0].instances_distribution[0].spot_allocation_strategy == "price-capacity-optimized"
    error_message = "spot"
  }
  assert {
    condition     = [for each in aws_autoscaling_group.workers.mixed_instances_policy[0].launch_template[0].override : each.instance_type] == ["c7a.medium", "c7a.large"]
    error_message = "both types"
  }
  assert {
    condition     = output.estimated_usd_per_hour > 0.24
    error_message = "estimated at the dearer type"
  }
}

run "credits_are_a_setting_of_t_types_alone" {
  command = plan
  variables { worker_instance_types = ["c7a.medium", "t3.small", "c7a.large"] }
  assert {
    condition     = length(aws_launch_template.worker["steady"].credit_specification) == 0 && aws_launch_template.worker["steady"].instance_type == "c7a.medium"
    error_message = "none for a type that has no credits"
  }
  assert {
    condition     = aws_launch_template.worker["burstable"].credit_specification[0].cpu_credits == "standard" && aws_launch_template.worker["burstable"].instance_type == "t3.small"
    error_message = "slow instead of dear"
  }
  assert {
    condition     = length(aws_autoscaling_group.workers.mixed_instances_policy[0].launch_template[0].override) == 3
    error_message = "one group of all"
  }
  expect_failures = [check.workers_hold_their_speed]
}

run "ssh_can_be_closed" {
  command = plan
  variables { enable_ssh = false }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.master_ssh) + length(aws_vpc_security_group_ingress_rule.worker_ssh) == 0
    error_message = "no port 22"
  }
}

run "a_network_of_yours_is_used" {
  command = plan
  variables {
    vpc_id    = "vpc-11111111"
    subnet_id = "subnet-22222222"
  }
  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.this) + length(aws_internet_gateway.this) + length(aws_vpc_endpoint.s3) == 0
    error_message = "nothing of a network is made"
  }
  assert {
    condition     = aws_instance.master.subnet_id == "subnet-22222222" && aws_instance.master.private_ip == "10.9.8.10"
    error_message = "the tenth host of the subnet"
  }
}

run "the_world_needs_a_word" {
  command = plan
  variables { allowed_cidrs = ["0.0.0.0/0"] }
  expect_failures = [var.allowed_cidrs]
}

run "with_the_word_it_is_open" {
  command = plan
  variables {
    allowed_cidrs = ["0.0.0.0/0"]
    allow_world   = true
  }
  assert {
    condition     = length(data.http.caller) == 0
    error_message = "nobody is asked for the caller's address"
  }
}

run "a_budget_tells" {
  command = plan
  variables { budget_email = "you@example.com" }
  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "1.00"
    error_message = "at least a dollar"
  }
}

run "no_target_is_refused" {
  command = plan
  variables { target_hosts = [] }
  expect_failures = [var.target_hosts]
}

# What is known only when it is made. These come last, since they leave a state behind.

run "a_master_without_a_public_address_is_reached_by_its_private_one" {
  command = apply
  variables {
    vpc_id    = "vpc-11111111"
    subnet_id = "subnet-22222222"
  }
  override_resource {
    target = aws_instance.master
    values = { id = "i-0123456789abcdef0", public_ip = "" }
  }
  assert {
    condition     = output.ui_url == "https://10.9.8.10:8089" && output.master_ip == "10.9.8.10" && !output.has_public_address
    error_message = "no address is left out of a URL"
  }
  assert {
    condition     = strcontains(output.tunnel_command, "--target i-0123456789abcdef0 --document-name AWS-StartPortForwardingSession --parameters portNumber=8089,localPortNumber=8089")
    error_message = "the way to it"
  }
}

run "an_image_of_yours_has_its_own_root" {
  # What was kept of the image is known when it is made.
  command = apply
  variables { ami_id = "ami-0fedcba9876543210" }
  override_data {
    target = data.aws_ami.given
    values = { id = "ami-0fedcba9876543210", root_device_name = "/dev/xvda" }
  }
  assert {
    condition     = aws_launch_template.worker["steady"].block_device_mappings[0].device_name == "/dev/xvda" && aws_instance.master.ami == "ami-0fedcba9876543210"
    error_message = "the disk that is encrypted is the root of the image"
  }
}
