variable "name" {}
variable "fixed" {}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = { fixed = var.fixed }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.bucket
  versioning_configuration { status = "Enabled" }
}

output "id" { value = aws_s3_bucket.this.id }
