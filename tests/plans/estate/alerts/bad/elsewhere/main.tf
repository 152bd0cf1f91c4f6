variable "account_id" {
  default = "444455556666"
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-elsewhere-access-logs"
}
