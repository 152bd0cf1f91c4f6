# METADATA
# title: Buckets of which nobody wants an old version, as they receive nothing but access or traffic logs, or what can be made again
package planproof.plan_only.without_versions

import data.planproof.plan_only.log_buckets
import data.planproof.plan_only.policy
import data.planproof.plan_only.predicates
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import data.planproof.plan_only.writers
import rego.v1

section := policy.checks.versioning_coverage

unwanted := {"holds": false, "basis": "value"}

# Whether somebody may want an old version of a bucket's objects.
is_wanted(bucket) := predicates.yes if is_written_otherwise(sure_writers(bucket))

else := predicates.yes if not is_perhaps_unwanted(bucket)

else := predicates.open if is_written_otherwise(log_buckets.writers_to(bucket))

else := unwanted if count(sure_writers(bucket)) > 0

else := unwanted if bucket.address in remade.sure

else := unwanted if says_so(bucket)

else := predicates.open

is_perhaps_unwanted(bucket) if {
	some writer in log_buckets.writers_to(bucket)
	is_delivered(writer)
}

is_perhaps_unwanted(bucket) if bucket.address in remade.sure

is_perhaps_unwanted(_) if remade.is_open

is_perhaps_unwanted(bucket) if bucket.address in remade.perhaps

is_perhaps_unwanted(bucket) if says_so(bucket)

# Those of which only the switch is not known write logs, if anything.
sure_writers(bucket) := [writer |
	some writer in object.get(log_buckets.writers_by_address, bucket.address, [])
	not startswith(writer.doubt, "what ")
]

is_written_otherwise(found) if {
	some writer in found
	not is_delivered(writer)
}

is_delivered(writer) if terraform.by_address[writer.address].type in section.delivered_logs.writers

# --- what can be made again ---------------------------------------------------------------------------------------------------

remade := {"sure": sure, "perhaps": perhaps, "is_open": is_open} if {
	table := {type: entries | some type, entries in section.remade.writers; not terraform.is_unset(entries)}
	found := writers.writings(table, "aws_s3_bucket")
	sure := {address | some writing in found; not writing.is_doubtful; some address in writing.found.targets}
	perhaps := {address | some writing in found; some address in writing.found.targets | writing.found.perhaps}
	is_open := count([1 | some writing in found; writing.found.is_open]) > 0
}

# --- names ----------------------------------------------------------------------------------------------------------------------

says_so(bucket) if {
	some text in texts(bucket)
	said := {word | some word in words.words_of(text)}
	is_said(said)
}

is_said(said) if {
	count(said & {"log", "logs", "logging"}) > 0
	count(said & {word | some word in section.delivered_logs.words}) > 0
}

is_said(said) if count(said & {word | some word in section.remade.words}) > 0

texts(bucket) := {bucket.address} | {text |
	some attribute in ["bucket", "bucket_prefix"]
	not terraform.is_unknown(bucket, [attribute])
	text := terraform.value(bucket, [attribute])
	is_string(text)
}
