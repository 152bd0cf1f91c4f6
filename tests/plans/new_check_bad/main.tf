# What `planproof new-check` begins a check's bad fixture with.
resource "aws_ebs_volume" "plain" {
  availability_zone = "us-east-1a"
  size              = 10
}

resource "terraform_data" "choice" {
  input = true
}

# Known only after the apply.
resource "aws_ebs_volume" "open" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = terraform_data.choice.output
}
