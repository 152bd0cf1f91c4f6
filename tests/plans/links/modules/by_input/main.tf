variable "config" { type = any }
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = var.config.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = var.config.days }
  }
}
