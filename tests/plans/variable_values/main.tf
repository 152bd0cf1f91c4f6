# Arguments that variables give: by a file, by a default, by the call of a module.
variable "days" {
  type    = number
  default = 30
}

variable "short" {
  type    = number
  default = 7
}

variable "endless" {
  type    = number
  default = null
}

variable "listed" {
  type    = list(number)
  default = [7]
}

variable "log_retention_days" {
  type    = number
  default = 90
}

variable "log_group_retention_days" {
  type    = number
  default = 365
}

resource "aws_cloudwatch_log_group" "by_file" {
  name              = "/app/by-file"
  retention_in_days = var.days
}

resource "aws_cloudwatch_log_group" "by_default" {
  name              = "/app/by-default"
  retention_in_days = var.short
}

resource "aws_cloudwatch_log_group" "endless" {
  name              = "/app/endless"
  retention_in_days = var.endless
}

resource "aws_cloudwatch_log_group" "indexed" {
  name              = "/app/indexed"
  retention_in_days = var.listed[0]
}

resource "aws_cloudwatch_log_group" "bare" {
  name = "/app/bare"
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "corp-logs-"
}

module "by_call" {
  source            = "./status"
  name              = "corp-by-call"
  versioning_status = "Disabled"
}

module "by_default" {
  source = "./status"
  name   = "corp-by-default"
}
