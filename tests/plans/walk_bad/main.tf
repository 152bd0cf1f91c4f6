resource "aws_ebs_volume" "plain" {
  availability_zone = "us-east-1a"
  size              = 10
}

resource "aws_ebs_volume" "aws_key" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = true
}

resource "terraform_data" "choice" {
  input = true
}

resource "aws_ebs_volume" "open" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = terraform_data.choice.output
}

resource "aws_ebs_volume" "elsewhere" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = true
  kms_key_id        = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}
