locals {
  tags = { ManagedBy = "terraform" }
}

resource "aws_sqs_queue" "first" {
  name = "corp-first"
  tags = merge({ Owner = "first", Environment = "prod", Project = "corp" }, local.tags)
}

resource "aws_sqs_queue" "bare" {
  name = "corp-bare"
}

resource "aws_sqs_queue" "second" {
  name = "corp-second"
  tags = merge(local.tags, { Owner = "second", Environment = "prod", Project = "corp" })
}

resource "aws_sqs_queue" "each" {
  for_each = { some = {}, all = { Owner = "all", Environment = "prod", Project = "corp" } }
  name     = "corp-${each.key}"
  tags     = merge(each.value, local.tags)
}
