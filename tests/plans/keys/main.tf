# Keys on the way from one resource to another: of maps, of modules, of splats, and of what is named alike.
variable "which" {
  type    = string
  default = "b"
}
variable "at" {
  type    = object({ key = string, number = number })
  default = { key = "a", number = 1 }
}

resource "aws_s3_bucket" "keyed" {
  for_each = toset(["a", "b"])
  tags     = { a = "tag", b = "other" }
}
resource "aws_s3_bucket" "counted" { count = 3 }
resource "aws_s3_bucket" "one" { for_each = toset(["k"]) }
resource "aws_s3_bucket" "plain" {}

# an index that a variable holds, whole or in an object
resource "aws_s3_bucket_versioning" "by_variable" {
  bucket = aws_s3_bucket.keyed[var.which].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "by_object" {
  bucket = aws_s3_bucket.keyed[var.at.key].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "by_number" {
  bucket = aws_s3_bucket.counted[var.at.number].id
  versioning_configuration { status = "Enabled" }
}
# a splat with an index after it, and with the attribute between
resource "aws_s3_bucket_versioning" "splat" {
  bucket = aws_s3_bucket.counted.*.id[2]
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_all" {
  count  = 3
  bucket = element(aws_s3_bucket.counted[*].id, count.index)
  versioning_configuration { status = "Enabled" }
}
# the only instance
resource "aws_s3_bucket_versioning" "only" {
  bucket = one(values(aws_s3_bucket.one)).id
  versioning_configuration { status = "Enabled" }
}
# a for expression around a resource, and the key behind it
resource "aws_s3_bucket_versioning" "mapped" {
  for_each = { for key, bucket in aws_s3_bucket.keyed : key => bucket.id }
  bucket   = each.value
  versioning_configuration { status = "Enabled" }
}

# modules with for_each and count
module "store" {
  source   = "./modules/store"
  for_each = toset(["x", "y"])
}
module "numbered" {
  source = "./modules/store"
  count  = 2
}
module "single" { source = "./modules/store" }
resource "aws_s3_bucket_versioning" "of_number" {
  count  = 2
  bucket = module.numbered[count.index].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_second" {
  bucket = module.numbered[1].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_splat" {
  bucket = module.numbered.*.id[0]
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_module" {
  for_each = toset(["x", "y"])
  bucket   = module.store[each.key].ids["second"]
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_part" {
  for_each = toset(["first", "second"])
  bucket   = module.single.ids[each.key]
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_object" {
  bucket = module.single.all["first"].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_versioning" "of_text" {
  bucket = module.store["y"].id
  versioning_configuration { status = "Enabled" }
}

# maps of resources handed into a module, and used there by key
module "take" {
  source  = "./modules/take"
  buckets = aws_s3_bucket.keyed
  ids     = { one = aws_s3_bucket.plain.id, two = aws_s3_bucket.counted[0].id }
  stores  = module.store

  settings = { a = { name = "first" }, b = { name = "second" } }
  names    = ["one", "two"]
  name     = "whole"
}
