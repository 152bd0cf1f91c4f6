provider "aws" {
  default_tags {
    tags = { CostCenter = "1", Team = "e" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "e-jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "e-dead-letters"
}
