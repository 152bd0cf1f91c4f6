# METADATA
# title: CKV_PLAN_12, CloudWatch log groups have a retention of at least the required days
package planproof.plan_only.log_group_retention

import data.planproof.plan_only.policy
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import data.planproof.plan_only.writers
import rego.v1

section := policy.checks.log_group_retention

groups := terraform.of_type("aws_cloudwatch_log_group")

findings := array.concat(
	[finding(group, judged(group)) | some group in groups],
	[finding(function, function_judged(function)) | some function in terraform.of_type("aws_lambda_function")],
)

finding(subject, said) := {
	"check_id": "CKV_PLAN_12",
	"subject": subject.address,
	"verdict": said[0],
	"code": said[1],
	"reason": said[2],
}

# --- groups -----------------------------------------------------------------------------------------------------------------

judged(group) := ["UNKNOWN", "unknown_retention", "retention_in_days is known after apply"] if {
	not kind(group) == "DELIVERY"
	is_open_retention(group)
}

else := ["FAIL", "delivery_class", "a group of class DELIVERY keeps events for a day or two, whatever is written"] if {
	kind(group) == "DELIVERY"
	is_long_or_record(group)
}

else := ["UNKNOWN", "maybe_records", "a group of class DELIVERY may hold records, and keeps events for a day or two"] if {
	kind(group) == "DELIVERY"
	holds_records(group) == "perhaps"
}

else := ["PASS", "retention_set", "a group of class DELIVERY keeps events for a day or two"] if kind(group) == "DELIVERY"

else := ["FAIL", "never_expires", "retention_in_days is not set or 0: events are kept indefinitely"] if days(group) == 0

else := ["PASS", "retention_set", "retention_in_days is set"] if days(group) >= section.retention_days

else := ["PASS", "retention_set", "retention_in_days is set"] if holds_records(group) == "no"

else := ["UNKNOWN", "maybe_records", "retention_in_days is less than required, and the group may hold records"] if {
	holds_records(group) == "perhaps"
}

else := ["FAIL", "retention_too_short", sprintf("retention_in_days is less than the %v required", [section.retention_days])]

kind(group) := terraform.value(group, ["log_group_class"])

is_open_retention(group) if terraform.is_open(group, ["retention_in_days"])

is_open_retention(group) if {
	terraform.is_open(group, ["log_group_class"])
	days(group) == 0
}

is_long_or_record(group) if days(group) > 2

is_long_or_record(group) if holds_records(group) == "yes"

# The days; 0 if they are not set, or are no number.
days(group) := terraform.as_number(terraform.value(group, ["retention_in_days"]))

holds_records(group) := "yes" if section.every_group

else := "yes" if is_named_so(group)

else := "yes" if group.address in receivers

else := "perhaps" if group.address in perhaps_receivers

else := "perhaps" if is_open

else := "no"

written := writers.writings(section.records.writers, "aws_cloudwatch_log_group")

receivers := {address | some writing in written; not writing.is_doubtful; some address in writing.found.targets}

perhaps_receivers := {address |
	some writing in written
	some address in writing.found.targets | writing.found.perhaps
}

is_open if {
	some writing in written
	writing.found.is_open
}

is_named_so(group) if {
	some text in texts(group)
	words.says(text, section.records.words, section.records.not_before)
}

# Its address, and its name; nothing of a function's group.
texts(group) := [] if startswith(name(group), "/aws/lambda/")

else := [group.address, name(group)]

name(group) := found if {
	found := terraform.value(group, ["name"])
	is_string(found)
}

else := ""

# --- functions ----------------------------------------------------------------------------------------------------------------

function_judged(function) := ["UNKNOWN", "unknown_log_group", "which group logging_config names is known after apply"] if {
	is_custom_open(function)
}

else := ["PASS", "own_log_group", "logging_config names its group"] if {
	not custom(function) in {"", concat("", ["/aws/lambda/", terraform.as_text(terraform.value(function, ["function_name"]))])}
}

else := ["PASS", "own_log_group", "it logs to a group of this plan"] if {
	some group in namesakes(function)
	terraform.same_region(function, group)
}

else := ["UNKNOWN", "unknown_log_group", "whether it has a log group: one of its name may be in another region"] if {
	count(namesakes(function)) + count(looked_up) > 0
}

else := ["UNKNOWN", "unknown_log_group", "whether it has a log group: the plan does not tell what the names of all groups are"] if {
	count(untold) > 0
}

else := ["UNKNOWN", "unknown_log_group", "whether it has a log group: the plan does not tell the function's name"] if {
	terraform.as_text(terraform.value(function, ["function_name"])) == ""
	count(groups) > 0
}

else := ["UNKNOWN", "unknown_log_group", "whether it has a log group: this plan leaves resources out"] if not terraform.is_complete

else := ["FAIL", "no_log_group", "no log group for it is in the plan: Lambda makes one at the first call, which never expires"]

is_custom_open(function) if terraform.is_open(function, ["logging_config", 0, "log_group"])

is_custom_open(function) if terraform.is_open(function, ["logging_config"])

custom(function) := terraform.as_text(terraform.value(function, ["logging_config", 0, "log_group"]))

# The groups whose name is the one that Lambda would choose.
namesakes(function) := [group |
	wanted := terraform.as_text(terraform.value(function, ["function_name"]))
	wanted != ""
	some before in ["/aws/lambda/", "/aws/lambda/us-east-1."]
	some group in object.get(by_name, concat("", [before, wanted]), [])
]

by_name := {text: [groups[number] | some number in numbers] |
	some text, numbers in terraform.grouped([[name(group), number] | some number, group in groups])
}

looked_up := [found | some found in terraform.read; found.type == "aws_cloudwatch_log_group"]

# Groups whose name is not known, or is made of what the plan does not tell.
untold := {group.address | some group in groups; name(group) == ""}
