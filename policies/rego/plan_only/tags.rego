# METADATA
# title: The tags of a plan's resources, those that they end up with
# description: |
#   The tags in one place are {values, where, open, secret}: a value is null if it is known only after the apply, `open` is true if there
#   may be more of them, and `where` is the attribute.
package planproof.plan_only.tags

import data.planproof.plan_only.terraform
import rego.v1

# `tags_all` if it is known, else what makes it: a list of one place; of none if the type takes no tags, or takes them in blocks alone.
own(instance, has_block) := [] if not takes_tags(instance)

else := [read(instance, ["tags_all"])] if {
	is_known(instance, ["tags_all"])
	is_object(terraform.value(instance, ["tags_all"]))
}

else := [] if is_known(instance, ["tags_all"])

else := [] if {
	is_absent(instance, "tags_all")
	is_absent(instance, "tags")
}

else := [] if {
	is_absent(instance, "tags_all")
	has_block
}

else := [] if {
	is_known(instance, ["tags"])
	not is_object(terraform.value(instance, ["tags"]))
}

else := [written(instance)] if is_absent(instance, "tags_all") # a provider from before there were default tags

else := [object.union(found, {
	"values": object.union(defaults.values, found.values),
	"open": true in {found.open, defaults.open},
})] if {
	found := written(instance)
	defaults := defaults_by_provider[terraform.provider_key(instance)]
}

takes_tags(instance) if {
	is_object(instance.mask)
	some part in [instance["values"], instance.mask]
	some name in ["tags", "tags_all"]
	terraform.has(part, name)
}

is_known(instance, path) if {
	not terraform.is_unknown(instance, path)
	terraform.value(instance, path) != null
}

is_absent(instance, name) if {
	not terraform.is_unknown(instance, [name])
	not terraform.has(instance["values"], name)
}

# Whether the tags are sensitive, keys and all; `tags_all` repeats sensitive tags without being marked.
is_secret(instance) if true in instance.secrets

is_secret(instance) if {
	some mask in instance.secrets
	some name in ["tags", "tags_all"]
	mask[name] == true
}

place(values, where, open, secret) := {"values": values, "where": where, "open": open, "secret": secret}

secrecy(instance) if is_secret(instance)

else := false

# The map of tags at a path.
read(instance, path) := place(
	object.union(
		texts(terraform.value(instance, path)),
		{key: null | some key, mask in object.get(instance.mask, path, {}); mask == true; is_string(key)},
	),
	concat(".", [sprintf("%v", [step]) | some step in path]),
	false,
	secrecy(instance),
)

# A null value is no tag.
texts(found) := {key: text_of(value) | some key, value in found; value != null} if is_object(found)

else := {}

# A tag's value as AWS has it.
text_of(value) := value if is_string(value)

else := json.marshal(value)

# The tags that the block sets, or what can be told of them.
written(instance) := read(instance, ["tags"]) if not terraform.is_unknown(instance, ["tags"])

else := place({}, "tags", false, secrecy(instance)) if is_nothing(instance)

else := place(texts(constant), "tags", false, secrecy(instance)) if {
	constant := terraform.constant(terraform.expression(instance, ["tags"]))
	is_object(constant)
	every value in constant {
		not is_object(value)
		not is_array(value)
	}
}

else := place({}, "tags", true, secrecy(instance))

is_nothing(instance) if terraform.expression(instance, ["tags"]) == null

is_nothing(instance) if terraform.constant(terraform.expression(instance, ["tags"])) == null

# --- default tags ---------------------------------------------------------------------------------------------------------------

# By provider configuration, {values, open}. The plan has them if they are constants; else what resources have beyond their own tags
# shows them.
defaults_by_provider := {key: default_tags(key) | some key in {terraform.provider_key(instance) | some instance in terraform.managed}}

default_tags(key) := {"values": {}, "open": key == ""} if {
	terraform.is_unset(expression_of_defaults(key))
}

else := {"values": texts(constant), "open": false} if {
	constant := expression_of_defaults(key).constant_value
	is_object(constant)
}

else := object.get(shown, key, {"values": {}, "open": true})

expression_of_defaults(key) := terraform.stepped(terraform.stepped(
	terraform.stepped(terraform.provider_expressions(key), "default_tags"),
	0,
), "tags")

# What resources have in `tags_all` and not in `tags`: all of the defaults if one has no tags of its own. A key with several values is not
# told.
shown := {key: {"values": told, "open": is_open} |
	some key, numbers in terraform.grouped([[terraform.provider_key(instance), number] |
		some number, instance in terraform.managed
		shows(instance)
	])
	by_key := terraform.grouped([pair |
		some pair in {[name, value] |
			some number in numbers
			some name, value in terraform.managed[number]["values"].tags_all
			not name in object.keys(own_tags(terraform.managed[number]))
		}
	])
	told := {name: text_of(values[0]) |
		some name, values in by_key
		count(values) == 1
		values[0] != null
	}
	is_open := count([1 | some number in numbers; own_tags(terraform.managed[number]) == {}]) == 0
}

own_tags(instance) := found if {
	found := terraform.value(instance, ["tags"])
	is_object(found)
}

else := {}

shows(instance) if {
	terraform.block_of(instance)
	is_object(instance["values"].tags_all)
	is_object(instance.mask)
	not terraform.has_unknown(instance, ["tags_all"])
	not terraform.is_unknown(instance, ["tags"])
}

# --- blocks of tags -------------------------------------------------------------------------------------------------------------

# Blocks beside `tags_all` hold `tags`, and are one place each; others hold a `key` and a `value`, and are one together (with the list of
# such that `tags` was until version 4 of the provider).
in_blocks(instance, name) := [place({}, name, true, false)] if terraform.is_unknown(instance, [name])

else := [pairs(instance, array.concat(items(instance, name), items(instance, "tags")), name)] if is_absent(instance, "tags_all")

else := [block_map(instance, array.concat(path, ["tags"])) | some path in items(instance, name)]

items(instance, name) := [[name, number] | some number, _ in terraform.value(instance, [name])] if {
	is_array(terraform.value(instance, [name]))
}

else := [[name]] if {
	is_object(terraform.value(instance, [name]))
	terraform.value(instance, [name]) != {}
}

else := []

block_map(instance, path) := place({}, concat(".", [sprintf("%v", [step]) | some step in path]), true, false) if {
	terraform.is_unknown(instance, path)
}

else := object.union(read(instance, path), {"secret": false})

pairs(instance, paths, name) := place(object.union_n([pair | some path in paths; pair := pair_of(instance, path)]), name, is_open, false) if {
	is_open := count([1 | some path in paths; terraform.is_unknown(instance, array.concat(path, ["key"]))]) > 0
}

pair_of(instance, path) := {key: value_of(instance, array.concat(path, ["value"]))} if {
	not terraform.is_unknown(instance, array.concat(path, ["key"]))
	key := terraform.value(instance, array.concat(path, ["key"]))
	is_string(key)
	key != ""
	is_set(instance, array.concat(path, ["value"]))
}

is_set(instance, path) if terraform.has_unknown(instance, path)

is_set(instance, path) if not terraform.is_unset(terraform.value(instance, path))

value_of(instance, path) := null if terraform.is_unknown(instance, path)

else := text_of(terraform.value(instance, path))

# --- one tag --------------------------------------------------------------------------------------------------------------------

# The value that a tag of the instance ends up with, empty if it has none; null if that is not known.
tag_of(instance, key) := "" if own(instance, false) == []

else := found if {
	some one in own(instance, false)
	found := object.get(one.values, key, absent(one))
}

absent(one) := null if one.open

else := ""
