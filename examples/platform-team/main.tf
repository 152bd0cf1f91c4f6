resource "aws_sqs_queue" "orders" { name = "orders" }

resource "aws_sqs_queue" "payments" {
  name           = "payments"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.payments_dlq.arn, maxReceiveCount = 3 })
}
resource "aws_sqs_queue" "payments_dlq" { name = "payments-dlq" }

resource "aws_cloudwatch_log_group" "orders" {
  name              = "/acme/orders"
  retention_in_days = 30
}
