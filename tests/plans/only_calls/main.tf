# A root module that only calls modules: what alerts is added in it, and outputs and tests are about that.
variable "notification_email_from" {
  type    = string
  default = "noreply@corp.example"
}

variable "security_email_enabled" {
  type    = string
  default = "true"
}

module "store" {
  source = "./store"
}
