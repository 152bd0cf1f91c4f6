variable "suffix" {}
variable "key" {}
variable "unused" { default = "constant" }

module "inner" {
  source = "../bucket"
  name   = "orders-${var.key}-${var.suffix}"
  fixed  = var.unused
}

output "bucket" { value = module.inner.id }
