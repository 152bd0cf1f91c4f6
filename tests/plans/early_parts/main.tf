# Rules that delete a part of a log bucket too early, and leave out the rest or not.
resource "aws_s3_bucket" "rest_stays" {
  bucket_prefix = "corp-rest-stays-logs-"
}

resource "aws_s3_bucket_lifecycle_configuration" "rest_stays" {
  bucket = aws_s3_bucket.rest_stays.id

  rule {
    id     = "x"
    status = "Enabled"

    filter {
      prefix = "x/"
    }

    expiration {
      days = 7
    }
  }
}

resource "aws_s3_bucket" "rest_expires" {
  bucket_prefix = "corp-rest-expires-logs-"
}

resource "aws_s3_bucket_lifecycle_configuration" "rest_expires" {
  bucket = aws_s3_bucket.rest_expires.id

  rule {
    id     = "x"
    status = "Enabled"

    filter {
      prefix = "x/"
    }

    expiration {
      days = 7
    }
  }

  rule {
    id     = "all"
    status = "Enabled"

    filter {}

    expiration {
      days = 365
    }
  }
}
