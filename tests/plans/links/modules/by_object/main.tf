variable "buckets" { type = any }
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.buckets
  bucket   = each.value.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
