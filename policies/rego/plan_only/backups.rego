# METADATA
# title: What AWS Backup, or Data Lifecycle Manager, backs up
package planproof.plan_only.backups

import data.planproof.plan_only.iam
import data.planproof.plan_only.policy
import data.planproof.plan_only.tags
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import rego.v1

# How the ARNs of a type begin behind region and account.
arns := {
	"aws_db_instance": "rds:db:",
	"aws_docdb_cluster": "rds:cluster:",
	"aws_dynamodb_table": "dynamodb:table/",
	"aws_ebs_volume": "ec2:volume/",
	"aws_efs_file_system": "elasticfilesystem:file-system/",
	"aws_fsx_lustre_file_system": "fsx:file-system/",
	"aws_fsx_ontap_volume": "fsx:volume/",
	"aws_fsx_openzfs_file_system": "fsx:file-system/",
	"aws_fsx_windows_file_system": "fsx:file-system/",
	"aws_neptune_cluster": "rds:cluster:",
	"aws_rds_cluster": "rds:cluster:",
	"aws_redshift_cluster": "redshift:cluster:",
	"aws_timestreamwrite_table": "timestream:database/",
}

selections := terraform.of_type("aws_backup_selection")

lifecycle_policies := terraform.of_type("aws_dlm_lifecycle_policy")

# Whether a selection, or a plan that the policy declares, covers an instance, or a lifecycle policy does if it is a volume; "open" if
# planproof may know it.
answer(instance) := either(array.concat(
	array.concat(
		[selects(selection, instance) | some selection in selections],
		[snapshots(each, instance) | some each in lifecycle_policies; instance.type == "aws_ebs_volume"],
	),
	[declared(each, instance) | some each in policy.in_force.elsewhere.backup_plans],
))

# --- answers, of which one may be open ---------------------------------------------------------------------------------------

both(answers) := false if false in answers

else := "open" if "open" in answers

else := iam.both(answers)

either(answers) := true if true in answers

else := "open" if "open" in answers

else := iam.either(answers)

negated(found) := found if found == "open"

else := iam.negated(found)

# --- selections -----------------------------------------------------------------------------------------------------------------

selects(selection, instance) := "open" if is_unread(selection)

else := both(array.concat(
	[chosen(selection, instance), negated(names(selection, "not_resources", instance))],
	conditions(selection, instance),
))

# A block of which not all is known.
is_unread(selection) if {
	some name in ["selection_tag", "condition"]
	terraform.has_unknown(selection, [name])
	terraform.state(selection, [name]) != "unset"
}

chosen(selection, instance) := true if {
	blocks(selection, "selection_tag") == []
	terraform.state(selection, ["resources"]) == "unset"
}

else := either(array.concat(
	[names(selection, "resources", instance)],
	[has_tag(instance, object.get(tag, "key", null), object.get(tag, "value", null), "equals") |
		some tag in blocks(selection, "selection_tag")
	],
))

blocks(instance, name) := [each | some each in terraform.listed(instance["values"], name); is_object(each)]

conditions(selection, instance) := [has_tag(instance, key_of(each), object.get(each, "value", null), operator) |
	some block in blocks(selection, "condition")
	some operator, _ in operators
	some each in terraform.listed(block, operator)
	is_object(each)
]

key_of(found) := trim_prefix(key, "aws:ResourceTag/") if {
	key := found.key
	is_string(key)
}

else := null

operators := {"string_equals": "equals", "string_like": "like", "string_not_equals": "not_equals", "string_not_like": "not_like"}

# Whether one of the ARNs of a list is the instance's, or a pattern that it fits.
names(selection, argument, instance) := false if terraform.state(selection, [argument]) == "unset"

else := "open" if terraform.state(selection, [argument]) == "open"

else := by_references(selection, argument, instance) if terraform.has_unknown(selection, [argument])

else := either([by_text(text, instance) | some text in terraform.listed(selection["values"], argument)])

# What is not known of a list is what the references of it name, if they are no more than that; else planproof cannot tell either.
by_references(selection, argument, instance) := true if {
	drawn := terraform.drawn(selection.module, terraform.expression(selection, [argument]))
	not drawn.open
	resources := [found | some end in drawn.ends; found := terraform.resource_in(end)]
	every found in resources {
		found.attribute == "arn"
		not startswith(found.local, "data.")
	}
	targets := {target.address |
		some found in resources
		found.type == instance.type
		target := terraform.instance_of(selection, terraform.names_in(terraform.expression(selection, [argument])), found)
	}
	instance.address in targets
	count(targets) == count([1 | some found in resources; found.type == instance.type])
	count(targets) <= unknowns(selection, argument)
}

else := null if not is_among(selection, argument, instance)

else := "open"

is_among(selection, argument, _) if {
	drawn := terraform.drawn(selection.module, terraform.expression(selection, [argument]))
	drawn.open
}

is_among(selection, argument, instance) if {
	drawn := terraform.drawn(selection.module, terraform.expression(selection, [argument]))
	some end in drawn.ends
	found := terraform.resource_in(end)
	is_perhaps(found, instance)
}

# What leads to the instance, or may hand on what does.
is_perhaps(found, instance) if {
	found.local == instance.local
	terraform.without_keys(found.module) == instance.path
}

is_perhaps(found, instance) if {
	found.type != instance.type
	found.attribute != "arn"
}

# How many elements are not known; of a list that is not known as a whole, as many as there may be.
unknowns(selection, argument) := 1000000 if terraform.is_unknown(selection, [argument])

else := count([1 | some mask in object.get(selection.mask, [argument], []); mask == true])

by_text(text, instance) := true if text == "*"

else := false if not is_string(text)

else := text == arn(instance) if {
	arn(instance) != ""
	startswith(text, "arn:")
	not contains(text, "*")
}

else := words.fits(text, arn(instance)) if arn(instance) != ""

else := of_pattern(split(text, ":"), instance) if contains(text, "*")

else := "open"

arn(instance) := terraform.as_text(terraform.value(instance, ["arn"]))

# Whether an ARN that is not known yet fits a pattern, as far as its parts tell: `arn:aws:ec2:*:*:volume/*`.
of_pattern(parts, instance) := false if {
	count(parts) >= 6
	parts[0] == "arn"
	not words.fits(parts[2], split(arns[instance.type], ":")[0])
}

else := true if {
	count(parts) >= 6
	parts[0] == "arn"
	parts[3] == "*"
	parts[4] == "*"
	concat(":", array.slice(parts, 5, count(parts))) in {"*", concat("", [prefix(instance.type), "*"])}
}

else := "open"

prefix(type) := substring(arns[type], indexof(arns[type], ":") + 1, -1)

# --- tags -----------------------------------------------------------------------------------------------------------------------

# Whether it holds of the value that is wanted, and that which the instance has under the key (empty if it has none).
has_tag(instance, key, wanted, operator) := null if not is_string(key)

else := null if key == ""

else := null if not is_string(wanted)

else := null if tags.tag_of(instance, key) == null

else := holds(object.get(operators, operator, operator), wanted, tags.tag_of(instance, key))

holds(operator, wanted, found) := wanted == found if operator == "equals"

else := wanted != found if operator == "not_equals"

else := like(wanted, found) if operator == "like"

else := like(wanted, found) == false if operator == "not_like"

else := is_set_like(wanted, found)

like(wanted, found) if words.fits(wanted, found)

else := false

is_set_like(wanted, found) if {
	found != ""
	words.fits(wanted, found)
}

else := false

# A backup plan that the policy declares covers what has all of its tags, until its day.
declared(plan, instance) := both(array.concat(
	[is_in_force(plan)],
	[has_tag(instance, key, wanted, "set_like") | some key, wanted in object.get(plan, "tags", {}); wanted != null],
))

is_in_force(plan) if object.get(plan, "until", null) == null

else if {
	[year, month, day] := time.date([time.now_ns(), "UTC"])
	sprintf("%d-%02d-%02d", [year, month, day]) < plan.until
}

else := false

# --- volumes ------------------------------------------------------------------------------------------------------------------

# Whether a lifecycle policy takes snapshots of a volume: one for volumes, by any of its target tags.
snapshots(each, volume) := false if terraform.value(each, ["state"]) == "DISABLED"

else := true if terraform.value(each, ["default_policy"]) == "VOLUME"

else := null if terraform.is_unknown(each, ["policy_details", 0, "resource_types"])

else := null if terraform.is_unknown(each, ["policy_details", 0, "target_tags"])

else := false if count([1 | some kind in terraform.value(each, ["policy_details", 0, "resource_types"]); kind == "VOLUME"]) == 0

else := either([has_tag(volume, key, wanted_of(each, key), "equals") | some key in target_keys(each)])

target_keys(each) := object.keys(found) | {key | some key, mask in unknown_targets(each); mask == true} if {
	found := terraform.value(each, ["policy_details", 0, "target_tags"])
	is_object(found)
}

else := set()

unknown_targets(each) := object.get(each.mask, ["policy_details", 0, "target_tags"], {})

wanted_of(each, key) := null if terraform.is_unknown(each, ["policy_details", 0, "target_tags", key])

else := terraform.value(each, ["policy_details", 0, "target_tags", key])
