# What a plan of no provider of ours looks like: terraform_data is Terraform's own.
resource "terraform_data" "site" {
  input = "web"
}

resource "terraform_data" "release" {
  input = terraform_data.site.output
}
