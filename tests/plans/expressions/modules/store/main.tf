variable "name" {
  type     = string
  default  = "unnamed"
  nullable = false
}
variable "settings" {
  type    = object({ days = optional(number, 90), kind = optional(string, "logs") })
  default = {}
}

resource "aws_s3_bucket" "this" { bucket = var.name }

output "name" { value = aws_s3_bucket.this.bucket }
output "settings" { value = var.settings }
output "handed_on" { value = { name = aws_s3_bucket.this.bucket, days = var.settings.days } }
output "id" { value = aws_s3_bucket.this.id }
