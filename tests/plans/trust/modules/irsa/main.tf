variable "policy" {}
resource "aws_iam_role" "r" { assume_role_policy = var.policy }
