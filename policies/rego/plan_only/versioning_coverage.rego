# METADATA
# title: CKV_PLAN_5, versioning, backups or immutability are enabled wherever resources support them
package planproof.plan_only.versioning_coverage

import data.planproof.plan_only.policy
import data.planproof.plan_only.predicates
import data.planproof.plan_only.s3
import data.planproof.plan_only.terraform
import data.planproof.plan_only.without_versions
import rego.v1

section := policy.checks.versioning_coverage

findings := [finding |
	some type in object.keys(terraform.by_type)
	rule := object.get(section.types, type, null)
	rule != null
	some instance in terraform.of_type(type)
	said := judged(rule, conditions_of(rule, instance), requirements(rule, instance))
	finding := {
		"check_id": "CKV_PLAN_5",
		"subject": instance.address,
		"verdict": said[0],
		"code": said[1],
		"reason": said[2],
	}
]

judged(rule, conditions, asked) := ["PASS", "not_applicable", "nothing is required of it"] if {
	some condition in conditions
	condition.holds == false
}

else := ["UNKNOWN", "unknown_setting", "whether anything is required of it is not in the plan alone"] if {
	some condition in conditions
	condition.holds == "open"
}

else := ["PASS", "not_applicable", "no requirement of the policy applies"] if count(asked) == 0

else := ["PASS", "covered", "what the policy requires is set"] if predicates.all_of(answers(asked)).holds == true

else := ["UNKNOWN", "unknown_setting", "whether anything is required of it is known after apply"] if {
	some condition in conditions
	condition.holds == null
}

else := short(asked, predicates.all_of(answers(asked)), object.get(rule, "remedy", ""))

answers(asked) := [each.answer | some each in asked]

short(asked, found, remedy) := ["FAIL", code, trim_suffix(sprintf("%s; %s", [fault(failed[0], found.basis), remedy]), "; ")] if {
	found.holds == false
	failed := [each.requirement | some each in asked; each.answer.holds == false]
	code := {"value": "wrong_value", "not_set": "not_set", "no_companion": "no_companion"}[found.basis]
}

else := ["UNKNOWN", "unknown_companion", "what belongs to it is not in the plan alone"] if found.basis == "unknown_companion"

else := ["UNKNOWN", "unknown_setting", "what is required is known after apply"]

# What is wrong with a requirement; of several of which one is enough, the first is named. A value is not told: it may be a secret.
fault(requirement, basis) := sprintf("no %s: no %s belongs to it", [spaced(requirement), named(requirement).companion]) if {
	basis == "no_companion"
	named(requirement).companion
}

else := sprintf("no %s: no backup selection covers it", [spaced(requirement)]) if basis == "no_companion"

else := sprintf("%s is not set", [attribute(named(requirement))]) if basis == "not_set"

else := sprintf("%s has another value than the policy requires", [attribute(named(requirement))])

named(requirement) := listed(requirement, "any")[0] if count(listed(requirement, "any")) > 0

else := requirement

attribute(part) := sprintf("%v of %s", [part.path, part.companion]) if part.companion

else := sprintf("%v", [object.get(part, "path", "a setting")])

spaced(requirement) := replace(sprintf("%v", [object.get(requirement, "name", "setting")]), "_", " ")

# --- when -----------------------------------------------------------------------------------------------------------------------

# The conditions under which anything is required.
conditions_of(rule, instance) := array.concat(
	[predicates.answer(condition, instance) | some condition in listed(rule, "when"); condition != null],
	of_bucket(instance),
)

listed(found, key) := found[key] if is_array(found[key])

else := []

of_bucket(bucket) := [without_versions.is_wanted(bucket), keeps_objects(bucket)] if bucket.type == "aws_s3_bucket"

else := []

# Whether a bucket keeps an object for longer than the policy's days: if not, nobody would want an old version of it.
keeps_objects(bucket) := {"holds": false, "basis": "value"} if {
	some rule in soon(s3.lifecycle(bucket))
	rule.days > 0
	rule.on
	count(rule.open) == 0
}

else := predicates.open if {
	section.short_lived_days > 0
	is_open(s3.lifecycle(bucket))
}

else := predicates.yes

soon(found) := [rule |
	some rule in found.rules
	rule.prefix == ""
	not rule.narrow
	rule.days <= section.short_lived_days
]

is_open(found) if found.is_open

is_open(found) if {
	some rule in soon(found)
	count(rule.open) > 0
}

# --- must -----------------------------------------------------------------------------------------------------------------------

# Each requirement that applies, with its answer; if it is open whether it applies, and it does not hold, that is the answer.
requirements(rule, instance) := [{"requirement": requirement, "answer": found} |
	some requirement in rule.must
	not is_not_offered(requirement, instance)
	found := required(requirement, instance, condition_of(requirement, instance))
]

condition_of(requirement, instance) := predicates.answer(requirement.when, instance) if object.get(requirement, "when", null) != null

else := predicates.yes

required(requirement, instance, applies) := predicates.answer(requirement, instance) if applies.holds == true

else := found if {
	applies.holds == null
	found := predicates.answer(requirement, instance)
	found.holds == true
}

else := applies if applies.holds in {null, "open"}

# Whether this version of the provider lacks the attribute; what it has stands in a plan, unset too.
is_not_offered(requirement, instance) if {
	object.get(requirement, "if_offered", false) == true
	name := split(requirement.path, ".")[0]
	not terraform.is_unknown(instance, [name])
	not terraform.has(instance["values"], name)
	not terraform.has(terraform.block_of(instance).expressions, name)
}
