# Made with -refresh-only: the state is compared with what is there, and nothing is planned.
resource "terraform_data" "site" {
  input = "web"
}

resource "terraform_data" "release" {
  input = terraform_data.site.output
}
