provider "aws" {
  default_tags {
    tags = { costcenter = "1" }
  }
}

resource "aws_sqs_queue" "jobs" {
  name = "e_jobs"
}

resource "aws_sqs_queue" "dead_letters" {
  name = "e_dead_letters"
}
