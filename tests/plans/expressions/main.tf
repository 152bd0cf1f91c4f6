# Terraform's language, an output for each way of saying something: tests/evaluation/test_language.py compares what we make of it.
variable "environment" { default = "prod" }
variable "text" { default = "7" }
variable "nothing" {
  type    = string
  default = null
}
variable "names" {
  type    = set(string)
  default = ["beta", "alpha"]
}
variable "not_null" {
  type     = string
  default  = "default"
  nullable = false
}
variable "settings" {
  type = object({
    name    = string
    days    = optional(number, 30)
    tags    = optional(map(string), { team = "core" })
    nothing = optional(string)
    inner   = optional(object({ on = optional(bool, true) }), {})
  })
  default = { name = "settings", tags = null }
}
variable "numbers" {
  type    = list(number)
  default = ["1", 2.5]
}
variable "pair" {
  type    = tuple([string, bool])
  default = [1, "true"]
}
variable "texts" {
  type    = map(string)
  default = { a = 1, b = true }
}

resource "random_id" "suffix" { byte_length = 4 }

resource "aws_s3_bucket" "one" { bucket = "corpsec-one" }
resource "aws_s3_bucket" "made_up" { bucket = "corpsec-${random_id.suffix.hex}" }
resource "aws_s3_bucket" "keyed" {
  for_each = { a = "first", b = "second" }
  bucket   = "corpsec-${each.value}"
  tags     = { key = each.key }
}
resource "aws_s3_bucket" "counted" {
  count  = 3
  bucket = "corpsec-${count.index}"
}
resource "aws_s3_bucket" "none" {
  count  = var.environment == "dev" ? 1 : 0
  bucket = "corpsec-none"
}
resource "aws_s3_bucket" "of_set" {
  for_each = var.names
  bucket   = "corpsec-${each.value}"
}
resource "aws_s3_bucket" "of_no_key" {
  for_each = { for name, on in { x = false } : name => on if on }
  bucket   = each.key
}
resource "terraform_data" "object" {
  input = { name = "corpsec-data", list = ["a", { b = 1 }] }
}

module "store" {
  source   = "./modules/store"
  for_each = { x = { days = 5 }, y = {} }
  name     = "corpsec-${each.key}"
  settings = each.value
}
module "numbered" {
  source   = "./modules/store"
  count    = 2
  name     = "corpsec-${count.index}"
  settings = { days = count.index }
}
module "single" {
  source   = "./modules/store"
  name     = null
  settings = {}
}
module "empty" {
  source = "./modules/store"
  count  = 0
}

locals {
  swap   = { a = "b", b = "a" }
  whole  = var.environment == "prod" ? aws_s3_bucket.one : aws_s3_bucket.counted[0]
  chain  = local.swap
  nested = { list = [{ name = "n0", tags = { t = "v" } }, { name = "n1", tags = { t = "w" } }], empty = [] }
  prefix = "corpsec"
  text   = <<-EOT
    line ${local.prefix}
      indented %{if var.environment == "prod"}yes%{else}no%{endif}
    %{~for n in ["a", "b"]~}
    ${n};
    %{~endfor}
  EOT
}

# --- literals and templates ---
output "number" { value = 42 }
output "exponent" { value = 1e3 }
output "small" { value = 1.5e-2 }
output "big_in_text" { value = "${1e20}" }
output "heredoc" { value = local.text }
output "escapes" { value = "a\tb\"c\\ $${x} %%{y} \u00e9" }
output "wrapped" { value = "${local.nested.list}" }
output "directive" { value = "%{for k, v in local.swap}${k}=${v},%{endfor}" }
output "in_text" { value = "${true}-${1.0}-${0.1}-${var.text}" }

# --- operators ---
output "precedence" { value = 1 + 2 * 3 - 4 / 2 % 3 }
output "comparison" { value = [1 < 2, "1" == 1, 1 == 1.0, "a" != "b", !(2 >= 3), -(-1)] }
output "equal_lists" { value = [[1, "a"] == [1, "b"], { a = 1 } == { b = 1 }, null == var.nothing, [] == [1]] }
output "equal_types" { value = [tolist([1]) == [1], var.texts == {}, [] == []] }
output "logic" { value = [true && !false, false || true, var.environment == "prod" && length(var.names) > 1] }
output "texts_to_numbers" { value = var.text + 1 }
output "conditional" { value = var.environment == "prod" ? "yes" : "no" }
output "conditional_types" { value = var.environment == "dev" ? 1 : "two" }
output "nested_conditional" { value = var.nothing != null ? "a" : length(var.names) == 2 ? "b" : "c" }

# --- indices and parts ---
output "index" { value = ["a", "b"][1] }
output "index_by_text" { value = local.nested.list["1"].name }
output "legacy_index" { value = local.nested.list.0.name }
output "key" { value = local.swap[local.swap["a"]] }
output "attribute_by_key" { value = local.nested["list"][0]["tags"].t }
output "splat" { value = local.nested.list[*].name }
output "splat_of_none" { value = local.nested.empty[*].name }
output "splat_of_null" { value = var.nothing[*] }
output "splat_of_one" { value = var.environment[*] }
output "attribute_splat" { value = local.nested.list.*.name }
output "splat_with_index" { value = local.nested.list[*].tags["t"] }

# --- for ---
output "for_list" { value = [for n in ["a", "b"] : upper(n)] }
output "for_index" { value = [for i, n in ["a", "b"] : "${i}${n}"] }
output "for_map" { value = { for k, v in local.swap : v => k } }
output "for_if" { value = [for k, v in local.swap : k if v == "b"] }
output "for_group" { value = { for n in ["ab", "ac", "b"] : substr(n, 0, 1) => n... } }
output "for_set" { value = [for n in var.names : n] }
output "for_nested" { value = flatten([for o in local.nested.list : [for k, v in o.tags : "${o.name}-${k}"]]) }
output "for_resource" { value = { for k, b in aws_s3_bucket.keyed : k => b.bucket } }
output "for_module" { value = { for k, m in module.store : k => m.name } }

# --- resources ---
output "whole_by_condition" { value = local.whole.bucket }
output "keyed" { value = aws_s3_bucket.keyed["a"].bucket }
output "swapped" { value = aws_s3_bucket.keyed[local.swap["a"]].bucket }
output "counted" { value = aws_s3_bucket.counted[1].bucket }
output "counted_sum" { value = aws_s3_bucket.counted[length(var.names) - 1 + 1].bucket }
output "splatted" { value = aws_s3_bucket.counted[*].bucket }
output "values" { value = values(aws_s3_bucket.keyed)[*].bucket }
output "keys" { value = keys(aws_s3_bucket.keyed) }
output "of_set" { value = [for k in sort(var.names) : aws_s3_bucket.of_set[k].bucket] }
output "none" { value = length(aws_s3_bucket.none) }
output "none_one" { value = one(aws_s3_bucket.none[*].bucket) }
output "none_try" { value = try(aws_s3_bucket.none[0].bucket, aws_s3_bucket.one.bucket) }
output "none_can" { value = [can(aws_s3_bucket.none[0].bucket), can(aws_s3_bucket.one.bucket), can(local.nested.gone)] }
output "none_concat" { value = concat(aws_s3_bucket.none[*].bucket, aws_s3_bucket.counted[*].bucket)[0] }
output "none_coalesce" { value = coalesce(one(aws_s3_bucket.none[*].bucket), "", aws_s3_bucket.one.bucket) }
output "none_element" { value = element(concat(aws_s3_bucket.none[*].bucket, ["fallback"]), 0) }
output "none_join" { value = join("", aws_s3_bucket.none[*].bucket) }
output "none_keyed" { value = aws_s3_bucket.of_no_key }
output "data_object" { value = terraform_data.object.input.name }
output "data_part" { value = terraform_data.object.input.list[1].b }
output "data_output" { value = terraform_data.object.output }
output "unknown" { value = random_id.suffix.hex }
output "unknown_name" { value = aws_s3_bucket.made_up.bucket }
output "unknown_in_text" { value = "x-${aws_s3_bucket.made_up.id}" }
output "unknown_upper" { value = upper(aws_s3_bucket.made_up.bucket) }
output "unknown_length" { value = length([random_id.suffix.hex]) }
output "unknown_coalesce" { value = coalesce(var.nothing, random_id.suffix.hex) }

# --- modules ---
output "module_key" { value = module.store["x"].name }
output "module_index" { value = module.numbered[1].name }
output "module_splat" { value = module.numbered[*].name }
output "module_default" { value = module.single.name }
output "module_settings" { value = [module.store["x"].settings, module.store["y"].settings, module.numbered[1].settings] }
output "module_none" { value = try(module.empty[0].name, "none") }
output "module_length" { value = [length(module.empty), length(module.store)] }
output "module_values" { value = values(module.store)[*].name }
output "module_through" { value = module.single.handed_on }

# --- variables ---
output "set" { value = var.names }
output "not_null" { value = var.not_null }
output "object" { value = var.settings }
output "numbers" { value = var.numbers }
output "pair" { value = var.pair }
output "texts" { value = var.texts }

# --- functions ---
output "lookup" { value = [lookup(local.swap, "a", "z"), lookup(local.swap, "z", "z")] }
output "merge" { value = merge(local.swap, { b = "c" }, null) }
output "concat" { value = concat(["a"], [], [["b"]]) }
output "element" { value = element(["a", "b"], 3) }
output "slice" { value = slice(["a", "b", "c"], 1, 3) }
output "zipmap" { value = zipmap(["a", "b"], [1, 2]) }
output "setproduct" { value = setproduct(["a", "b"], ["c"]) }
output "format" { value = format("%s-%03d-%v-%%", "a", 7, true) }
output "formatlist" { value = formatlist("%s-%s", ["a", "b"], "c") }
output "split" { value = split(",", "a,b,,c") }
output "replace" { value = [replace("a-b", "-", "_"), replace("a1b2", "/[0-9]/", "#")] }
output "regex" { value = [regex("[a-z]+", "12ab"), regex("(\\d+)-(\\w)", "12-a")] }
output "regexall" { value = regexall("[0-9]", "a1b2") }
output "trims" { value = [trimspace(" a "), trim("-a-", "-"), trimprefix("corp-a", "corp-"), trimsuffix("a-logs", "-logs")] }
output "substr" { value = [substr("abcdef", 1, 2), substr("abcdef", -2, -1)] }
output "json" { value = jsondecode(jsonencode({ b = [1, null, "x"], a = "<&>" })) }
output "json_text" { value = jsonencode({ b = [1, null, "x"], a = "<&>" }) }
output "yaml" { value = yamldecode("a: 1\nb: [x, true]\n") }
output "hashes" { value = [md5("a"), sha1("a"), sha256("a"), base64encode("a"), base64sha256("a")] }
output "cidr" { value = [cidrsubnet("10.0.0.0/16", 8, 2), cidrhost("10.0.0.0/24", 5), cidrnetmask("10.0.0.0/12")] }
output "cidrs" { value = cidrsubnets("10.0.0.0/16", 4, 8) }
output "sets" { value = [setunion(["a"], ["b"]), setintersection(["a", "b"], ["b"]), setsubtract(["a", "b"], ["b"])] }
output "sorted" { value = [sort(["b", "a"]), reverse(["a", "b"]), distinct(["a", "a"]), compact(["a", "", null])] }
output "sums" { value = [max(1, 3), min([2, 1]...), sum([1, 2.5]), ceil(1.2), floor(-1.2), abs(-3), pow(2, 8)] }
output "conversions" { value = [tostring(1), tonumber("2"), tobool("true"), tolist(toset(["b", "a"])), tomap({ a = 1 })] }
output "contains" { value = [contains(["a"], "a"), contains(keys(local.swap), "z"), index(["a", "b"], "b")] }
output "all" { value = [alltrue([true, "true"]), anytrue([]), startswith("abc", "ab"), endswith("abc", "bc")] }
output "chunks" { value = [chunklist(["a", "b", "c"], 2), range(3), range(1, 8, 3), transpose({ a = ["x"] })] }
output "one" { value = [one([]), one(["a"])] }
output "words" { value = [title("a b"), upper("a"), lower("A"), strrev("abc"), indent(2, "a\nb"), chomp("a\n")] }
output "expanded" { value = merge([{ a = 1 }, { b = 2 }]...) }
output "template" { value = templatefile("${path.module}/name.tftpl", { names = ["a", "b"], on = true }) }
output "file" { value = trimspace(file("${path.module}/name.txt")) }
output "nonsensitive" { value = nonsensitive(sensitive("a")) }
output "coalescelist" { value = coalescelist([], ["a"]) }
output "matchkeys" { value = matchkeys(["x", "y"], ["a", "b"], ["b"]) }
output "parseint" { value = parseint("ff", 16) }
output "timeadd" { value = timeadd("2024-01-31T00:00:00Z", "48h") }
