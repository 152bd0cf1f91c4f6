# METADATA
# title: The policy document of an aws_iam_policy_document whose reading is put off to the apply
package planproof.plan_only.iam_data_source

import data.planproof.plan_only.iam
import data.planproof.plan_only.terraform
import rego.v1

# What the data source that makes a role's trust policy says; undefined if no single one makes it.
document_of(role) := {"problem": problem, "is_malformed": false, "statements": statements} if {
	source := source_of(role)
	problem := problem_of(source)
	statements := [statement_of(source, number) | problem == ""; some number, _ in source.values.statement]
}

source_of(role) := source if {
	expression := terraform.expression(role, ["assume_role_policy"])
	drawn := terraform.drawn(role.module, expression)
	not drawn.open
	count(drawn.ends) == 1
	some end in drawn.ends
	found := terraform.resource_in(end)
	startswith(found.local, "data.aws_iam_policy_document.")
	found.attribute in {"json", "minified_json"}
	source := terraform.instance_of(role, terraform.names_in(expression), found)
}

merged := ["source_json", "source_policy_documents", "override_json", "override_policy_documents"]

problem_of(source) := sprintf("%s merges other documents", [source.address]) if {
	some name in merged
	not terraform.is_unset(terraform.value(source, [name]))
}

else := sprintf("%s merges other documents", [source.address]) if {
	some name in merged
	terraform.is_open(source, [name])
}

else := sprintf("a statement of %s is known after apply", [source.address]) if {
	not is_array(terraform.value(source, ["statement"]))
}

else := sprintf("a statement of %s is not as Terraform writes it", [source.address]) if is_misshapen(source)

else := sprintf("a statement of %s is known after apply", [source.address]) if is_veiled(source.mask.statement)

else := sprintf("a statement of %s replaces another", [source.address]) if {
	sids := [statement.sid | some statement in source.values.statement; statement.sid != ""; statement.sid != null]
	count({sid | some sid in sids}) < count(sids)
}

else := ""

is_misshapen(source) if {
	some statement in source.values.statement
	not is_object(statement)
}

is_misshapen(source) if {
	some statement in source.values.statement
	some name in ["principals", "not_principals", "condition"]
	some block in statement[name]
	not is_object(block)
}

is_misshapen(source) if {
	some mask in source.mask.statement
	not is_object(mask)
}

# Whether more is unknown than identifiers, actions and the values of conditions.
is_veiled(mask) if mask == true

is_veiled(mask) if {
	some statement in mask
	statement == true
}

is_veiled(mask) if {
	some statement in mask
	some name in ["sid", "effect", "principals", "not_principals", "condition", "resources", "not_resources"]
	statement[name] == true
}

is_veiled(mask) if {
	some statement in mask
	some name in ["principals", "not_principals"]
	some block in statement[name]
	is_true(block, "type")
}

is_veiled(mask) if {
	some statement in mask
	some block in statement.condition
	is_true(block, "test")
}

is_true(block, _) if block == true

is_true(block, name) if block[name] == true

# --- statements ---------------------------------------------------------------------------------------------------------------

statement_of(source, number) := {
	"effect": effect_of(block),
	"principals": [who |
		some place, each in listed(object.get(block, principals, null))
		some id in texts(object.get(each, "identifiers", null), object.get(mask, [principals, place, "identifiers"], false))
		who := principal(source, number, principals, terraform.as_text(object.get(each, "type", "")), id)
	],
	"not_principals": principals == "not_principals",
	"actions": texts(object.get(block, actions, null), object.get(mask, actions, false)),
	"not_actions": actions == "not_actions",
	"has_resources": count(listed(object.get(block, "resources", null))) + count(listed(object.get(block, "not_resources", null))) > 0,
	"conditions": [{
		"operator": terraform.as_text(object.get(each, "test", "")),
		"key": key(source, number, object.get(each, "variable", ""), object.get(mask, ["condition", place, "variable"], false)),
		"values": texts(object.get(each, "values", null), object.get(mask, ["condition", place, "values"], false)),
	} |
		some place, each in listed(object.get(block, "condition", null))
	],
} if {
	block := source.values.statement[number]
	mask := object.get(source.mask, ["statement", number], {})
	principals := written_as(block, mask, "principals", "not_principals")
	actions := written_as(block, mask, "actions", "not_actions")
}

# A condition's key that is known only after the apply; one that is made from an AWS resource, such as an OIDC provider's URL, is none of
# AWS's own.
unread_keys := {"aws": "(made from an AWS resource)"}

key(source, number, found, mask) := made_key(terraform.expression(source, ["statement", number, "condition"]), source.module) if mask == true

else := terraform.as_text(found)

made_key(written, module) := unread_keys.aws if {
	found := terraform.drawn(module, variables_in(written))
	not found.open
	kinds := {terraform.resource_in(end).type | some end in found.ends}
	count(kinds) > 0
	every kind in kinds {
		startswith(kind, "aws_")
	}
}

else := null

variables_in(written) := [written.variable] if is_object(written)

else := [block.variable | some block in written]

effect_of(block) := block.effect if {
	is_string(block.effect)
	block.effect != ""
}

else := "Allow"

# The form that is set: the plain one, unless the other is and it is not.
written_as(block, mask, plain, inverted) := inverted if {
	count(listed(object.get(block, plain, null))) == 0
	object.get(mask, plain, false) != true
	is_there(block, mask, inverted)
}

else := plain

is_there(block, _, name) if count(listed(object.get(block, name, null))) > 0

is_there(_, mask, name) if object.get(mask, name, false) == true

listed(found) := found if is_array(found)

else := []

# The texts of a list; one that is known only after the apply is null.
texts(found, mask) := [null] if mask == true

else := [each | some each in listed(found)]

principal(source, number, name, kind, id) := iam.principal(kind, id) if is_string(id)

else := {"who": lower(kind), "id": null} if lower(kind) in {"service", "federated"}

else := {"who": "account", "id": null} if lower(kind) == "canonicaluser"

else := {"who": "anyone", "id": null} if kind == "*"

else := {"who": kind_of(source, number, name), "id": null}

# What unknown principals are, by the resources that they are made of.
kind_of(source, number, name) := who if {
	block := terraform.expression(source, ["statement", number, name])
	block != null
	drawn := terraform.drawn(source.module, block)
	not drawn.open
	kinds := {kind | some end in drawn.ends; kind := by_end(terraform.resource_in(end))}
	count(kinds) == 1
	some who in kinds
}

else := "somebody"

by_end(found) := kind if {
	found.attribute in {"arn", "arns", "unique_id", ""}
	kind := {
		"aws_iam_role": "role", "aws_iam_roles": "role", "aws_iam_service_linked_role": "role",
		"aws_iam_user": "user", "aws_iam_users": "user", "aws_organizations_account": "account",
	}[found.type]
}

else := "account" if {
	trim_prefix(found.local, "data.") != found.local
	startswith(found.local, "data.aws_caller_identity.")
	found.attribute == "account_id"
}

else := "somebody"
