# What another environment has more, or less, of: an instance of this plan is none of the code.
variable "create" {
  type    = bool
  default = true
}

variable "teams" {
  type    = set(string)
  default = ["app", "audit"]
}

variable "kinds" {
  type    = set(string)
  default = ["audit-logs", "data"]
}

variable "key_arn" {
  type    = string
  default = null
}

locals {
  regions = ["eu", "us"]
}

resource "aws_s3_bucket" "created" {
  count         = var.create ? 1 : 0
  bucket_prefix = "corp-created-logs-"
}

resource "aws_s3_bucket" "of_team" {
  for_each      = var.teams
  bucket_prefix = "corp-${each.key}-logs-"
}

resource "aws_s3_bucket" "of_kind" {
  for_each      = var.kinds
  bucket_prefix = "corp-${each.key}-"
}

resource "aws_s3_bucket" "of_region" {
  for_each      = toset(local.regions)
  bucket_prefix = "corp-${each.key}-logs-"
}

resource "aws_s3_bucket" "fixed" {
  for_each      = toset(["audit-logs", "data"])
  bucket_prefix = "corp-fixed-${each.key}-"
}

module "store" {
  source = "./store"
  count  = var.create ? 1 : 0
  teams  = var.teams
}

resource "aws_kms_key" "this" {
  count               = var.create ? 1 : 0
  enable_key_rotation = true
}

resource "aws_sns_topic" "alerts" {
  count             = var.create ? 1 : 0
  name              = "corp-alerts"
  kms_master_key_id = aws_kms_key.this[0].id
}

resource "aws_iam_role" "reader" {
  name = "corp-log-reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "athena.amazonaws.com" } }]
  })
}

output "key_arn" {
  value = try(aws_kms_key.this[0].arn, var.key_arn)
}

output "log_reader_role_arn" {
  value = aws_iam_role.reader.arn
}

output "bucket_arn" {
  value = one([for name, bucket in aws_s3_bucket.of_kind : bucket.arn if name == "data"])
}
