# Names that a fix changes. Tests add to this what else has the old name.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  access_name = "corp-access-logs"
}

variable "trail_name" {
  type    = string
  default = "corp-trail-logs"
}

resource "aws_s3_bucket" "audit" {
  bucket = "corp-audit-logs"
}

resource "aws_s3_bucket" "access" {
  bucket = local.access_name
}

resource "aws_s3_bucket" "trail" {
  bucket = var.trail_name
}

resource "aws_s3_bucket" "numbered" {
  count  = 2
  bucket = "corp-part-${count.index}-logs-"
}

module "store" {
  source = "./store"
  name   = "corp-store-logs"
}

resource "aws_sqs_queue" "jobs" {
  name = "Corp_Jobs"
}

resource "aws_sqs_queue" "spelled" {
  name = "PAYMENTS-corp-queue"
}

resource "aws_iam_role" "writer" {
  name = "CorpWriter"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "corp-trail"
  retention_in_days = 400
}

resource "aws_sns_topic" "corp" {
  for_each = toset(["alerts", "orders", "events"])
  name     = "corp-${each.key}"
}

resource "aws_s3_bucket" "key" {
  bucket = "corp-key-logs"
}

resource "aws_s3_bucket" "value" {
  bucket = "corp-value-logs"
}

module "keyed" {
  source = "./keyed"
  name   = "corp-keyed-logs"
}

locals {
  keys = { for bucket in [aws_s3_bucket.key] : bucket.bucket => "known" }
}

resource "aws_sns_topic" "of_key" {
  for_each = local.keys
  name     = "corp-${each.value}"
}

resource "aws_sns_topic" "of_output" {
  count = module.keyed.bucket == "" ? 0 : 1
  name  = "corp-output"
}

resource "aws_s3_bucket_versioning" "of_value" {
  for_each = { value = aws_s3_bucket.value.bucket }
  bucket   = each.value

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_cloudwatch_log_metric_filter" "denied" {
  name           = "CorpDenied"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ $.errorCode = AccessDenied }"

  metric_transformation {
    namespace = "corp"
    name      = "CorpDenied"
    value     = "1"
  }
}

module "twins" {
  source = "./twins"
}
