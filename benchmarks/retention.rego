package planproof

# What CKV_PLAN_12 decides, for known values: log groups that keep their events for less than 90 days.
short contains change.address if {
	some change in input.resource_changes
	change.type == "aws_cloudwatch_log_group"
	not kept(change)
}

kept(change) if change.change.after.retention_in_days >= 90
