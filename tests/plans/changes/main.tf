# A later plan. Left as they were: old_logs, the moved bucket, the log group old. The lifecycle of one bucket is weakened, that of
# another leaves the configuration; a bucket and an output are new; a log group gets a tag.
resource "aws_s3_bucket" "old_logs" { bucket = "corp-old-logs" }
resource "aws_s3_bucket" "new_logs" { bucket = "corp-new-logs" }

resource "aws_s3_bucket" "weakened_logs" { bucket = "corp-weakened-logs" }
resource "aws_s3_bucket_lifecycle_configuration" "weakened" {
  bucket = aws_s3_bucket.weakened_logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration { days = 7 }
  }
}

resource "aws_s3_bucket" "loses_logs" { bucket = "corp-loses-logs" }

moved {
  from = aws_s3_bucket.before_logs
  to   = aws_s3_bucket.moved_logs
}
resource "aws_s3_bucket" "moved_logs" { bucket = "corp-moved-logs" }

resource "aws_cloudwatch_log_group" "old" { name = "/corp/old" }
resource "aws_cloudwatch_log_group" "tagged" {
  name = "/corp/tagged"
  tags = { Team = "platform" }
}

output "bucket_name" { value = aws_s3_bucket.new_logs.bucket }
