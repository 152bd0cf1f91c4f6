provider "aws" {
  default_tags {
    tags = { CostCenter = "1", Team = "a" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "a-jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "a-dead-letters"
}
