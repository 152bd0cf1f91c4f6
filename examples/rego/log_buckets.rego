# Three rules of a team over planproof's facts. `planproof facts plan.json -o out/facts.json`, then:
# conftest test plan.json --data out --policy "$(planproof rego-dir)" --policy examples/rego
package main

import data.planproof.facts
import rego.v1

# Without facts nothing below would deny anything.
deny contains message if some message in facts.missing

# 1. A log bucket has its own public access block, in any module.
deny contains sprintf("%s: add an aws_s3_bucket_public_access_block", [bucket]) if {
	some bucket in facts.of_type("aws_s3_bucket")
	facts.is_log_bucket(bucket)
	count(facts.companions(bucket, "aws_s3_bucket_public_access_block")) == 0
	count(facts.possible_companions(bucket, "aws_s3_bucket_public_access_block")) == 0
}

# 2. A log bucket is encrypted with a key that this plan manages.
deny contains sprintf("%s: encrypt it with an aws_kms_key of this plan", [bucket]) if {
	some bucket in facts.of_type("aws_s3_bucket")
	facts.is_log_bucket(bucket)
	count([link |
		some encryption in facts.companions(bucket, "aws_s3_bucket_server_side_encryption_configuration")
		some link in data.planproof_facts.refers_to[encryption]
		data.planproof_facts.instances[link.to].type == "aws_kms_key"
	]) == 0
}

# 3. Warn if the plan does not determine whether denied access to the logs alerts someone.
warn contains sprintf("%s: the plan does not determine whether denied access alerts anyone", [bucket]) if {
	some bucket, chain in data.planproof_facts.alerts
	is_null(chain.holds)
}
