# What `planproof new-check` begins a check's bad fixture with.
resource "aws_s3_bucket" "emptied" {
  bucket_prefix = "corpsec-reports-"
  force_destroy = true
}

resource "terraform_data" "choice" {
  input = true
}

# Known only after the apply.
resource "aws_s3_bucket" "open" {
  bucket_prefix = "corpsec-exports-"
  force_destroy = terraform_data.choice.output
}
