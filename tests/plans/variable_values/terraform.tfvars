days               = 30
log_retention_days = 30
