# What `planproof new-check` begins a check's good fixture with.
resource "aws_ebs_volume" "encrypted" {
  availability_zone = "us-east-1a"
  size              = 10
  encrypted         = true
}
