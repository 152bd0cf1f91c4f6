# What `planproof new-check` begins a check's good fixture with.
resource "aws_s3_bucket" "unset" {
  bucket_prefix = "corpsec-reports-"
}

resource "aws_s3_bucket" "kept" {
  bucket_prefix = "corpsec-exports-"
  force_destroy = false
}
