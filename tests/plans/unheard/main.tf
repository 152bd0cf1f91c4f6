# A whole alert, but for whoever listens: the subscription waits for an address that this deployment does not give.
variable "alert_email" {
  type    = string
  default = ""
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "corp-audit-logs-"
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "/aws/cloudtrail/corp-trail"
  retention_in_days = 365
}

resource "aws_iam_role" "trail" {
  name = "corp-trail-to-logs"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "cloudtrail.amazonaws.com" } }]
  })
}

resource "aws_cloudtrail" "main" {
  name                       = "corp-main"
  s3_bucket_name             = aws_s3_bucket.logs.id
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.trail.arn

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["${aws_s3_bucket.logs.arn}/"]
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "denied" {
  name           = "corp-denied"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ ($.errorCode = \"AccessDenied*\") }"

  metric_transformation {
    name      = "corp-denied"
    namespace = "Corp"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "denied" {
  alarm_name          = "corp-denied"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  metric_name         = aws_cloudwatch_log_metric_filter.denied.metric_transformation[0].name
  namespace           = aws_cloudwatch_log_metric_filter.denied.metric_transformation[0].namespace
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_sns_topic" "alerts" {
  name = "corp-alerts"
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.alert_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = var.alert_email
}
