locals {
  tags = {
    Owner   = "cycle"
    Project = "corp"
    Stage   = "test"
    Source  = local.source
  }
  source = aws_sqs_queue.read.name
  env    = local.tags["Stage"]
}

resource "aws_sqs_queue" "read" {
  name = "corp-read"
}

resource "aws_sqs_queue" "reader" {
  name = "corp-reader"
  tags = merge(local.tags, { Environment = local.env, ManagedBy = "terraform" })
}
