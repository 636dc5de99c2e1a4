locals {
  # A subnet of yours may give none, and then there is only the private one.
  has_public_address = try(length(aws_instance.master.public_ip), 0) > 0
  reached_at         = local.has_public_address ? aws_instance.master.public_ip : local.master_ip
}

output "ui_url" {
  description = "The page. A browser warns of the certificate once: compare its fingerprint. In a subnet without public addresses it is the private one: see tunnel_command."
  value       = "https://${local.reached_at}:${local.page_port}"
}

output "ui_user" {
  description = "Who signs in."
  value       = local.page_user
}

output "ui_password" {
  description = "The password: terraform output -raw ui_password. Scripts send it as `Authorization: Bearer`."
  value       = random_password.page.result
  sensitive   = true
}

output "certificate_fingerprint" {
  description = "SHA-256 of the certificate of the page and of the port for workers."
  value       = local_file.certificate.content_sha256
}

output "certificate" {
  description = "The certificate itself, for curl --cacert."
  value       = tls_self_signed_cert.master.cert_pem
}

output "private_key_pem" {
  description = "Key for SSH as ubuntu: terraform output -raw private_key_pem > key.pem && chmod 600 key.pem."
  value       = tls_private_key.ssh.private_key_pem
  sensitive   = true
}

output "master_ip" {
  description = "Address of the master: the public one if it has one, else the private one."
  value       = local.reached_at
}

output "expires_at" {
  description = "When everything ends by itself. Renew it with -var lease=2."
  value       = local.expires_at
}

output "estimated_usd_per_hour" {
  description = "What it costs in an hour, by the prices in cost.tf and without transfer of data."
  value       = local.usd_per_hour
}

output "max_total_usd" {
  description = "What it costs at most from the first apply to expires_at, all leases and sizes together, if it stays as large as it is. Nothing ends when it is reached: expires_at ends everything before. A plan beyond max_usd_in_all is refused."
  value       = local.max_total_usd
}

output "ssh_command" {
  description = "A shell on the master."
  value       = var.enable_ssh ? "ssh -i key.pem ubuntu@${local.reached_at}" : "(enable_ssh is false)"
}

output "ssm_command" {
  description = "A shell on the master without SSH, by Session Manager."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.master.id}"
}

output "tunnel_command" {
  description = "Brings the page to https://127.0.0.1:8089 of your machine, where its own address cannot be reached: by Session Manager, whose plugin AWS's program needs."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.master.id} --document-name AWS-StartPortForwardingSession --parameters portNumber=${local.page_port},localPortNumber=${local.page_port}"
}

output "has_public_address" {
  description = "Whether the page can be reached from the internet, by allowed_cidrs."
  value       = local.has_public_address
}

output "spent" {
  description = "What was spent before the present price counted, and since when it does (seconds since 1970). The next plan goes on from it."
  value = {
    before_usd   = tonumber(data.external.spent.result.before_usd)
    since        = tonumber(data.external.spent.result.since)
    usd_per_hour = local.usd_per_hour
    lease        = var.lease
    starts_at    = local.starts_at
    expires_at   = local.expires_at
  }
}

output "results_command" {
  description = "Copies the results. terraform destroy deletes them."
  value       = "aws s3 sync s3://${aws_s3_bucket.this.id}/results/ results/ --region ${var.region}"
}

output "stack" {
  description = "Name of this stack, and the value of its tag gregaria-stack."
  value       = local.stack
}

output "region" {
  description = "Where it stands."
  value       = var.region
}

output "bucket" {
  description = "Where software, test and results are."
  value       = aws_s3_bucket.this.id
}

output "master_instance" {
  description = "Id of the master."
  value       = aws_instance.master.id
}

output "worker_group" {
  description = "The auto-scaling group of the workers."
  value       = aws_autoscaling_group.workers.name
}

output "worker_count" {
  description = "How many workers there are meant to be."
  value       = var.worker_count
}

output "starts_at" {
  description = "When the lease began."
  value       = local.starts_at
}
