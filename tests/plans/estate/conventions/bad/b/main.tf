provider "aws" {
  default_tags {
    tags = { CostCenter = "1", Team = "b" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "b-jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "b-dead-letters"
}
