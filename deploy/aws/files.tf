# What the nodes fetch, and what they leave behind: one private bucket.

resource "aws_s3_bucket" "this" {
  bucket_prefix = "${local.stack}-"
  # Results are copied before the end: see the output results_command.
  force_destroy = true
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "forget"
    status = "Enabled"

    filter {}
    expiration {
      days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# Nobody reads or writes it without TLS.
resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# The test. A changed locustfile changes this object and nothing else: the master fetches it and
# offers it to idle workers.
data "archive_file" "test" {
  type        = "zip"
  source_dir  = var.locust_dir
  output_path = "${path.module}/.gregaria/test.zip"
  # What Python and editors leave, and what only you may have: every worker reads what is sent.
  excludes = [
    "**/__pycache__/**", "**/.*", "**/.*/**", "**/*.log", "**/*.pyc",
    "**/*.tfstate*", "**/*.tfvars*", "**/*.pem", "**/plan.out", "results/**",
  ]
}

resource "aws_s3_object" "test" {
  bucket       = aws_s3_bucket.this.id
  key          = "bundle/test.zip"
  source       = data.archive_file.test.output_path
  source_hash  = data.archive_file.test.output_sha256
  content_type = "application/zip"
  tags         = local.tags
}

# gregaria and what it needs, for the Python and the architecture of the nodes.
resource "aws_s3_object" "wheelhouse" {
  bucket       = aws_s3_bucket.this.id
  key          = "bundle/wheelhouse-${substr(local.wheelhouse.sha256, 0, 16)}.zip"
  source       = local.wheelhouse.path
  source_hash  = local.wheelhouse.sha256
  content_type = "application/zip"
  tags         = local.tags
}

# Until when the nodes run, what they may load, and what the page shows of the cost. They look at it
# every few seconds, so none of it needs a new node.
resource "aws_s3_object" "cluster" {
  bucket = aws_s3_bucket.this.id
  key    = "control/cluster.json"
  content = jsonencode({
    lease         = var.lease
    ttl_hours     = var.ttl_hours
    expires_at    = local.expires_at
    allowed_hosts = var.target_hosts
    idle_minutes  = var.idle_minutes
    cloud = {
      provider         = "AWS"
      region           = var.region
      worker_count     = var.worker_count
      worker_types     = local.worker_types
      is_spot          = var.use_spot
      usd_per_hour     = local.usd_per_hour
      max_usd_per_hour = var.max_usd_per_hour
      usd_before       = tonumber(data.external.spent.result.before_usd)
      started_at       = tonumber(data.external.spent.result.since)
      max_usd_in_all   = var.max_usd_in_all
      prices_date      = local.prices_date
      prices_source    = local.prices_source
    }
  })
  content_type = "application/json"
  tags         = local.tags
}
