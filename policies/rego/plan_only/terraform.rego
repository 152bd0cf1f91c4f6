# METADATA
# title: Instances, arguments and references of a raw Terraform plan
# description: |
#   Written for OPA's order of evaluation: complete rules over comprehensions, which are worked out once, and functions of texts. What the
#   plan does not tell is told as open, never as absent.
#
#   An instance is {address, type, name, index, mode, module, path, local, values, mask, actions}: `module` is the address of the module
#   instance that it is in, `path` the same without keys, `local` its own address in there without a key, `mask` its after_unknown, `secrets`
#   the two masks that say what of it is sensitive.
package planproof.plan_only.terraform

import rego.v1

# The plan: the input itself or, in HCP Terraform and env0, its `plan`, in Scalr its `tfplan`.
plan := input.plan if is_object(input.plan)

else := input.tfplan if is_object(input.tfplan)

else := input

# --- modules: as many levels as rules, since Rego has no recursion --------------------------------------------------------

level_0 := [module | module := plan.planned_values.root_module; is_object(module)]

level_1 := inner(level_0)

level_2 := inner(level_1)

level_3 := inner(level_2)

level_4 := inner(level_3)

level_5 := inner(level_4)

level_6 := inner(level_5)

level_7 := inner(level_6)

level_8 := inner(level_7)

too_deep := inner(level_8)

inner(level) := [child | some module in level; some child in listed(module, "child_modules"); is_object(child)]

listed(found, key) := found[key] if is_array(found[key])

else := []

modules := [module |
	some level in [level_0, level_1, level_2, level_3, level_4, level_5, level_6, level_7, level_8]
	some module in level
]

configured_0 := {"": plan.configuration.root_module}

configured_1 := called(configured_0)

configured_2 := called(configured_1)

configured_3 := called(configured_2)

configured_4 := called(configured_3)

configured_5 := called(configured_4)

configured_6 := called(configured_5)

configured_7 := called(configured_6)

configured_8 := called(configured_7)

called(level) := {joined(path, concat(".", ["module", name])): call.module |
	some path, module in level
	some name, call in module.module_calls
	is_object(call.module)
}

# The configuration of each module, by its path.
configured := object.union_n([
	configured_0, configured_1, configured_2, configured_3, configured_4,
	configured_5, configured_6, configured_7, configured_8,
])

joined(path, step) := step if path == ""

else := concat(".", [path, step])

without_keys(address) := regex.replace(address, `\[("([^"\\]|\\.)*"|[0-9]+)\]`, "")

# --- instances --------------------------------------------------------------------------------------------------------------

changes := [change | some change in listed(plan, "resource_changes"); not change.deposed]

# By address; none if an address is there twice, which Terraform never writes.
change_of := {change.address: change.change | some change in changes; is_object(change.change)} if {
	count({change.address | some change in changes}) == count(changes)
}

else := {}

instances := [instance |
	some module in modules
	address := object.get(module, "address", "")
	path := without_keys(address)
	some resource in listed(module, "resources")
	is_resource(resource)
	not resource.deposed_key
	mode := object.get(resource, "mode", "managed")
	change := object.get(change_of, resource.address, {})
	not change.actions == ["forget"]
	instance := {
		"address": resource.address,
		"type": resource.type,
		"name": resource.name,
		"index": object.get(resource, "index", null),
		"mode": mode,
		"module": address,
		"path": path,
		"local": local(mode, resource),
		"values": object.get(resource, "values", null),
		"mask": as_mask(object.get(change, "after_unknown", {})),
		"secrets": [as_mask(object.get(resource, "sensitive_values", {})), as_mask(object.get(change, "after_sensitive", {}))],
		"actions": object.get(change, "actions", []),
	}
]

is_resource(resource) if {
	is_string(resource.address)
	is_string(resource.type)
	is_string(resource.name)
	object.get(resource, "mode", "managed") in {"managed", "data"}
	is_key(object.get(resource, "index", null))
}

is_key(index) if is_string(index)

is_key(index) if is_number(index)

is_key(index) if is_null(index)

as_mask(found) := found if is_object(found)

else := true if found == true

else := {}

local(mode, resource) := concat(".", [resource.type, resource.name]) if mode == "managed"

else := concat(".", [mode, resource.type, resource.name])

managed := [instance | some instance in instances; instance.mode == "managed"]

by_address := {instance.address: instance | some instance in instances} if {
	count({instance.address | some instance in instances}) == count(instances)
}

else := {}

by_type := {type: [managed[number] | some number in numbers] |
	some type, numbers in grouped([[instance.type, number] | some number, instance in managed])
}

of_type(type) := object.get(by_type, type, [])

# The keys of the instances of a block, by module and address in there.
keys_of_block := {block: {instances[number].index | some number in numbers} | some block, numbers in by_block}

by_block := grouped([[node(instance.module, instance.local), number] | some number, instance in instances])

# Pairs of a key and a value, as lists by key. Sorted first, so that it takes no longer for each key than it has values.
grouped(pairs) := {ordered[start][0]: [pair[1] | some pair in array.slice(ordered, start, stops[number])] |
	some number, start in starts
} if {
	ordered := sort(pairs)
	starts := [number | some number, pair in ordered; is_start(ordered, number)]
	stops := array.concat(array.slice(starts, 1, count(starts)), [count(ordered)])
}

is_start(_, number) if number == 0

is_start(ordered, number) if ordered[number][0] != ordered[number - 1][0]

is_complete if not plan.complete == false

# --- arguments --------------------------------------------------------------------------------------------------------------

blocks := {path: found |
	some path, module in configured
	found := {block.address: block | some block in listed(module, "resources"); is_object(block)}
}

# Whether a module, by its path, has the block of that address in there.
is_declared(path, local_address) if blocks[path][local_address]

block_of(instance) := blocks[instance.path][instance.local]

value(instance, path) := object.get(instance.values, path, null) if is_object(instance.values)

else := null

is_unknown(instance, _) if instance.mask == true

is_unknown(instance, path) if instance.mask[path[0]] == true

is_unknown(instance, path) if {
	count(path) > 1
	is_object(instance.mask)
	some length in numbers.range(2, count(path))
	object.get(instance.mask, array.slice(path, 0, length), false) == true
}

# Whether the argument is known only after the apply, and somebody may have set it: what a provider fills in by itself is not open.
is_open(instance, path) if {
	is_unknown(instance, path)
	state(instance, path) != "unset"
}

# Whether an object has a key, be it null.
has(found, key) if {
	is_object(found)
	_ = found[key]
}

# What is told of an argument: "known" (of parts of it perhaps not), "unset", "unknown" until the apply, or "open": nobody may have set it.
state(instance, path) := "unset" if {
	not is_unknown(instance, path)
	is_unset(value(instance, path))
	not has_unknown(instance, path)
}

else := "known" if not is_unknown(instance, path)

else := "unknown" if instance.mask == true

else := "unknown" if not block_of(instance)

else := state_of_unknown(instance, known_path(instance, path))

state_of_unknown(instance, path) := "unknown" if is_number(path[count(path) - 1])

else := "unset" if {
	expression(instance, path) == null
	count(path) == 1
}

else := "open" if is_one_of_many(instance, path)

else := "unset" if {
	expression(instance, path) == null
	expression(instance, array.slice(path, 0, count(path) - 1)) != null
}

else := "unknown" if expression(instance, path) == null

else := "unset" if is_empty(expression(instance, path))

else := "unknown" if constant(expression(instance, path))

else := "unknown" if draws_on_unknown(drawn(instance.module, expression(instance, path)))

else := "unset" if is_known_all(instance, expression(instance, path))

else := "open"

# Of several blocks the plan does not tell which is which.
is_one_of_many(instance, path) if {
	some place, step in path
	is_number(step)
	count(value(instance, array.slice(path, 0, place))) > 1
}

# Whether it draws on what is sure not to be known yet: a local, of which plan JSON says nothing, or an attribute.
draws_on_unknown(found) if draws_on_local(found)

draws_on_unknown(found) if {
	some end in found.ends
	resource := resource_in(end)
	numbers := by_block[node(resource.module, resource.local)]
	every number in numbers {
		has_unknown(instances[number], path_in(resource))
	}
}

draws_on_local(found) if {
	some each in found.reached
	startswith(each[1], "local.")
}

# The path to the attribute that is read; if that is not told, to all of them.
path_in(resource) := [] if resource.attribute == ""

else := [first_of(resource.attribute)]

first_of(attribute) := split(attribute, ".")[0]

# Whether all that an expression draws on is known while planning: what is unknown all the same is made up by the provider, as for null.
is_known_all(instance, written) if {
	is_reference(written)
	found := drawn(instance.module, written)
	not found.open
	every each in found.reached {
		is_told(each)
	}
	every end in found.ends {
		is_known_end(end)
	}
}

is_told(each) if not strings.any_prefix_match(each[1], ["var.", "module.", "each."])

is_told(each) if {
	startswith(each[1], "var.")
	each[0] == ""
}

is_told(each) if {
	startswith(each[1], "var.")
	each[0] != ""
	is_plain(given(each))
}

is_told(each) if {
	startswith(each[1], "module.")
	is_plain(output_of(each))
}

# Whether an expression is names, a constant, or left out; a function of constants is neither.
is_plain(written) if is_reference(written)

is_plain(written) if has(written, "constant_value")

is_plain(written) if written == null

is_known_end(end) if strings.any_prefix_match(end[1], ["path.", "terraform."])

is_known_end(end) if {
	resource := resource_in(end)
	numbers := by_block[node(resource.module, resource.local)]
	resource.attribute != ""
	every number in numbers {
		not has_unknown(instances[number], path_in(resource))
		has(instances[number]["values"], first_of(resource.attribute))
	}
}

# The path as far as it leads to what is unknown.
known_path(instance, path) := shorter[0] if {
	shorter := [part |
		some length in numbers.range(1, count(path))
		part := array.slice(path, 0, length)
		object.get(instance.mask, part, false) == true
	]
}

else := path

# A constant that is nothing: what a provider makes up, it makes up for an empty value too.
is_empty(written) if {
	not is_reference(written)
	written.constant_value in {null, ""}
}

is_empty(written) if {
	not is_reference(written)
	written.constant_value in [[], {}]
}

is_reference(written) if count(references_of(written)) > 0

references_of(written) := [name | some name in written.references; is_string(name)] if is_array(written.references)

else := []

# The configuration's expression for an argument; null if the block does not set it.
expression(instance, path) := object.get(blocks[instance.path][instance.local], ["expressions", path[0]], null) if {
	count(path) == 1
	blocks[instance.path][instance.local]
}

else := null if not block_of(instance)

else := sixth if {
	steps := array.concat(path, [null, null, null, null, null])
	first := stepped(object.get(block_of(instance), "expressions", {}), steps[0])
	second := stepped(first, steps[1])
	third := stepped(second, steps[2])
	fourth := stepped(third, steps[3])
	fifth := stepped(fourth, steps[4])
	sixth := stepped(fifth, steps[5])
}

# A block that can stand once is an object there, though it is a list in the values.
stepped(found, key) := found if key == null

else := null if found == null

else := found if {
	is_object(found)
	key == 0
}

else := part if part := found[key]

else := null

# The value of an expression that is a constant and nothing else; undefined if it is none.
constant(written) := written.constant_value if not is_reference(written)

# By the key of its configuration, what a provider is given.
provider_expressions(key) := object.get(plan.configuration, ["provider_config", key, "expressions"], {})

# The key of an instance's provider configuration; of a module that configures none of its own, that of the root, which it inherits.
provider_key(instance) := key if {
	key := block_of(instance).provider_config_key
	provider_expressions(key) != {}
}

else := parts[count(parts) - 1] if {
	is_string(block_of(instance).provider_config_key)
	parts := split(block_of(instance).provider_config_key, ":")
}

else := ""

is_unset(found) if found == null

is_unset(found) if found in {""}

is_unset(found) if found in [[], {}]

# Whether two are in one region by their providers, as far as that is plain.
same_region(one, other) if {
	expression(one, ["region"]) == null
	expression(other, ["region"]) == null
	block_of(one).provider_config_key == block_of(other).provider_config_key
}

# --- references -------------------------------------------------------------------------------------------------------------

# A name that an expression of a module says.
node(module, name) := [module, name]

# One name for each dependency: Terraform lists a.b.id, then a.b.
named(references) := {name |
	some number, name in references
	not is_shadowed(references, number)
}

is_shadowed(references, number) if {
	number > 0
	before := references[number - 1]
	startswith(before, references[number])
	substring(before, count(references[number]), 1) in {".", "[", ""}
}

names_in(written) := named(references_of(written)) if is_array(written.references)

else := {name |
	walk(written, [_, part])
	some name in named(references_of(part))
}

# What an expression of a module draws on, through variables and outputs: the resources, as nodes, whether that is not all, and all the
# names on the way.
drawn(module, written) := {"ends": ends(reached), "open": is_left, "reached": reached} if {
	first := {node(module, name) | some name in names_in(written)}
	some each in first
	leads_on(each)
	second := further(first)
	third := further(second)
	fourth := further(third)
	fifth := further(fourth)
	sixth := further(fifth)
	seventh := further(sixth)
	reached := (((((first | second) | third) | fourth) | fifth) | sixth) | seventh
	is_left := count(lost(reached)) + count(further(seventh)) > 0
}

else := {"ends": ends(reached), "open": count(lost(reached)) > 0, "reached": reached} if {
	reached := {node(module, name) | some name in names_in(written)}
}

ends(reached) := {each | some each in reached; not strings.any_prefix_match(each[1], no_resources)}

no_resources := ["var.", "module.", "local.", "path.", "terraform.", "each.", "count.", "self."]

lost(reached) := {each | some each in reached; is_lost(each)}

leads_on(each) if startswith(each[1], "module.")

leads_on(each) if {
	startswith(each[1], "var.")
	each[0] != ""
}

further(nodes) := {next | some each in nodes; leads_on(each); some next in next_of(each)}

is_lost(each) if strings.any_prefix_match(each[1], ["local.", "self.", "each.value"])

is_lost(each) if {
	each[0] != ""
	regex.match(`^var\.[^.\[]+[.\[]`, each[1])
}

is_lost(each) if {
	startswith(each[1], "module.")
	not regex.match(output_pattern, each[1])
}

output_pattern := `^(module\.[^.\[]+(?:\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\])?)\.([^.\[]+)$`

next_of(each) := {node(parent(each[0]), name) | some name in names_in(given(each))} if startswith(each[1], "var.")

else := {node(joined(each[0], output_parts(each)[1]), name) | some name in names_in(output_of(each))}

output_parts(each) := regex.find_all_string_submatch_n(output_pattern, each[1], 1)[0]

# The expression of the output of a module that a node names; {} if there is none.
output_of(each) := object.get(configured[without_keys(joined(each[0], output_parts(each)[1]))], ["outputs", output_parts(each)[2], "expression"], {})

last_step(module) := regex.find_n(`module\.[^.\[]+(?:\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\])?$`, module, 1)[0]

parent(module) := trim_suffix(trim_suffix(module, last_step(module)), ".")

# The expression that the caller of a module gives for a variable, by its node.
given(each) := object.get(configured[without_keys(parent(module))].module_calls[call], ["expressions", variable_of(each)], null) if {
	module := each[0]
	call := split(without_keys(last_step(module)), ".")[1]
}

variable_of(each) := regex.find_n(`^[^.\[]+`, substring(each[1], 4, -1), 1)[0]

# The texts that variables are given on the way: constants of callers, and root variables, but for sensitive ones.
texts_given(reached) := {text |
	some each in reached
	startswith(each[1], "var.")
	text := text_given(each)
	is_string(text)
}

text_given(each) := given(each).constant_value if each[0] != ""

else := plan.variables[variable_of(each)].value if {
	each[0] == ""
	not plan.configuration.root_module.variables[variable_of(each)].sensitive
}

# A resource that a node names: its module, its address in there, its type, the key that is written, and the path to the attribute.
resource_in(each) := {
	"module": each[0],
	"local": parts[1],
	"type": split(trim_prefix(parts[1], "data."), ".")[0],
	"key": parts[2],
	"attribute": parts[3],
} if {
	pattern := `^((?:data\.)?[^.\[]+\.[^.\[]+)(\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\])?(?:\.(.+))?$`
	parts := regex.find_all_string_submatch_n(pattern, each[1], 1)[0]
}

# The one instance that a name in the block of `instance` means; undefined if it may be several.
instance_of(instance, names, found) := target if {
	target := by_address[joined(found.module, concat("", [found.local, found.key]))]
}

else := instances[numbers[0]] if {
	found.key == ""
	numbers := by_block[node(found.module, found.local)]
	count(numbers) == 1
}

else := target if {
	found.key == ""
	keys := keys_of_block[node(found.module, found.local)]
	keys == keys_of_block[node(instance.module, instance.local)]
	count(names) == 2
	count(names & {"each.key", "count.index"}) == 1
	found.module == instance.module
	target := by_address[joined(found.module, concat("", [found.local, key_text(instance.index)]))]
}

key_text(index) := sprintf("[%d]", [index]) if is_number(index)

else := concat("", ["[", json.marshal(index), "]"])

# A number, also as digits in a text; 0 for anything else.
as_number(found) := found if is_number(found)

else := to_number(found) if {
	is_string(found)
	regex.match(`^-?[0-9]+([.][0-9]+)?$`, found)
}

else := 0

as_text(found) := found if is_string(found)

else := ""

has_unknown(instance, path) if is_unknown(instance, path)

has_unknown(instance, path) if {
	is_object(instance.mask)
	walk(object.get(instance.mask, path, false), [_, true])
}

# The attributes at the end of a path through blocks, as paths with their numbers; those that end earlier are in it too.
leaves(instance, steps) := sixth if {
	first := {[steps[0]]}
	second := into(instance, first, steps, 1)
	third := into(instance, second, steps, 2)
	fourth := into(instance, third, steps, 3)
	fifth := into(instance, fourth, steps, 4)
	sixth := into(instance, fifth, steps, 5)
}

into(instance, paths, steps, number) := paths if number >= count(steps)

else := {longer |
	some path in paths
	some longer in inside(path, value(instance, path), steps[number])
}

inside(path, found, step) := {array.concat(path, [number, step]) | some number, _ in found} if {
	is_array(found)
	count(found) > 0
}

else := {array.concat(path, [step])} if {
	is_object(found)
	count(found) > 0
}

else := {path}

# --- data sources that were read while planning -------------------------------------------------------------------------------

prior_0 := [plan.prior_state.values.root_module]

prior_1 := inner(prior_0)

prior_2 := inner(prior_1)

prior_3 := inner(prior_2)

prior_4 := inner(prior_3)

prior_5 := inner(prior_4)

prior_6 := inner(prior_5)

prior_7 := inner(prior_6)

prior_8 := inner(prior_7)

read := [resource |
	some level in [prior_0, prior_1, prior_2, prior_3, prior_4, prior_5, prior_6, prior_7, prior_8]
	some module in level
	some resource in listed(module, "resources")
	resource.mode == "data"
]
