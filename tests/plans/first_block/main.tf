# The first block is in another region, and the second bucket in another account: neither is what the logs' trail goes by.
provider "aws" {
  alias                       = "us_east_1"
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "logs"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "archive"
  region                      = "eu-west-1"
  access_key                  = "other"
  secret_key                  = "other"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

resource "aws_acm_certificate" "web" {
  provider          = aws.us_east_1
  domain_name       = "corp.example"
  validation_method = "DNS"
}

resource "aws_s3_bucket" "logs" {
  provider      = aws.logs
  bucket_prefix = "corp-audit-logs-"
}

resource "aws_s3_bucket" "old_logs" {
  provider      = aws.archive
  bucket_prefix = "corp-old-logs-"
}
