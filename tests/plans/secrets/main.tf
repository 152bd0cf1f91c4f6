# What becomes of a variable's value on its way into a name, a tag, a metric: each name breaks the convention, so that a reason would show it.
variable "codename" { type = string }
variable "encoded" { type = string }
variable "pin" { type = number }
variable "short" { type = string }

locals {
  ways = {
    reversed = strrev(var.codename)
    cut      = substr(var.codename, 2, 7)
    decoded  = base64decode(var.encoded)
    numbered = "n${var.pin}"
    hashed   = md5(var.codename)
    replaced = replace(var.codename, "i", "1")
    both     = "${var.codename}_${strrev(var.codename)}"
    joined   = join("_", reverse(split("", var.codename)))
    coded    = trim(base64encode(var.codename), "=")
    spelled  = lower(var.codename)
  }
  reversed = strrev(var.codename)
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = strrev(var.codename)
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:user/Somebody" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# By way of a local.
resource "aws_sqs_queue" "local" {
  for_each = { reversed = 1, cut = 1, decoded = 1, numbered = 1, hashed = 1, replaced = 1, both = 1, joined = 1, coded = 1, spelled = 1 }
  name     = "Jobs_${local.ways[each.key]}"
  tags     = { Environment = local.ways[each.key], ManagedBy = "hand" }
}

# In the argument itself.
resource "aws_sqs_queue" "reversed" { name = "Jobs_${strrev(var.codename)}" }
resource "aws_sqs_queue" "cut" { name = "Jobs_${substr(var.codename, 2, 7)}" }
resource "aws_sqs_queue" "decoded" { name = "Jobs_${base64decode(var.encoded)}" }
resource "aws_sqs_queue" "numbered" { name = "Jobs_${var.pin}" }
resource "aws_sqs_queue" "both" { name = "Jobs_${var.codename}_${strrev(var.codename)}" }
resource "aws_sqs_queue" "short" { name = "Jobs_${var.short}-${lower(var.codename)}" }
resource "aws_sqs_queue" "plain" { name = "Jobs_${var.codename}" }
resource "aws_sqs_queue" "lower" { name = "Jobs_${lower(var.codename)}" }

# By way of another resource, and of a module.
resource "aws_sns_topic" "named_after" { name = aws_sqs_queue.reversed.name }

module "queue" {
  source = "./queue"
  name   = strrev(var.codename)
}

# In a metric, a lifecycle rule and a trust policy.
resource "aws_cloudwatch_log_metric_filter" "jobs" {
  name           = "jobs"
  log_group_name = "/jobs"
  pattern        = "ERROR"
  metric_transformation {
    name      = "Jobs${local.reversed}"
    namespace = "Corp"
    value     = "1"
  }
}
resource "aws_cloudwatch_metric_alarm" "jobs" {
  alarm_name          = "jobs"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "jobs${local.reversed}"
  namespace           = "Corp"
  period              = 300
  statistic           = "Sum"
  threshold           = 0
}

resource "aws_s3_bucket" "logs" { bucket = "corp-logs-${lower(strrev(var.codename))}" }
resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = local.reversed
    status = "Enabled"
    filter { prefix = "${local.reversed}/" }
    expiration { days = 7 }
  }
}

resource "aws_iam_role" "operator" {
  name               = "operator"
  assume_role_policy = local.policy
}

# By way of a data source's block.
data "aws_iam_policy_document" "reader" {
  statement {
    sid     = strrev(var.codename)
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:user/Somebody"]
    }
  }
}
resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = data.aws_iam_policy_document.reader.json
}
