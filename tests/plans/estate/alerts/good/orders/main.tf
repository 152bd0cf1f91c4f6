variable "account_id" {
  default = "111122223333"
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "logs" {
  bucket = "acme-orders-access-logs"
}
