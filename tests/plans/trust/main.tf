# Trust policies that are known only after the apply, written in the ways that people write them.
variable "trusted" { default = ["arn:aws:iam::111122223333:root"] }
variable "env" { default = "prod" }
data "aws_partition" "p" {}
resource "aws_iam_user" "u" {
  count = 2
  name  = "u${count.index}"
}
resource "aws_iam_role" "roles" {
  for_each           = toset(["a", "b"])
  name               = each.key
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "random_pet" "x" {}
locals {
  role_arn = "arn:${data.aws_partition.p.partition}:iam::123456789012:role/${random_pet.x.id}"
  user_arn = "arn:${data.aws_partition.p.partition}:iam::123456789012:user/${random_pet.x.id}"
}
# splat of users
data "aws_iam_policy_document" "splat" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = aws_iam_user.u[*].arn
    }
  }
}
resource "aws_iam_role" "splat" {
  assume_role_policy = data.aws_iam_policy_document.splat.json
}
# for-expression of roles
data "aws_iam_policy_document" "forroles" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [for r in aws_iam_role.roles : r.arn]
    }
  }
}
resource "aws_iam_role" "forroles" {
  assume_role_policy = data.aws_iam_policy_document.forroles.json
}
# local role arn w/ template
data "aws_iam_policy_document" "localrole" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [local.role_arn]
    }
  }
}
resource "aws_iam_role" "localrole" {
  assume_role_policy = data.aws_iam_policy_document.localrole.json
}
# user arn template inline
data "aws_iam_policy_document" "usertpl" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.p.partition}:iam::123456789012:user/${random_pet.x.id}"]
    }
  }
}
resource "aws_iam_role" "usertpl" {
  assume_role_policy = data.aws_iam_policy_document.usertpl.json
}
# jsonencode with for and conditional
resource "aws_iam_role" "jsonfor" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.u[0].arn } }
    ], var.env == "prod" ? [{ Effect = "Deny", Action = "sts:AssumeRole", Principal = "*", Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } }] : [])
  })
}
# jsonencode w/ key template (IRSA)
resource "aws_eks_cluster" "c" {
  name     = "c"
  role_arn = "arn:aws:iam::123456789012:role/x"
  vpc_config {
    subnet_ids = ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]
  }
}
resource "aws_iam_openid_connect_provider" "o" {
  url            = aws_eks_cluster.c.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}
resource "aws_iam_role" "irsa" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.o.arn }
      Condition = { StringEquals = {
        "${replace(aws_eks_cluster.c.identity[0].oidc[0].issuer, "https://", "")}:sub" = "system:serviceaccount:a:b"
        "${replace(aws_eks_cluster.c.identity[0].oidc[0].issuer, "https://", "")}:aud" = "sts.amazonaws.com"
      } }
    }]
  })
}
# conditional docs
resource "aws_iam_role" "cond" {
  assume_role_policy = var.env == "prod" ? data.aws_iam_policy_document.splat.json : data.aws_iam_policy_document.forroles.json
}
# through a module output
module "trust" {
  source = "./modules/trust"
  users  = aws_iam_user.u[*].arn
}
resource "aws_iam_role" "modout" {
  assume_role_policy = module.trust.json
}
# dynamic statement
data "aws_iam_policy_document" "dyn" {
  dynamic "statement" {
    for_each = { people = aws_iam_user.u[0].arn }
    content {
      sid     = statement.key
      actions = ["sts:AssumeRole"]
      principals {
        type        = "AWS"
        identifiers = [statement.value]
      }
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "dyn" {
  assume_role_policy = data.aws_iam_policy_document.dyn.json
}
# local json
locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [aws_iam_user.u[0].arn, local.role_arn] }, Condition = { Bool = { "aws:MultiFactorAuthPresent" = true } } }] })
}
resource "aws_iam_role" "localjson" {
  assume_role_policy = local.trust
}
# module with jsonencode given as input
module "irsa" {
  source = "./modules/irsa"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.u[1].arn } }] })
}
# counted data
data "aws_iam_policy_document" "counted" {
  count = 2
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.u[count.index].arn]
    }
    dynamic "condition" {
      for_each = count.index == 0 ? [1] : []
      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = ["true"]
      }
    }
  }
}
resource "aws_iam_role" "counted" {
  count              = 2
  assume_role_policy = data.aws_iam_policy_document.counted[count.index].json
}
resource "aws_iam_role" "first" {
  assume_role_policy = one([data.aws_iam_policy_document.counted[0].json])
}
# role trusting caller arn variable list
data "aws_iam_policy_document" "vars" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = concat(var.trusted, [aws_iam_role.roles["a"].arn])
    }
  }
}
resource "aws_iam_role" "vars" {
  assume_role_policy = data.aws_iam_policy_document.vars.json
}
# both role and user unknown
data "aws_iam_policy_document" "both" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.u[0].arn, aws_iam_role.roles["a"].arn]
    }
  }
}
resource "aws_iam_role" "both" {
  assume_role_policy = data.aws_iam_policy_document.both.json
}
# templated replace of doc
resource "aws_iam_role" "replaced" {
  assume_role_policy = replace(data.aws_iam_policy_document.both.json, "sts:AssumeRole", "sts:TagSession")
}
# org account
resource "aws_organizations_account" "o" {
  name  = "x"
  email = "accounts@example.org"
}
data "aws_iam_policy_document" "org" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${aws_organizations_account.o.id}:root"]
    }
  }
}
resource "aws_iam_role" "org" {
  assume_role_policy = data.aws_iam_policy_document.org.json
}
# externalid unknown
resource "random_uuid" "e" {}
resource "aws_iam_role" "ext" {
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::${aws_organizations_account.o.id}:root" }, Condition = { StringEquals = { "sts:ExternalId" = random_uuid.e.result } } }] })
}
# policy with region templates known in heredoc
data "aws_region" "r" {}
resource "aws_iam_role" "svc" {
  assume_role_policy = <<EOT
{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "logs.${data.aws_region.r.name}.amazonaws.com", "AWS": "${aws_iam_role.roles["a"].arn}"},
   "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]
}
EOT
}

# Either document; they are alike in what matters
resource "aws_iam_role" "either" {
  assume_role_policy = var.env == "prod" ? data.aws_iam_policy_document.splat.json : data.aws_iam_policy_document.both.json
}
