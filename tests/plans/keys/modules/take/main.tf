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

# constants: the part that the steps lead to
variable "settings" { type = map(object({ name = string })) }
variable "names" { type = list(string) }
variable "name" { type = string }
variable "default" {
  type    = map(object({ name = string }))
  default = { a = { name = "default" } }
}

resource "aws_sns_topic" "by_key" { name = var.settings["b"].name }
resource "aws_sns_topic" "by_each" {
  for_each = var.settings
  name     = each.value.name
}
resource "aws_sns_topic" "by_each_key" {
  for_each = var.settings
  name     = var.settings[each.key].name
}
resource "aws_sns_topic" "by_set" {
  for_each = toset(var.names)
  name     = each.value
}
resource "aws_sns_topic" "by_index" { name = var.names[1] }
resource "aws_sns_topic" "by_count" {
  count = 2
  name  = var.names[count.index]
}
resource "aws_sns_topic" "by_default" { name = var.default["a"].name }
resource "aws_sns_topic" "whole" { name = var.name }
