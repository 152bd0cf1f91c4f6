# Resources that exist already, and blocks that ignore changes of what a policy requires.
resource "aws_cloudwatch_log_group" "kept" {
  name              = "/app/kept"
  retention_in_days = 7

  lifecycle {
    ignore_changes = [retention_in_days]
  }
}

resource "aws_sqs_queue" "tagged" {
  name = "corp-tagged"

  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_ecr_repository" "everything" {
  name = "corp-everything"

  lifecycle {
    ignore_changes = all
  }
}

resource "aws_ecr_repository" "others" {
  name = "corp-others"

  lifecycle {
    ignore_changes = [tags["Build"]]
  }
}
