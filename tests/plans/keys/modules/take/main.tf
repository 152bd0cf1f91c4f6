variable "buckets" { type = any }
variable "ids" { type = map(string) }
variable "stores" { type = any }

resource "aws_s3_bucket_versioning" "each_bucket" {
  for_each = var.buckets
  bucket   = each.value.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "bucket_b" {
  bucket = var.buckets["b"].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "id_two" {
  bucket = var.ids["two"]
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "each_id" {
  for_each = var.ids
  bucket   = each.value
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "store_y" {
  bucket = var.stores["y"].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "each_store" {
  for_each = var.stores
  bucket   = each.value.ids["first"]
  versioning_configuration { status = "Enabled" }
}
