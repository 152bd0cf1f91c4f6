# METADATA
# title: planproof's checks over a raw plan, where an engine sees nothing else
# description: |
#   findings is a list of {check_id, subject, verdict, code, reason}; deny is a list of messages: each FAIL of a mandatory check, and what
#   keeps the plan from being judged. A verdict is the one of planproof without source, or UNKNOWN.
package planproof.plan_only

import data.planproof.plan_only.log_bucket_retention
import data.planproof.plan_only.log_group_retention
import data.planproof.plan_only.mfa_on_human_principals
import data.planproof.plan_only.mfa_on_machine_principals
import data.planproof.plan_only.name_taken_twice
import data.planproof.plan_only.output_contract
import data.planproof.plan_only.policy
import data.planproof.plan_only.tagging
import data.planproof.plan_only.terraform
import data.planproof.plan_only.valid
import data.planproof.plan_only.versioning_coverage
import rego.v1

# By the name of its section in the policy, what each check finds.
checks := {
	"log_bucket_retention": log_bucket_retention.findings,
	"log_group_retention": log_group_retention.findings,
	"mfa_on_human_principals": mfa_on_human_principals.findings,
	"mfa_on_machine_principals": mfa_on_machine_principals.findings,
	"name_taken_twice": name_taken_twice.findings,
	"output_contract": output_contract.findings,
	"tagging": tagging.findings,
	"versioning_coverage": versioning_coverage.findings,
}

findings := [finding |
	count(valid.problems) == 0
	some name in sort(object.keys(checks))
	is_on(policy.checks[name])
	some finding in checks[name]
	level(finding) != "off"
]

deny := array.concat(
	[problem | some problem in valid.problems],
	[sprintf("%s %s: %s", [finding.check_id, finding.subject, finding.reason]) |
		some finding in findings
		finding.verdict == "FAIL"
		level(finding) != "advisory"
	],
)

# Whether a check is asked: unless it, and each code that has a level of its own, is off.
is_on(section) if section.level != "off"

is_on(section) if {
	some code_level in section.levels
	code_level != "off"
}

# Of a code, as `levels` of its section has it, else of the check.
level(finding) := object.get(object.get(section, "levels", {}), finding.code, section.level) if {
	section := policy.checks[key_of[finding.check_id]]
}

# The section of the policy by the check's id.
key_of := {
	"CKV_PLAN_1": "log_bucket_retention",
	"CKV_PLAN_2": "mfa_on_machine_principals",
	"CKV_PLAN_3": "output_contract",
	"CKV_PLAN_5": "versioning_coverage",
	"CKV_PLAN_10": "tagging",
	"CKV_PLAN_11": "mfa_on_human_principals",
	"CKV_PLAN_12": "log_group_retention",
	"CKV_PLAN_14": "name_taken_twice",
}
