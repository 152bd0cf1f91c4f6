data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = "network.tfstate" }
}

resource "aws_ssm_parameter" "bucket" {
  name  = "bucket"
  type  = "String"
  value = data.terraform_remote_state.network.outputs.bucket_name
}

resource "aws_ssm_parameter" "key" {
  name  = "key"
  type  = "String"
  value = data.terraform_remote_state.network.outputs["kms_key_arn"]
}
