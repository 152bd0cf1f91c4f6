# METADATA
# title: CKV_PLAN_1, log buckets keep logs for the required time, and not indefinitely
package planproof.plan_only.log_bucket_retention

import data.planproof.plan_only.log_buckets
import data.planproof.plan_only.policy
import data.planproof.plan_only.s3
import data.planproof.plan_only.terraform
import rego.v1

section := policy.checks.log_bucket_retention

findings := [finding |
	some bucket in log_buckets.buckets
	is_subject(bucket.address)
	said := as_log_bucket(bucket, judged(bucket))
	finding := {
		"check_id": "CKV_PLAN_1",
		"subject": bucket.address,
		"verdict": said[0],
		"code": said[1],
		"reason": said[2],
	}
]

is_subject(address) if address in log_buckets.sure

is_subject(address) if address in log_buckets.perhaps

# Whether it is one at all is open, so that even what would pass is.
as_log_bucket(bucket, said) := ["UNKNOWN", "maybe_log_bucket", sprintf("this may be a log bucket: %s", [said[2]])] if {
	said[0] != "UNKNOWN"
	bucket.address in log_buckets.perhaps
}

else := said

# --- one bucket ---------------------------------------------------------------------------------------------------------------

judged(bucket) := of_lifecycle(bucket, s3.lifecycle(bucket), log_buckets.writers_to(bucket))

of_lifecycle(bucket, found, writers) := ["FAIL", "expires_too_early", sprintf("a rule expires objects before the %v days required", [section.retention_days])] if {
	some rule in found.rules
	rule.on
	is_early(rule)
	not is_idle(rule, writers)
}

else := uncovered(found, writers) if not cover_all(keepers(found), writers)

else := ["UNKNOWN", "unknown_lifecycle", "what a lifecycle rule expires is known after apply"] if {
	some rule in found.rules
	count(rule.open) > 0
	may_be_early(rule)
}

else := kept if cover_all([rule | some rule in sure_rules(found); rule.noncurrent], writers)

else := without_noncurrent(bucket, found)

kept := ["PASS", "retention_set", "a lifecycle rule expires or moves objects in time"]

sure_rules(found) := [rule | some rule in found.rules; count(rule.open) == 0]

keepers(found) := [rule | some rule in sure_rules(found); keeps(rule)]

is_early(rule) if {
	rule.days > 0
	rule.days < section.retention_days
}

may_be_early(rule) if is_early(rule)

may_be_early(rule) if {
	some path in rule.open
	"expiration" in path
}

# What is wanted of the objects that a rule covers: late enough, and not too late.
keeps(rule) if {
	section.max_days == null
	rule.days > 0
}

keeps(rule) if {
	section.max_days == null
	section.accept_transition
	rule.moves
}

keeps(rule) if {
	section.max_days != null
	rule.days > 0
	rule.days <= section.max_days
}

whole(rule) if {
	rule.prefix == ""
	not rule.narrow
}

covers(rule, text) if {
	not rule.narrow
	startswith(text, rule.prefix)
}

cover_all(rules, _) if {
	some rule in rules
	whole(rule)
}

cover_all(rules, writers) if {
	count(writers) > 0
	every writer in writers {
		covered(rules, writer.keys.text)
	}
}

covered(rules, text) if {
	some rule in rules
	covers(rule, text)
}

# A rule whose prefix is written as a path or a pattern, and is neither: no key begins so.
is_idle(rule, writers) if {
	is_odd(rule.prefix)
	not is_written_to(rule.prefix, writers)
}

is_odd(prefix) if startswith(prefix, "/")

is_odd(prefix) if contains(prefix, "*")

is_written_to(prefix, writers) if {
	some writer in writers
	startswith(writer.keys.text, prefix)
}

# --- without a rule that is what is wanted --------------------------------------------------------------------------------------

uncovered(found, writers) := ["UNKNOWN", "unknown_lifecycle", "the lifecycle, or what it covers, is known after apply"] if {
	is_open(found, writers)
}

else := ["FAIL", "no_lifecycle", "no lifecycle rule: logs are kept indefinitely, at the owner's cost"] if {
	count(found.rules) + found.disabled == 0
}

else := ["FAIL", "only_disabled_rules", "no lifecycle rule is Enabled"] if count(found.rules) == 0

else := partial(found, writers) if count(wholes(found, writers)) == 0

else := ["FAIL", "expires_too_late", sprintf("objects are kept for longer than %v days", [section.max_days])] if {
	section.max_days != null
	some rule in wholes(found, writers)
	does_something(rule)
}

else := ["FAIL", "fixed_date", "the rule acts on one fixed date; objects written later are kept indefinitely"] if {
	some rule in wholes(found, writers)
	rule.dated
}

else := ["FAIL", "transition_not_accepted", "objects move to another class but never expire, as the policy demands"] if {
	some rule in wholes(found, writers)
	rule.moves
}

else := ["FAIL", "only_cleanup", "the rule only clears delete markers, old versions or unfinished uploads; logs never expire"]

is_open(found, _) if found.is_open

is_open(found, _) if {
	some rule in found.rules
	count(rule.open) > 0
}

is_open(found, writers) if {
	rules := [rule | some rule in keepers(found); not rule.narrow]
	missed := [writer | some writer in writers; not covered(rules, writer.keys.text)]
	count(rules) > 0
	count(missed) > 0
	every writer in missed {
		is_doubtful(writer)
	}
}

is_doubtful(writer) if writer.keys.open

is_doubtful(writer) if writer.doubt != ""

does_something(rule) if rule.days > 0

does_something(rule) if rule.moves

wholes(found, writers) := rules if {
	rules := [rule | some rule in found.rules; whole(rule)]
	count(rules) > 0
}

else := found.rules if cover_all(found.rules, writers)

else := []

partial(found, writers) := ["FAIL", "applies_to_nothing", "the rules apply to nothing: no key begins as their prefixes do"] if {
	every rule in found.rules {
		is_idle(rule, writers)
	}
}

else := ["FAIL", "only_partial_rules", "no lifecycle rule covers the whole bucket (prefix, tag or size filter)"]

without_noncurrent(bucket, found) := ["UNKNOWN", "unknown_versioning", "whether the bucket is versioned is known after apply"] if {
	s3.versioned(bucket) == null
}

else := kept if s3.versioned(bucket) == false

else := ["UNKNOWN", "unknown_lifecycle", "whether noncurrent versions expire is known after apply"] if is_open(found, [])

else := ["FAIL", "noncurrent_versions_kept", "the bucket is versioned and no rule for the whole of it expires or moves noncurrent versions"]
