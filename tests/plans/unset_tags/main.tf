# A variable that is called as a required tag, and that this deployment leaves at null.
variable "environment" {
  type    = string
  default = null
}

variable "owner" {
  type    = string
  default = "logging-team"
}

variable "project" {
  type    = string
  default = ""
}

resource "aws_sqs_queue" "events" {
  name = "corp-events"
}
