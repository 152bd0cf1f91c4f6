resource "aws_s3_bucket" "of" {
  for_each = toset(["app-logs", "app.logs"])
  bucket   = "corp-${each.key}"
}
