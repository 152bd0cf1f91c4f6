variable "name" {
  type = string
}

variable "tags" {
  type = map(string)
}

locals {
  tags = merge(var.tags, { Module = "given" })
}

resource "aws_sqs_queue" "given" {
  name = var.name
  tags = local.tags
}
