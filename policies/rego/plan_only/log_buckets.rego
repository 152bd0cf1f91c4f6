# METADATA
# title: Which buckets are log buckets, and what writes logs to them
package planproof.plan_only.log_buckets

import data.planproof.plan_only.policy
import data.planproof.plan_only.relations
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import data.planproof.plan_only.writers
import rego.v1

settings := policy.in_force.log_buckets

buckets := terraform.of_type("aws_s3_bucket")

# The addresses of those that are log buckets for sure, and of those that may be.
sure := {bucket.address |
	some bucket in buckets
	not is_excluded(bucket)
	is_sure(bucket)
}

perhaps := {bucket.address |
	some bucket in buckets
	not is_excluded(bucket)
	not bucket.address in sure
	may_be_written(bucket)
}

is_excluded(bucket) if {
	some glob in settings.exclude
	words.fits(glob, bucket.address)
}

is_sure(_) if settings["all"]

is_sure(bucket) if {
	some glob in settings.include
	words.fits(glob, bucket.address)
}

is_sure(bucket) if {
	some writer in object.get(writers_by_address, bucket.address, [])
	writer.doubt == ""
}

is_sure(bucket) if {
	some text in texts(bucket)
	words.says(text, settings.words, settings.not_before)
}

# --- what it is called --------------------------------------------------------------------------------------------------------

texts(bucket) := (({bucket.address} | name_texts(bucket, "bucket")) | name_texts(bucket, "bucket_prefix")) | tags(bucket)

tags(bucket) := {tag |
	is_object(bucket["values"].tags)
	some key, tag in bucket["values"].tags
	is_string(tag)
	not is_sensitive(bucket, ["tags", key])
}

is_sensitive(bucket, path) if {
	some mask in bucket.secrets
	some length in numbers.range(0, count(path))
	object.get(mask, array.slice(path, 0, length), false) == true
}

name_texts(bucket, attribute) := {text} if {
	not terraform.is_unknown(bucket, [attribute])
	text := terraform.as_text(terraform.value(bucket, [attribute]))
	not is_sensitive(bucket, [attribute])
}

# Of a name that is not known, the texts that it is made of.
else := terraform.texts_given(terraform.drawn(bucket.module, terraform.expression(bucket, [attribute])).reached) | keys_of(bucket) if {
	terraform.is_unknown(bucket, [attribute])
	terraform.expression(bucket, [attribute]) != null
}

else := set()

keys_of(bucket) := {bucket.index | is_string(bucket.index)}

# --- what writes to it --------------------------------------------------------------------------------------------------------

streams := {"aws_kinesis_firehose_delivery_stream": "name", "aws_kinesis_stream": "name"}

# Streams that something other than a stream writes logs to.
written_streams := {address | some found in stream_writings; some address in found.targets}

stream_writings := [writing.found |
	some type, _ in streams
	some writing in writers.writings(settings.writers, type)
	not carries(writing)
]

# Firehoses that take from a stream of logs.
fed := {writing.writer |
	some writing in feeding
	some address in writing.found.targets
	is_log_stream(address)
}

feeding := writers.writings(
	{"aws_kinesis_firehose_delivery_stream": ["kinesis_source_configuration.kinesis_stream_arn"]},
	"aws_kinesis_stream",
)

is_log_stream(address) if address in written_streams

is_log_stream(address) if {
	stream := terraform.by_address[address]
	some text in [address, terraform.as_text(terraform.value(stream, ["name"]))]
	words.says(text, settings.words, settings.not_before)
}

# Whether it is open which streams carry logs.
are_streams_open if {
	some found in array.concat(stream_writings, [writing.found | some writing in feeding])
	found.is_open
}

are_streams_open if {
	some found in array.concat(stream_writings, [writing.found | some writing in feeding])
	count(found.perhaps) > 0
}

carries(writing) if {
	is_object(writing.entry)
	writing.entry.carries
}

# What writes logs to buckets, or may: with the reason for a doubt, or an empty one.
written := [{"writing": writing, "doubt": doubt} |
	some writing in writers.writings(settings.writers, "aws_s3_bucket")
	doubt := doubt_of(writing)
	doubt != "it carries no logs"
]

doubt_of(writing) := sprintf("whether %s writes logs is known after apply", [writing.writer]) if writing.is_doubtful

else := "" if not carries(writing)

else := "" if is_log_stream(writing.writer)

else := "" if writing.writer in fed

else := sprintf("what %s carries is not in the plan", [writing.writer]) if are_streams_open

else := sprintf("what %s carries is not in the plan", [writing.writer]) if is_unnamed(writing.writer)

else := "it carries no logs"

is_unnamed(address) if terraform.is_unknown(terraform.by_address[address], ["name"])

# By a bucket's address, what writes to it for sure, or would if it wrote at all.
writers_by_address := terraform.grouped(targets)

targets := [[address, {"address": each.writing.writer, "keys": writers.keys(each.writing), "doubt": each.doubt}] |
	some each in written
	some address in each.writing.found.targets
]

# What may write to any bucket, or to one of several.
open_writings := [each.writing | some each in written; is_open_ended(each.writing.found)]

is_open_ended(found) if found.is_open

is_open_ended(found) if count(found.perhaps) > 0

may_be_written(bucket) if count(open_to(bucket)) > 0

may_be_written(bucket) if bucket.address in object.keys(writers_by_address)

open_to(bucket) := [writing | some writing in open_writings; may_mean(writing.found, bucket.address)]

may_mean(found, _) if found.is_open

may_mean(found, address) if address in found.perhaps

# What writes to a bucket, those whose target is not sure too.
writers_to(bucket) := array.concat(
	object.get(writers_by_address, bucket.address, []),
	[{"address": writing.writer, "keys": {"text": "", "open": false}, "doubt": "where it writes is known after apply"} |
		some writing in open_to(bucket)
	],
)
