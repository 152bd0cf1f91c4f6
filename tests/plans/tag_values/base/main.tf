locals {
  base = { Owner = "security", Environment = "dev", ManagedBy = "terraform" }
  tags = merge(local.base, { Service = "logs" })
}

resource "aws_sqs_queue" "logs" {
  name = "corp-logs"
  tags = local.tags
}
