# METADATA
# title: Which resource an argument names
# description: |
#   resolved(instance, path, type) is {targets, perhaps, is_open}: the addresses that are sure, those that are possible, and whether it may
#   be any. A known text is compared with what is known of the resources of that type; an unknown one is followed by its references.
package planproof.plan_only.relations

import data.planproof.plan_only.terraform
import rego.v1

# How the ARNs of a type are made, and the attributes that hold its name and its ARN.
forms := {
	"aws_backup_vault": {"arn": `^arn:[^:]*:backup:[^:]*:[^:]*:backup-vault:(.+)$`, "identity": ["name", "id", "arn"]},
	"aws_cloudwatch_log_group": {"arn": `^arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:]+)(?::.*)?$`, "identity": ["name", "id", "arn"]},
	"aws_efs_file_system": {"arn": `^arn:[^:]*:elasticfilesystem:[^:]*:[^:]*:file-system/(.+)$`, "identity": ["id", "arn"]},
	"aws_fsx_lustre_file_system": {"arn": `^arn:[^:]*:fsx:[^:]*:[^:]*:file-system/(.+)$`, "identity": ["id", "arn"]},
	"aws_glacier_vault": {"arn": `^arn:[^:]*:glacier:[^:]*:[^:]*:vaults/(.+)$`, "identity": ["name", "id", "arn"]},
	"aws_kinesis_firehose_delivery_stream": {
		"arn": `^arn:[^:]*:firehose:[^:]*:[^:]*:deliverystream/(.+)$`,
		"identity": ["name", "arn", "id"],
	},
	"aws_kinesis_stream": {"arn": `^arn:[^:]*:kinesis:[^:]*:[^:]*:stream/(.+)$`, "identity": ["name", "arn", "id"]},
	"aws_s3_bucket": {
		"arn": `^(?:arn:[^:]*:s3:[^:]*:[^:]*:|s3[an]?://)([^/:]+)(?:/.*)?$`,
		"identity": ["bucket", "id", "bucket_domain_name", "bucket_regional_domain_name", "arn"],
	},
}

# Types whose own ids and ARNs are nobody else's name.
others := {
	"aws_cloudwatch_log_group", "aws_iam_role", "aws_iam_user", "aws_kinesis_firehose_delivery_stream", "aws_kinesis_stream",
	"aws_kms_key", "aws_lambda_function", "aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue",
}

nothing := {"targets": set(), "perhaps": set(), "is_open": false}

open := {"targets": set(), "perhaps": set(), "is_open": true}

resolved(instance, path, type) := open if {
	terraform.is_open(instance, path)
	terraform.expression(instance, path) == null
}

else := by_names(instance, path, type) if terraform.is_open(instance, path)

else := by_texts(instance, [found], type) if {
	found := terraform.value(instance, path)
	is_string(found)
	found != ""
}

else := of_list(instance, path, type) if {
	is_array(terraform.value(instance, path))
	terraform.has_unknown(instance, path)
}

else := by_texts(instance, [each | some each in found], type) if {
	found := terraform.value(instance, path)
	is_array(found)
}

else := nothing

# --- companions -----------------------------------------------------------------------------------------------------------------

# The resources of a kind whose argument names one of a type: by that one's address, those that are sure, and those that are possible;
# those that may belong to any, and whether there may be others still.
companions(kind, argument, type) := {
	"sure": by_target([[address, number] | some number, each in found; some address in each.targets], kind),
	"perhaps": by_target([[address, number] | some number, each in found; some address in each.perhaps], kind),
	"anywhere": [one | some number, one in terraform.of_type(kind); found[number].is_open],
	"is_open": count(left_out) > 0,
} if {
	forms[type]
	found := [resolved(one, split(argument, "."), type) | some one in terraform.of_type(kind)]
}

# Of a type that nothing is known of, nothing is told either.
else := {"sure": {}, "perhaps": {}, "anywhere": terraform.of_type(kind), "is_open": count(left_out) > 0}

by_target(pairs, kind) := {address: [terraform.of_type(kind)[number] | some number in numbers] |
	some address, numbers in terraform.grouped(pairs)
}

# An incomplete plan may leave any resource out.
left_out := [1 | not terraform.is_complete]

# --- known texts --------------------------------------------------------------------------------------------------------------

by_texts(instance, texts, type) := {
	"targets": {address | some found in each; is_sure(instance, found, type); some address in found},
	"perhaps": {address | some found in each; not is_sure(instance, found, type); some address in found},
	"is_open": false,
} if {
	each := [found | some text in texts; is_string(text); found := addresses_of(text, type)]
}

# Whether a text names the one that bears it: a bucket anywhere, others in the region of what says it.
is_sure(instance, found, type) if {
	count(found) == 1
	some address in found
	is_near(instance, terraform.by_address[address], type)
}

is_near(_, _, type) if type == "aws_s3_bucket"

is_near(one, other, _) if terraform.same_region(one, other)

addresses_of(text, type) := object.get(identified[type], text, set()) | object.get(identified[type], name_in(text, type), set())

name_in(text, type) := name if name := regex.find_all_string_submatch_n(forms[type].arn, text, 1)[0][1]

else := name if {
	type == "aws_s3_bucket"
	name := regex.find_all_string_submatch_n(`^([^/:]+)\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$`, text, 1)[0][1]
}

else := split(text, "/")[0] if type == "aws_s3_bucket"

else := text

# The addresses of the resources of a type by each text that identifies them.
identified := {type: {text: {address | some address in found} | some text, found in terraform.grouped(pairs)} |
	some type, form in forms
	pairs := [[text, target.address] |
		some target in terraform.of_type(type)
		some attribute in form.identity
		text := target.values[attribute]
		is_string(text)
		text != ""
	]
}

# --- names ----------------------------------------------------------------------------------------------------------------------

# A list of one is what that one is.
of_list(instance, path, type) := by_names(instance, path, type) if count(terraform.value(instance, path)) == 1

else := open

by_names(instance, path, type) := open if terraform.is_one_of_many(instance, path)

else := found if {
	written := of_instance(instance, terraform.expression(instance, path))
	drawn := terraform.drawn(instance.module, written)
	found := by_drawn(instance, drawn, terraform.names_in(written), type)
}

else := open

# The expression as it is in one instance: what `each.value` is, if `for_each` is a set of literals, or one resource.
of_instance(instance, written) := {"references": [as_in(instance, each) | some each in terraform.references_of(written)]} if {
	is_string(instance.index)
	some name in terraform.references_of(written)
	startswith(name, "each.value")
}

else := written

as_in(instance, name) := "each.key" if {
	name == "each.value"
	not terraform.has(terraform.block_of(instance), "for_each_expression")
}

else := concat("", [target, terraform.key_text(instance.index), trim_prefix(name, "each.value")]) if {
	regex.match(`^each\.value(\.|$)`, name)
	targets := terraform.names_in(terraform.block_of(instance).for_each_expression)
	count(targets) == 1
	some target in targets
	found := terraform.resource_in(terraform.node(instance.module, target))
	found.local == target
	terraform.by_address[terraform.joined(instance.module, concat("", [target, terraform.key_text(instance.index)]))]
}

else := name

by_drawn(instance, drawn, names, type) := open if drawn.open

else := open if {
	some each in drawn.reached
	is_made_up(each)
}

else := {"targets": targets, "perhaps": set(), "is_open": false} if {
	count(constants(drawn.reached)) == 0
	ends := settled(settled(drawn.ends, type), type)
	count(ends) > 0
	every end in ends {
		target_of(instance, names, terraform.resource_in(end), type)
	}
	targets := {target_of(instance, names, terraform.resource_in(end), type) | some end in ends}
	count(targets) == 1
}

else := {"targets": set(), "perhaps": perhaps, "is_open": false} if {
	ends := settled(settled(drawn.ends, type), type)
	every end in ends {
		is_candidate(terraform.resource_in(end), type)
	}
	perhaps := {address |
		some end in ends
		found := terraform.resource_in(end)
		found.type == type
		some address in candidates(instance, names, found, type)
	}
	count(perhaps) > 0
}

else := nothing if {
	count(drawn.ends) > 0
	every end in drawn.ends {
		is_of_another(end, type)
	}
}

else := open

# The names that lead to a constant, or to what is known of the run: the value may be one of those instead.
constants(reached) := {each |
	some each in reached
	strings.any_prefix_match(each[1], ["var.", "module.", "path.", "terraform."])
	count(terraform.next_of(each)) == 0
}

# A function of constants, which plan JSON does not tell.
is_made_up(each) if {
	strings.any_prefix_match(each[1], ["var.", "module."])
	not terraform.is_told(each)
}

# What the value is, or what is surely none of the type.
is_candidate(found, type) if {
	found.type == type
	not startswith(found.local, "data.")
	not is_built_of(type, found)
}

is_candidate(found, type) if {
	found.type != type
	not startswith(found.local, "data.")
	not is_bucket_of(found)
	found.attribute != ""
	block := terraform.blocks[terraform.without_keys(found.module)][found.local]
	not terraform.has(block.expressions, terraform.first_of(found.attribute))
	not terraform.first_of(found.attribute) in {"id", "output", "triggers"}
}

# Whether an attribute of one of S3's own resources repeats its bucket.
is_bucket_of(found) if {
	startswith(found.local, "aws_s3_bucket")
	found.attribute in {"id", "arn", "bucket"}
}

candidates(instance, names, found, type) := {target} if target := target_of(instance, names, found, type)

else := {terraform.instances[number].address | some number in terraform.by_block[terraform.node(found.module, found.local)]}

target_of(instance, names, found, type) := target.address if {
	found.type == type
	not startswith(found.local, "data.")
	found.attribute in array.concat([""], forms[type].identity) # an index that is no constant hides the attribute
	target := terraform.instance_of(instance, names, found)
	not is_built_of(type, found)
}

# The ends, with what S3's own resources repeat of their bucket followed to it, and without what the plan makes no instance of.
settled(ends, type) := {inner |
	some end in ends
	not is_none(end)
	some inner in inside(end, type)
}

inside(end, type) := drawn.ends if {
	found := terraform.resource_in(end)
	found.type != type
	is_bucket_of(found)
	target := terraform.instance_of({"module": found.module, "local": "", "index": null}, set(), found)
	terraform.state(target, ["bucket"]) in {"known", "unknown"}
	drawn := terraform.drawn(found.module, of_instance(target, terraform.expression(target, ["bucket"])))
	not drawn.open
	count(drawn.ends) > 0
}

else := {end}

is_none(end) if {
	terraform.is_complete
	found := terraform.resource_in(end)
	regex.match(`^\[[0-9]+\]$`, found.key)
	not startswith(found.local, "data.")
	terraform.has(terraform.blocks[terraform.without_keys(found.module)][found.local], "count_expression")
	not terraform.by_address[terraform.joined(found.module, concat("", [found.local, found.key]))]
}

is_of_another(end, type) if {
	found := terraform.resource_in(end)
	found.type in others
	found.type != type
	not startswith(found.local, "data.")
	found.attribute in {"arn", "id"}
	terraform.blocks[terraform.without_keys(found.module)][found.local]
	not is_built_of(type, found)
}

# Whether a resource of the type has a name that is made of another's attribute: the text around it is not in the plan.
is_built_of(type, found) if terraform.node(found.module, found.local) in built[type]

built := {type: found |
	some type, form in forms
	found := {terraform.node(end.module, end.local) |
		some block in {[target.module, target.local] | some target in terraform.of_type(type)}
		written := terraform.blocks[terraform.without_keys(block[0])][block[1]].expressions
		some attribute in form.identity
		some each in terraform.drawn(block[0], written[attribute]).ends
		end := terraform.resource_in(each)
	}
}
