provider "aws" {
  default_tags {
    tags = { CostCenter = "1", Team = "c" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "c-jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "c-dead-letters"
}
