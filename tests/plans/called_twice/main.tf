# A module that is called twice, and a module with two trails: what is added must not have one name twice.
module "a" {
  source = "./audit"
  name   = "corp-a"
}

module "b" {
  source = "./audit"
  name   = "corp-b"
}

resource "aws_s3_bucket" "app_logs" {
  bucket_prefix = "corp-app-logs-"
}

resource "aws_s3_bucket" "flow_logs" {
  bucket_prefix = "corp-flow-logs-"
}

resource "aws_cloudtrail" "app" {
  name           = "corp-app"
  s3_bucket_name = aws_s3_bucket.app_logs.id

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["${aws_s3_bucket.app_logs.arn}/"]
    }
  }
}

resource "aws_cloudtrail" "flow" {
  name           = "corp-flow"
  s3_bucket_name = aws_s3_bucket.flow_logs.id

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["${aws_s3_bucket.flow_logs.arn}/"]
    }
  }
}
