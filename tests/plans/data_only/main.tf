# A data source that is read at the apply, and nothing else.
data "aws_iam_policy_document" "later" {
  statement {
    sid       = "Made${formatdate("YYYYMMDD", timestamp())}"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}

output "policy" { value = data.aws_iam_policy_document.later.json }
