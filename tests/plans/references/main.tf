# Every way in which one resource comes to refer to another.
resource "random_id" "suffix" { byte_length = 4 }

variable "environment" { default = "dev" }
variable "settings" {
  type    = map(object({ name = string }))
  default = { a = { name = "first" }, "b.c" = { name = "second" } }
}

locals {
  shared_name = "orders-${random_id.suffix.hex}"
  bucket_ids  = { main = aws_s3_bucket.single.id }
}

# plain
resource "aws_s3_bucket" "single" { bucket = "orders-${random_id.suffix.hex}" }
resource "aws_s3_bucket_versioning" "single" {
  bucket = aws_s3_bucket.single.id
  versioning_configuration { status = "Enabled" }
}

# for_each on both sides, paired by key; keys with dots
resource "aws_s3_bucket" "keyed" {
  for_each = var.settings
  bucket   = "orders-${each.key}-${random_id.suffix.hex}"
}
resource "aws_s3_bucket_versioning" "by_key" {
  for_each = var.settings
  bucket   = aws_s3_bucket.keyed[each.key].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "by_value" {
  for_each = aws_s3_bucket.keyed
  bucket   = each.value.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "by_quoted_key" {
  bucket = aws_s3_bucket.keyed["b.c"].id
  versioning_configuration { status = "Enabled" }
}

# count on both sides
resource "aws_s3_bucket" "counted" {
  count  = 2
  bucket = "orders-${count.index}-${random_id.suffix.hex}"
}
resource "aws_s3_bucket_versioning" "counted" {
  count  = 2
  bucket = aws_s3_bucket.counted[count.index].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "second" {
  bucket = aws_s3_bucket.counted[1].id
  versioning_configuration { status = "Enabled" }
}

# a set of literals: the plan keeps no for_each expression
resource "aws_s3_bucket_versioning" "from_set" {
  for_each = toset(["a"])
  bucket   = aws_s3_bucket.keyed[each.key].id
  versioning_configuration { status = "Enabled" }
}

# handed on by another resource
resource "aws_s3_bucket_public_access_block" "single" { bucket = aws_s3_bucket.single.id }
resource "aws_s3_bucket_versioning" "handed_on" {
  bucket = aws_s3_bucket_public_access_block.single.bucket
  versioning_configuration { status = "Enabled" }
}
resource "terraform_data" "name" { input = aws_s3_bucket.single.id }
resource "aws_s3_bucket_versioning" "by_data" {
  bucket = terraform_data.name.output
  versioning_configuration { status = "Enabled" }
}

# through locals: plan JSON does not hold them
resource "aws_s3_bucket_versioning" "by_local" {
  bucket = local.bucket_ids["main"]
  versioning_configuration { status = "Enabled" }
}

# which one is not determined
resource "aws_s3_bucket_versioning" "either" {
  bucket = var.environment == "prod" ? aws_s3_bucket.single.id : aws_s3_bucket.counted[0].id
  versioning_configuration { status = "Enabled" }
}

# modules: for_each, inputs through two levels, outputs back
module "outer" {
  source   = "./modules/outer"
  for_each = toset(["x", "y"])
  suffix   = random_id.suffix.hex
  key      = each.key
}
resource "aws_s3_bucket_versioning" "of_module" {
  for_each = module.outer
  bucket   = each.value.bucket
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_module_y" {
  bucket = module.outer["y"].bucket
  versioning_configuration { status = "Enabled" }
}

# a module without resources
module "names" {
  source = "./modules/names"
  name   = aws_s3_bucket.single.id
}
resource "aws_s3_bucket_versioning" "through_names" {
  bucket = module.names.name
  versioning_configuration { status = "Enabled" }
}

output "plain" { value = aws_s3_bucket.single.arn }
output "nested" { value = module.outer["x"].bucket }
output "whole" { value = aws_s3_bucket.single }
output "splat" { value = aws_s3_bucket.counted[*].id }
output "local" { value = local.shared_name }
