# One of each thing that a big plan has many of; tests/test_linear.py multiplies those whose names begin with "many".

resource "aws_s3_bucket" "many_logs" {
  bucket = "corp-many_logs"
  tags   = { Environment = "prod" }
}

resource "aws_s3_bucket_versioning" "many_logs" {
  bucket = aws_s3_bucket.many_logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "many_logs" {
  bucket = aws_s3_bucket.many_logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

# Many that refer to one.

resource "aws_s3_bucket" "hub" {
  bucket_prefix = "corp-hub-logs-"
}

resource "aws_kms_key" "hub" {}

resource "aws_s3_bucket_logging" "many_writers" {
  bucket        = "corp-many_writers"
  target_bucket = aws_s3_bucket.hub.id
  target_prefix = "many_writers/"
}

resource "aws_cloudwatch_log_group" "many_groups" {
  name              = "many_groups"
  kms_key_id        = aws_kms_key.hub.arn
  retention_in_days = 90
}

# for_each over everything.

locals {
  keys = toset(["many_keys"])
}

resource "aws_s3_bucket" "each" {
  for_each = local.keys
  bucket   = "corp-${each.key}-logs"
}

resource "aws_s3_bucket_versioning" "each" {
  for_each = local.keys
  bucket   = aws_s3_bucket.each[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "each" {
  for_each = aws_s3_bucket.each
  bucket   = each.value.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = 90
    }
  }
}

resource "aws_sns_topic" "each" {
  for_each = local.keys
  name     = "corp-${each.key}"
}

resource "aws_sns_topic_subscription" "each" {
  for_each  = local.keys
  topic_arn = aws_sns_topic.each[each.key].arn
  protocol  = "email"
  endpoint  = "on-call@example.com"
}

resource "aws_cloudwatch_metric_alarm" "each" {
  for_each            = local.keys
  alarm_name          = "corp-${each.key}"
  namespace           = "corp"
  metric_name         = each.key
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  alarm_actions       = [aws_sns_topic.each[each.key].arn]
}

# Trails, filters and rules.

resource "aws_cloudtrail" "many_trails" {
  name                       = "many_trails"
  s3_bucket_name             = aws_s3_bucket.hub.id
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.trail.arn

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3"]
    }
  }
}

resource "aws_cloudwatch_log_group" "trail" {
  name = "corp-trail"
}

resource "aws_iam_role" "trail" {
  name = "corp-trail"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "cloudtrail.amazonaws.com" } }]
  })
}

resource "aws_cloudwatch_log_metric_filter" "many_filters" {
  name           = "many_filters"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ ($.eventSource = iam.amazonaws.com) && ($.errorCode = many_filters) }"

  metric_transformation {
    namespace = "corp"
    name      = "many_filters"
    value     = "1"
  }
}

# Filters that write one metric, and alarms that watch it and tell nobody.

resource "aws_cloudwatch_log_metric_filter" "many_same" {
  name           = "many_same"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ ($.eventSource = \"s3.amazonaws.com\") && ($.errorCode = \"AccessDenied*\") }"

  metric_transformation {
    namespace = "corp"
    name      = "same"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "many_alarms" {
  alarm_name          = "many_alarms"
  namespace           = "corp"
  metric_name         = "same"
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
}

resource "aws_cloudwatch_event_rule" "many_rules" {
  name          = "many_rules"
  event_pattern = jsonencode({ source = ["aws.ec2"], detail = { state = ["many_rules"] } })
}

resource "aws_iam_role" "many_roles" {
  name = "many_roles"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::123456789012:root" } }]
  })
}

data "aws_iam_policy_document" "many_documents" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.trail.arn]
    }
  }
}

resource "aws_iam_role" "many_documents" {
  name               = "many_documents"
  assume_role_policy = data.aws_iam_policy_document.many_documents.json
}

module "many_modules" {
  source = "./module"
  name   = "many_modules"
}

module "deep" {
  source = "./module"
  name   = "deep"
}

output "many_outputs" {
  value = aws_s3_bucket.hub.arn
}
