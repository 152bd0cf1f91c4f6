resource "aws_s3_bucket" "this" {}
resource "aws_s3_bucket" "parts" { for_each = toset(["first", "second"]) }
output "id" { value = aws_s3_bucket.this.id }
output "ids" { value = { for key, bucket in aws_s3_bucket.parts : key => bucket.id } }
output "all" { value = aws_s3_bucket.parts }
