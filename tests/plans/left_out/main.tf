# What the configuration has, and this deployment leaves out: a second one would be one too many where the first is made.
variable "keep_forever" {
  type    = bool
  default = true
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "corp-audit-logs-"
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  count  = var.keep_forever ? 0 : 1
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 400
    }
  }
}

resource "aws_s3_bucket_versioning" "any" {
  for_each = toset(var.keep_forever ? [] : [aws_s3_bucket.logs.id])
  bucket   = each.value

  versioning_configuration {
    status = "Enabled"
  }
}

# This bucket has neither: what is left out belongs to others.
resource "aws_s3_bucket" "archive" {
  bucket = "corp-archive-logs"
}

resource "aws_s3_bucket_lifecycle_configuration" "constant" {
  count  = var.keep_forever ? 0 : 1
  bucket = "corp-other-logs"

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = 400
    }
  }
}

resource "aws_lambda_function" "ship" {
  function_name = "corp-ship"
  role          = "arn:aws:iam::123456789012:role/ship"
  handler       = "main.handler"
  runtime       = "python3.12"
  filename      = "ship.zip"
}

resource "aws_cloudwatch_log_group" "ship" {
  count             = var.keep_forever ? 0 : 1
  name              = "/aws/lambda/${aws_lambda_function.ship.function_name}"
  retention_in_days = 365
}

module "audit" {
  source     = "./audit"
  is_watched = !var.keep_forever
  bucket     = aws_s3_bucket.logs.id
}
