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
