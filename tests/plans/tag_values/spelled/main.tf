variable "tags" {
  type = map(string)
}

resource "aws_sqs_queue" "spelled" {
  name = "corp-spelled"
  tags = merge(var.tags, { Name = "spelled" })
}
