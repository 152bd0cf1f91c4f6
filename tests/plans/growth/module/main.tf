variable "name" {
  type = string
}

resource "aws_s3_bucket" "logs" {
  bucket = "corp-${var.name}-logs"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

module "deeper" {
  source = "./inner"
  name   = var.name
}

output "bucket" {
  value = aws_s3_bucket.logs.id
}

output "deepest" {
  value = module.deeper.deepest
}
