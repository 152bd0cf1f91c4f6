provider "aws" {
  default_tags {
    tags = { CostCenter = "1", Team = "d" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "d-jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "d-dead-letters"
}
