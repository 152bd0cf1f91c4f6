# METADATA
# title: What the plan makes of a bucket's lifecycle and versioning, in both shapes
package planproof.plan_only.s3

import data.planproof.plan_only.relations
import data.planproof.plan_only.terraform
import rego.v1

lifecycles := relations.companions("aws_s3_bucket_lifecycle_configuration", "bucket", "aws_s3_bucket")

versionings := relations.companions("aws_s3_bucket_versioning", "bucket", "aws_s3_bucket")

linked(index, bucket) := object.get(index.sure, bucket.address, [])

may_have_more(index, _) if index.is_open

may_have_more(index, _) if count(index.anywhere) > 0

may_have_more(index, bucket) if index.perhaps[bucket.address]

# The rules that are not known to be off, how many are, and whether there may be more.
lifecycle(bucket) := {"rules": rules, "disabled": disabled, "is_open": is_open} if {
	places := array.concat(
		[[place, "rule"] | some place in linked(lifecycles, bucket)],
		[[bucket, "lifecycle_rule"] | inline_counts(bucket, "lifecycle_rule", "aws_s3_bucket_lifecycle_configuration")],
	)
	all_rules := [[place[0], [place[1], number]] |
		some place in places
		some number, _ in terraform.listed(object.get(place[0], "values", {}), place[1])
	]
	rules := [rule_at(each[0], each[1]) | some each in all_rules; not is_off(each[0], each[1])]
	disabled := count(all_rules) - count(rules)
	is_open := count([1 | may_have_more(lifecycles, bucket)]) + count([1 |
		some place in places
		is_unread(place[0], place[1])
	]) > 0
}

is_unread(place, name) if {
	name == "rule"
	terraform.is_unknown(place, ["rule"])
}

is_unread(place, name) if terraform.is_open(place, [name])

is_unread(place, _) if not is_object(place["values"])

# Whether the bucket keeps versions; null if that is known only after the apply.
versioned(bucket) if true in states(bucket)

else := null if may_have_more(versionings, bucket)

else := null if null in states(bucket)

else := false

states(bucket) := array.concat(
	[state(place, ["versioning_configuration", 0, "status"]) | some place in linked(versionings, bucket)],
	[state(bucket, ["versioning", 0, "enabled"]) | inline_counts(bucket, "versioning", "aws_s3_bucket_versioning")],
)

state(place, path) := null if terraform.is_open(place, path)

else := null if not is_object(place["values"])

else := terraform.value(place, path) in {"Enabled", true}

# Whether the bucket's own block is in force: set by the configuration, or found on the real bucket and kept. A refreshed state repeats
# there what a companion made, also one that this plan deletes.
inline_counts(bucket, name, _) if {
	is_set(bucket, name)
	terraform.expression(bucket, [name]) != null
}

inline_counts(bucket, name, companion) if {
	is_set(bucket, name)
	terraform.expression(bucket, [name]) == null
	not terraform.is_unknown(bucket, [name])
	is_kept(bucket, companion)
}

inline_counts(bucket, name, _) if terraform.is_open(bucket, [name])

# The same of any instance, as far as that is sure; "open" if it is not.
in_force(instance, name, companion) := found if {
	found := {"unset": false, "unknown": true, "open": "open"}[terraform.state(instance, [name])]
}

else := true if is_kept(instance, companion)

else := "open" if terraform.expression(instance, [name]) != null

else := false

is_set(bucket, name) if not terraform.is_unset(terraform.value(bucket, [name]))

is_kept(bucket, _) if "create" in bucket.actions

is_kept(bucket, companion) if {
	names := {text |
		some attribute in ["id", "bucket", "name", "arn"]
		text := bucket["values"][attribute]
		is_string(text)
		text != ""
	}
	count(names & object.get(deleted, companion, set())) == 0
}

# The texts in what the plan deletes, to replace it too, by type.
deleted := {type: {text | some text in found} |
	some type, found in terraform.grouped([[change.type, text] |
		some change in terraform.changes
		"delete" in change.change.actions
		some text in change.change.before
		is_string(text)
	])
}

# --- rules --------------------------------------------------------------------------------------------------------------------

is_off(place, path) if {
	not is_perhaps(place, array.concat(path, ["status"]))
	not is_perhaps(place, array.concat(path, ["enabled"]))
}

is_perhaps(place, path) if terraform.is_unknown(place, path)

is_perhaps(place, path) if terraform.value(place, path) in {"Enabled", true}

# {on, prefix, narrow, days, moves, dated, noncurrent, open}: `days` is 0 if objects do not expire, `open` the arguments that are known
# only after the apply and could change what the rule does.
rule_at(place, path) := {
	"on": count([1 | some each in open; each[count(each) - 1] in {"status", "enabled"}]) == 0,
	"prefix": prefix(place, path),
	"narrow": is_narrow(place, path),
	"days": days,
	"moves": moves,
	"dated": is_dated(place, path),
	"noncurrent": is_noncurrent(place, path),
	"open": open,
} if {
	days := terraform.as_number(terraform.value(place, array.concat(path, ["expiration", 0, "days"])))
	moves := count([1 | days == 0; some _ in set_in(place, path, "transition", "days")]) > 0
	open := [each |
		terraform.has_unknown(place, path)
		some each in arguments(place, path)
		terraform.is_open(place, each)
	]
}

filters := [["filter", 0], ["filter", 0, "and", 0]]

# What a rule is read by.
arguments(place, path) := array.concat(
	[array.concat(path, each) | some each in fixed_arguments],
	[array.concat(path, [block, number, key]) |
		some block, keys in {
			"transition": ["days", "date"],
			"noncurrent_version_transition": ["noncurrent_days", "days"],
		}
		some number, _ in blocks(place, path, block)
		some key in keys
	],
)

fixed_arguments := array.concat(
	[
		["status"], ["enabled"], ["prefix"], ["tags"], ["expiration", 0, "days"], ["expiration", 0, "date"],
		["noncurrent_version_expiration", 0, "noncurrent_days"], ["noncurrent_version_expiration", 0, "days"],
		["transition"], ["noncurrent_version_transition"], ["filter"], ["expiration"],
	],
	[array.concat(each, [key]) |
		some each in filters
		some key in ["prefix", "tag", "tags", "object_size_greater_than", "object_size_less_than"]
	],
)

blocks(place, path, name) := found if {
	found := terraform.value(place, array.concat(path, [name]))
	is_array(found)
}

else := []

# The blocks in which a key is set; 0 days counts.
set_in(place, path, name, key) := [number |
	some number, _ in blocks(place, path, name)
	is_there(place, array.concat(path, [name, number, key]))
]

is_there(place, path) if terraform.is_open(place, path)

is_there(place, path) if not terraform.is_unset(terraform.value(place, path))

prefix(place, path) := found[count(found) - 1] if {
	found := [text |
		some each in array.concat([[]], filters)
		text := terraform.as_text(terraform.value(place, array.concat(array.concat(path, each), ["prefix"])))
		text != ""
	]
	count(found) > 0
}

else := ""

is_narrow(place, path) if is_limit(place, array.concat(path, ["tags"]))

else if {
	some each in filters
	some key in ["tag", "tags", "object_size_greater_than", "object_size_less_than"]
	is_limit(place, array.concat(array.concat(path, each), [key]))
}

else := false

is_limit(place, path) if terraform.is_open(place, path)

is_limit(place, path) if {
	found := terraform.value(place, path)
	not terraform.is_unset(found)
	found != 0
}

is_dated(place, path) if is_limit(place, array.concat(path, ["expiration", 0, "date"]))

else if count(set_in(place, path, "transition", "date")) > 0

else := false

is_noncurrent(place, path) if {
	some key in ["noncurrent_days", "days"]
	terraform.as_number(terraform.value(place, array.concat(path, ["noncurrent_version_expiration", 0, key]))) != 0
}

else if {
	some key in ["noncurrent_days", "days"]
	count(set_in(place, path, "noncurrent_version_transition", key)) > 0
}

else := false
