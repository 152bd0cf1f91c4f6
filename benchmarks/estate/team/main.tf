variable "prefix" { type = string }
variable "services" { type = set(string) }
variable "retention_days" { type = number }
variable "tags" { type = map(string) }

resource "aws_kms_key" "shared" {
  description         = "${var.prefix}: shared by the team"
  enable_key_rotation = true
  tags                = var.tags
}

module "service" {
  source   = "./service"
  for_each = var.services

  name           = "${var.prefix}-${each.key}"
  key_arn        = aws_kms_key.shared.arn
  retention_days = var.retention_days
  queues         = ["orders", "refunds", "audit"]
  nodes          = 2
  tags           = var.tags
}

output "buckets" {
  value = { for name, service in module.service : name => service.bucket }
}
