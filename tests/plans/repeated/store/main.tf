variable "teams" {
  type = set(string)
}

resource "aws_s3_bucket" "this" {
  for_each      = var.teams
  bucket_prefix = "corp-store-${each.key}-logs-"
}
