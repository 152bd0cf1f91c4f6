# Tags that come from elsewhere than the block of the resource: locals, calls of modules, variables of another type.
variable "tier" {
  type    = string
  default = "dev"
}

variable "owner" {
  type    = map(string)
  default = { logs = "security" }
}

locals {
  env = var.tier
  by_team = {
    logs = { Environment = local.env, Owner = "$${team}", ManagedBy = "terraform" }
  }
}

resource "aws_sqs_queue" "indexed" {
  name = "corp-indexed"
  tags = local.by_team["logs"]
}

module "base" {
  source = "./base"
}

module "whole" {
  source = "./given"
  name   = "corp-whole"
  tags   = { Environment = var.tier, Owner = "$${team}", Project = "corp" }
}

module "partial" {
  source = "./given"
  name   = "corp-partial"
  tags   = { Environment = var.tier, Project = "corp" }
}

module "lower" {
  source = "./spelled"
  tags   = { Environment = var.tier, owner = "$${team}", Project = "corp", ManagedBy = "terraform" }
}

module "refused" {
  source = "./refused"
}

module "cycle" {
  source = "./cycle"
}
