# What a unit test must stand in for: providers with aliases and of others, data that AWS reads, variables that people set.

terraform {
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
    null   = { source = "hashicorp/null" }
  }
}

provider "aws" {
  alias                       = "west"
  region                      = "us-west-2"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variable "stage" {
  type = string

  validation {
    condition     = contains(["test", "production"], var.stage)
    error_message = "stage must be test or production."
  }
}

variable "network" {
  type = object({
    cidr    = string
    zones   = list(string)
    private = optional(bool)
    peers   = map(object({ port = number }))
  })
}

variable "role_arn" {
  type = string
}

variable "pair" {
  type = tuple([string, number])
}

variable "days" {
  type    = number
  default = 7
}

variable "token" {
  type      = string
  sensitive = true
}

variable "anything" {}

data "aws_partition" "current" {}

data "aws_region" "west" {
  provider = aws.west
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "corpsec-worker-${var.stage}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = "arn:${data.aws_partition.current.partition}:iam::123456789012:policy/boundary"
}

resource "aws_iam_role" "others" {
  for_each = { a = data.aws_iam_policy_document.trust }

  name               = "corpsec-${each.key}-${var.stage}"
  assume_role_policy = each.value.json
}

resource "aws_lambda_function" "worker" {
  function_name = "corpsec-worker-${var.stage}"
  role          = var.role_arn
  handler       = "main.handler"
  runtime       = "python3.12"
  filename      = "worker.zip"
  memory_size   = 256

  environment {
    variables = {
      REGION = data.aws_region.west.name
      TOKEN  = var.token
      PAIR   = var.pair[0]
      MORE   = var.anything
    }
  }
}

resource "aws_vpc" "main" {
  cidr_block = cidrsubnet(var.network.cidr, 4, 0)
}

resource "aws_cloudwatch_log_group" "worker" {
  provider = aws.west

  name              = "/corpsec/worker"
  retention_in_days = var.days
}

resource "aws_s3_bucket" "logs" {
  bucket = "corpsec-logs-${random_id.suffix.hex}"
}

resource "random_id" "suffix" {
  byte_length = 4
}

resource "null_resource" "done" {
  triggers = { stage = var.stage }
}

resource "terraform_data" "stage" {
  input = var.stage
}

resource "aws_sqs_queue" "two" {
  count = 2
  name  = "corpsec-two-${count.index}"
}

resource "aws_sqs_queue" "peers" {
  for_each = var.network.peers
  name     = "corpsec-${each.key}"
}
