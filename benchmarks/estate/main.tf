# The estate in small: one team, one service. generate.py multiplies it.

variable "environment" {
  type    = string
  default = "prod"
}

variable "tags" {
  type    = map(string)
  default = { Environment = "prod", ManagedBy = "terraform", Owner = "platform", Project = "estate" }
}

variable "retention_days" {
  type    = number
  default = 365
}

module "team" {
  source = "./team"

  prefix         = "estate-${var.environment}"
  services       = ["service"]
  retention_days = var.retention_days
  tags           = var.tags
}

output "buckets" {
  value = module.team.buckets
}
