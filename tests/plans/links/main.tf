# Every way of saying which bucket a lifecycle is for. Each has its bucket: the table is in tests/test_links.py.
variable "environment" { default = "dev" }
resource "random_id" "s" { byte_length = 4 }
locals {
  buckets = { a = { name = "p-a-logs" }, b = { name = "p-b-logs" } }
  all_ids = [aws_s3_bucket.local_list.id, aws_s3_bucket.local_list2.id]
}
# splat + one()
resource "aws_s3_bucket" "one" {
  count  = 1
  bucket = "logs-one-${random_id.s.hex}"
}
resource "aws_s3_bucket_lifecycle_configuration" "one" {
  bucket = one(aws_s3_bucket.one[*].id)
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# join splat
resource "aws_s3_bucket" "join" {
  count         = 1
  bucket_prefix = "logs-"
}
resource "aws_s3_bucket_lifecycle_configuration" "join" {
  bucket = join("", aws_s3_bucket.join[*].id)
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# count.index arithmetic/element
resource "aws_s3_bucket" "elem" {
  count         = 2
  bucket_prefix = "logs-"
}
resource "aws_s3_bucket_lifecycle_configuration" "elem" {
  count  = 2
  bucket = element(aws_s3_bucket.elem.*.id, count.index)
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# values()
resource "aws_s3_bucket" "each" {
  for_each = local.buckets
  bucket   = each.value.name
}
resource "aws_s3_bucket_lifecycle_configuration" "each" {
  for_each = { for k, b in aws_s3_bucket.each : k => b.id }
  bucket   = each.value
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# toset of ids by name known
resource "aws_s3_bucket" "set" {
  for_each = toset(["x-logs", "y-logs"])
  bucket   = each.key
}
resource "aws_s3_bucket_lifecycle_configuration" "set" {
  for_each = toset(["x-logs", "y-logs"])
  bucket   = aws_s3_bucket.set[each.value].id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# local list index
resource "aws_s3_bucket" "local_list" { bucket_prefix = "logs-" }
resource "aws_s3_bucket" "local_list2" { bucket_prefix = "logs-" }
resource "aws_s3_bucket_lifecycle_configuration" "local_list" {
  count  = 2
  bucket = local.all_ids[count.index]
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# trimprefix of arn
resource "aws_s3_bucket" "arn" { bucket_prefix = "logs-" }
resource "aws_s3_bucket_lifecycle_configuration" "arn" {
  bucket = split(":::", aws_s3_bucket.arn.arn)[1]
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# depends on conditional over known var
resource "aws_s3_bucket" "cond" { bucket_prefix = "logs-" }
resource "aws_s3_bucket" "cond_else" { bucket_prefix = "logs-" }
resource "aws_s3_bucket_lifecycle_configuration" "cond" {
  bucket = var.environment == "dev" ? aws_s3_bucket.cond.id : aws_s3_bucket.cond_else.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# data source
resource "aws_s3_bucket" "data" { bucket = "data-logs" }
data "aws_s3_bucket" "data" {
  bucket     = "data-logs"
  depends_on = [aws_s3_bucket.data]
}
resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = data.aws_s3_bucket.data.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# random name same template, no reference
resource "aws_s3_bucket" "tmpl" { bucket = "corp-tmpl-logs-${random_id.s.hex}" }
resource "aws_s3_bucket_lifecycle_configuration" "tmpl" {
  bucket = "corp-tmpl-logs-${random_id.s.hex}"
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# module objects
module "store" {
  source   = "./modules/store"
  for_each = { x = "corp-x-logs", y = "corp-y-logs" }
  name     = each.value
}
resource "aws_s3_bucket_lifecycle_configuration" "of_modules" {
  for_each = module.store
  bucket   = each.value.bucket.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
module "by_object" {
  source  = "./modules/by_object"
  buckets = { one = aws_s3_bucket.lm1, two = aws_s3_bucket.lm2 }
}
resource "aws_s3_bucket" "lm1" { bucket_prefix = "logs-" }
resource "aws_s3_bucket" "lm2" { bucket_prefix = "logs-" }
module "by_input" {
  source = "./modules/by_input"
  config = { id = aws_s3_bucket.lm3.id, days = 100 }
}
resource "aws_s3_bucket" "lm3" { bucket_prefix = "logs-" }
# a condition that is known after the apply
resource "aws_s3_bucket_lifecycle_configuration" "unknown" {
  bucket = random_id.s.hex == "x" ? aws_s3_bucket.cond.id : aws_s3_bucket.cond_else.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# conditions in functions, in an object
locals {
  of_environment = { bucket = coalesce(null, var.environment == "dev" ? aws_s3_bucket.cond_else.bucket : aws_s3_bucket.cond.bucket) }
}
resource "aws_s3_bucket_lifecycle_configuration" "chosen" {
  bucket = local.of_environment.bucket
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# the instances under other keys
locals { rekeyed = { for k, b in aws_s3_bucket.each : upper(k) => { id = b.id } } }
resource "aws_s3_bucket_lifecycle_configuration" "rekeyed" {
  for_each = local.rekeyed
  bucket   = each.value.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# some of them, under other keys
resource "aws_s3_bucket_lifecycle_configuration" "some" {
  for_each = { for k, b in aws_s3_bucket.each : "${k}-only" => b if k == "b" }
  bucket   = each.value.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# keys made of flattened lists
locals {
  flat = flatten([for team in ["a", "b"] : [for use in ["logs"] : { team = team, use = use }]])
  by   = { for one in local.flat : "${one.team}-${one.use}" => one }
}
resource "aws_s3_bucket" "flat" {
  for_each      = local.by
  bucket_prefix = each.value.team
}
resource "aws_s3_bucket_lifecycle_configuration" "flat" {
  for_each = local.by
  bucket   = aws_s3_bucket.flat["${each.value.team}-${each.value.use}"].id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# zipmap
resource "aws_s3_bucket_lifecycle_configuration" "zipped" {
  for_each = zipmap(["one", "two"], [aws_s3_bucket.cond.id, aws_s3_bucket.cond_else.id])
  bucket   = each.value
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# an element of a list that a for makes of instances: by their sorted keys
locals { listed = [for b in aws_s3_bucket.flat : b.id] }
resource "aws_s3_bucket_lifecycle_configuration" "listed" {
  count  = 2
  bucket = local.listed[count.index]
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
# the first that can be told
resource "aws_s3_bucket_lifecycle_configuration" "tried" {
  bucket = try(aws_s3_bucket.cond.id, aws_s3_bucket.cond_else.id)
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = 90 }
  }
}
