# What only the nodes and you may know. None of it is in the user data; all of it is in the state of
# Terraform, so keep that private. AWS holds it as SecureString parameters.

# Certificate of the page and of the port for workers, who know the master by its fingerprint.
resource "tls_private_key" "master" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}

resource "tls_self_signed_cert" "master" {
  private_key_pem       = tls_private_key.master.private_key_pem
  validity_period_hours = 24 * 365
  early_renewal_hours   = 0
  allowed_uses          = ["digital_signature", "server_auth"]
  dns_names             = ["localhost", "gregaria-master"]
  ip_addresses          = ["127.0.0.1", local.master_ip]

  subject {
    common_name = local.stack
  }
}

# Only a file's hash is that of bytes and not of text, and the fingerprint is one of bytes.
resource "local_file" "certificate" {
  filename       = "${path.module}/.gregaria/master.der"
  content_base64 = replace(trimspace(replace(tls_self_signed_cert.master.cert_pem, "/-----[A-Z ]+-----/", "")), "\n", "")
}

resource "random_password" "page" {
  length  = 24
  special = false
}

resource "random_password" "join" {
  length  = 48
  special = false
}

locals {
  page_user = "operator"
  # By themselves, since the name of a resource must not be a secret.
  secret_names = ["join-token", "web-users", "page-key"]
  secrets = {
    join-token = random_password.join.result
    web-users  = "operator ${local.page_user} ${random_password.page.result}\n"
    page-key   = tls_private_key.master.private_key_pem
  }
}

resource "aws_ssm_parameter" "secret" {
  for_each = toset(local.secret_names)
  name     = "/${local.stack}/${each.key}"
  type     = "SecureString"
  value    = local.secrets[each.key]
  tags     = local.tags
}

# For SSH. Always there, since another key needs another machine: enable_ssh opens the port alone.
resource "tls_private_key" "ssh" {
  algorithm = "RSA"
  rsa_bits  = 4096
}

resource "aws_key_pair" "ssh" {
  key_name   = local.stack
  public_key = tls_private_key.ssh.public_key_openssh
  tags       = local.tags
}
