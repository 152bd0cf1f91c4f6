variable "name" {
  type = string
}

variable "alert_email" {
  type    = string
  default = "sec@corp.example"
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "${var.name}-logs-"
}

resource "aws_cloudtrail" "this" {
  name           = "${var.name}-trail"
  s3_bucket_name = aws_s3_bucket.logs.id

  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["${aws_s3_bucket.logs.arn}/"]
    }
  }
}
