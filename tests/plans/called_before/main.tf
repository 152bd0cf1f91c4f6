# Functions that exist, of which AWS may have made the log groups.
resource "aws_lambda_function" "ship" {
  for_each      = toset(["eu", "us"])
  function_name = "corp-ship-${each.key}"
  role          = "arn:aws:iam::123456789012:role/ship"
  handler       = "main.handler"
  runtime       = "python3.12"
  filename      = "ship.zip"
}

resource "aws_lambda_function" "late" {
  function_name = "corp-late"
  role          = "arn:aws:iam::123456789012:role/ship"
  handler       = "main.handler"
  runtime       = "python3.12"
  filename      = "ship.zip"
}
