variable "is_watched" {
  type = bool
}

variable "bucket" {
  type = string
}

resource "aws_cloudtrail" "main" {
  count          = var.is_watched ? 1 : 0
  name           = "corp-main"
  s3_bucket_name = var.bucket
}
