stage    = "production"
network  = { cidr = "10.1.0.0/16", zones = [], peers = { a = { port = 443 } } }
role_arn = "arn:aws:iam::210987654321:role/worker"
pair     = ["a", 1]
days     = 90
token    = "a-secret"
anything = "more"
