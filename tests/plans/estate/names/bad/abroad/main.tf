variable "account_id" {
  default = "111122223333"
}

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias                       = "abroad"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

resource "aws_s3_bucket" "reports" {
  bucket = "acme-shared-reports"
}

resource "aws_sns_topic" "alerts" {
  provider = aws.abroad
  name     = "shared-alerts"
}

resource "aws_iam_role" "deploy" {
  name               = "shared-deploy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  provider            = aws.abroad
  alarm_name          = "shared-errors"
  namespace           = "acme"
  metric_name         = "errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
}
