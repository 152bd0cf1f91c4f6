terraform {
  backend "local" {
    path = "../app/network.tfstate"
  }
}

resource "aws_kms_key" "logs" {
  description = "logs"
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-network-logs"
}

output "bucket_name" {
  value = aws_s3_bucket.logs.bucket
}

output "kms_key_arn" {
  value = aws_kms_key.logs.arn
}
