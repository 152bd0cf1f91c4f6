# METADATA
# title: Predicates, what a policy demands of a resource
# description: |
#   An answer is {holds, basis}: `holds` is true, false, null if the plan does not determine it, or "open" if planproof, which reads the
#   references closer, may know it. The basis of an answer that is not true is what it stands on: "value", "not_set", "no_companion",
#   "unknown" or "unknown_companion".
package planproof.plan_only.predicates

import data.planproof.plan_only.backups
import data.planproof.plan_only.policy
import data.planproof.plan_only.relations
import data.planproof.plan_only.s3
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import rego.v1

open := {"holds": "open", "basis": "unknown"}

yes := {"holds": true, "basis": "value"}

# Whether a predicate holds for an instance.
answer(predicate, instance) := any_of([part(each, instance) | some each in predicate.any; each != null]) if is_given(predicate, "any")

else := part(predicate, instance)

part(predicate, instance) := open if is_given(predicate, "any")

else := of_companions(predicate, instance) if {
	not is_given(predicate, "backed_up")
	is_given(predicate, "companion")
}

else := simple(predicate, instance)

simple(predicate, instance) := open if is_given(predicate, "any")

else := of_backups(instance) if is_given(predicate, "backed_up")

else := open if is_given(predicate, "companion")

else := of_attribute(predicate, instance)

is_given(predicate, key) if not object.get(predicate, key, null) in {null, false, ""}

of_backups(instance) := as_backup(backups.answer(instance))

as_backup(found) := yes if found == true

else := no_companion if found == false

else := {"holds": found, "basis": "unknown_companion"}

# --- several ------------------------------------------------------------------------------------------------------------------

# What holds only if each of the answers (one at least) does. What is open before the first that does not hold may be what planproof names.
all_of(answers) := answers[failed[0]] if {
	failed := [number | some number, each in answers; each.holds == false]
	count(failed) > 0
	count([1 | some number, each in answers; each.holds == "open"; number < failed[0]]) == 0
}

else := open if count([1 | some each in answers; each.holds in {false, "open"}]) > 0

else := found if found := first(answers, null)

else := answers[0]

# What holds if one of the answers (one at least) does.
any_of(answers) := found if found := first(answers, true)

else := found if found := first(answers, "open")

else := found if found := first(answers, null)

else := answers[0]

first(answers, holds) := [each | some each in answers; each.holds == holds][0]

# --- attributes ---------------------------------------------------------------------------------------------------------------

of_attribute(predicate, instance) := open if not is_asked(predicate)

else := any_of(of_leaves(predicate, instance)) if object.get(predicate, "blocks", null) == "any"

else := all_of(of_leaves(predicate, instance))

is_asked(predicate) if {
	is_string(predicate.path)
	count(split(predicate.path, ".")) <= 8
	count(operators_of(predicate)) > 0
}

of_leaves(predicate, instance) := [of_leaf(predicate, instance, path) | some path in leaves(instance, steps_of(predicate.path))]

steps_of(path) := [step_of(step) | some step in split(path, ".")]

step_of(step) := to_number(step) if regex.match(`^(0|[1-9][0-9]{0,5})$`, step)

else := step

# The attributes at the end of a path, one for each of the blocks that it leads through; those that end in a block that nobody wrote first.
leaves(instance, steps) := array.concat(eighth.ended, eighth.found) if {
	first_step := {"ended": [], "found": [[steps[0]]]}
	second := into(instance, first_step, steps, 1)
	third := into(instance, second, steps, 2)
	fourth := into(instance, third, steps, 3)
	fifth := into(instance, fourth, steps, 4)
	sixth := into(instance, fifth, steps, 5)
	seventh := into(instance, sixth, steps, 6)
	eighth := into(instance, seventh, steps, 7)
}

into(instance, at, steps, number) := at if number >= count(steps)

else := {
	"ended": array.concat(at.ended, [array.concat(path, array.slice(steps, number, count(steps))) |
		some path in at.found
		not leads_on(instance, path)
	]),
	"found": [longer |
		some path in at.found
		leads_on(instance, path)
		some longer in inside(path, terraform.value(instance, path), steps[number])
	],
}

leads_on(instance, path) if terraform.state(instance, path) == "known"

inside(path, found, step) := [array.concat(path, [number, step]) | some number, _ in found] if {
	is_array(found)
	is_string(step)
	count(found) > 0
}

else := [array.concat(path, [step])]

of_leaf(predicate, instance, path) := of_state(terraform.state(instance, path), predicate, instance, path)

of_state(state, predicate, instance, path) := of_unset(predicate) if state == "unset"

else := of_known(predicate, instance, path) if state == "known"

else := of_reference(predicate, instance, path) if {
	state == "unknown"
	operators_of(predicate) == {"set"}
}

else := {"holds": null, "basis": "unknown"} if state == "unknown"

else := open

of_unset(predicate) := yes if satisfies_unset(predicate)

else := {"holds": false, "basis": "not_set"}

of_known(predicate, instance, path) := yes if satisfies(terraform.value(instance, path), predicate)

else := {"holds": null, "basis": "unknown"} if terraform.has_unknown(instance, path)

else := {"holds": false, "basis": "value"}

# What is unknown and draws on one resource alone is set.
of_reference(predicate, instance, path) := of_names(predicate, instance, terraform.names_in(terraform.expression(instance, path)))

of_names(predicate, instance, names) := {"holds": predicate.set, "basis": "value"} if {
	count(names) == 1
	every name in names {
		is_block(instance, name)
	}
}

else := {"holds": null, "basis": "unknown"} if is_lost(names)

else := open

is_block(instance, name) if terraform.is_declared(instance.path, terraform.resource_in(terraform.node(instance.module, name)).local)

is_lost(names) if {
	some name in names
	strings.any_prefix_match(name, ["local.", "path.", "terraform.", "self."])
}

# --- operators ----------------------------------------------------------------------------------------------------------------

operators := {"equals", "not_equals", "in", "not_in", "at_least", "at_most", "matches", "contains", "set"}

operators_of(predicate) := {name | some name, wanted in predicate; name in operators; wanted != null}

satisfies(found, predicate) if {
	count(operators_of(predicate)) > 0
	every name in operators_of(predicate) {
		is_met(name, found, predicate[name])
	}
}

satisfies_unset(predicate) if {
	object.get(predicate, "default", null) != null
	satisfies(predicate["default"], predicate)
}

satisfies_unset(predicate) if {
	object.get(predicate, "default", null) == null
	operators_of(predicate) == {"set"}
	predicate.set == false
}

is_met(name, found, wanted) if {
	name == "equals"
	same(found, wanted)
}

is_met(name, found, wanted) if {
	name == "not_equals"
	not same(found, wanted)
}

is_met(name, found, wanted) if {
	name == "in"
	is_among(wanted, found)
}

is_met(name, found, wanted) if {
	name == "not_in"
	not is_among(wanted, found)
}

is_met(name, found, wanted) if {
	name == "at_least"
	number_of(found) >= wanted
}

is_met(name, found, wanted) if {
	name == "at_most"
	number_of(found) <= wanted
}

is_met(name, found, wanted) if {
	name == "matches"
	is_string(found)
	words.matches(wanted, found)
}

is_met(name, found, wanted) if {
	name == "contains"
	is_array(found)
	is_among(found, wanted)
}

is_met(name, found, wanted) if {
	name == "set"
	found != null
	wanted == true
}

is_among(list, one) if {
	some each in list
	same(each, one)
}

# Equality as HCL has it: `true` and "true", `7` and "7" are the same, `1` and `true` are not.
same(one, other) if plain(one) == plain(other)

plain(value) := found if found := number_of(value)

else := value == "true" if value in {"true", "false"}

else := value

# A number, or a text of one, as old provider versions write some.
number_of(value) := value if is_number(value)

else := to_number(value) if {
	is_string(value)
	regex.match(`^-?(0|[1-9][0-9]{0,15})([.][0-9]{1,15})?$`, value)
}

# --- companions ---------------------------------------------------------------------------------------------------------------

# The predicates of the policy that are about companions, each with the types that it is asked for.
asked := {[type, predicate] |
	some type, rule in policy.checks.versioning_coverage.types
	walk(rule, [_, predicate])
	is_object(predicate)
	is_given(predicate, "companion")
}

indices := {[type, predicate.companion, named_by(predicate)]: relations.companions(predicate.companion, named_by(predicate), type) |
	some [type, predicate] in asked
}

named_by(predicate) := object.get(predicate, "by", "")

# What a predicate says of each of its companions; and all that it says of those that may belong to any.
said_of := {predicate: {companion.address: of_attribute(predicate, companion) | some companion in terraform.of_type(predicate.companion)} |
	some [_, predicate] in asked
}

anywhere := {[type, predicate]: {of_attribute(predicate, companion) | some companion in index.anywhere} |
	some [type, predicate] in asked
	index := indices[[type, predicate.companion, named_by(predicate)]]
}

of_companions(predicate, instance) := with_companions(all_of(of_all(predicate, sure)), more(predicate, instance)) if {
	sure := object.get(index_of(predicate, instance).sure, instance.address, [])
	count(sure) > 0
}

else := with_companions(without_companion(predicate, instance), more(predicate, instance))

of_all(predicate, companions) := [said_of[predicate][companion.address] | some companion in companions]

# The answer, unless what may be a companion too says another.
with_companions(answer_of_sure, others) := answer_of_sure if {
	every each in others {
		is_same(each, answer_of_sure)
	}
}

else := {"holds": "open", "basis": "unknown_companion"}

is_same(one, other) if one == other

is_same(one, other) if {
	one.holds == true
	other.holds == true
}

index_of(predicate, instance) := indices[[instance.type, predicate.companion, named_by(predicate)]]

# What the predicate says of those that may be companions.
more(predicate, instance) := (anywhere[[instance.type, predicate]] | of_candidates(predicate, instance)) | of_left_out(predicate, instance)

of_candidates(predicate, instance) := {each |
	some each in of_all(predicate, object.get(index_of(predicate, instance).perhaps, instance.address, []))
}

of_left_out(predicate, instance) := {open | index_of(predicate, instance).is_open}

# What holds if no companion says anything: what the instance itself says, else the default.
without_companion(predicate, instance) := yes if {
	not is_given(predicate, "otherwise")
	satisfies_unset(predicate)
}

else := no_companion if not is_given(predicate, "otherwise")

else := open if "open" in [each.counts | some each in own_parts(predicate, instance)]

else := chosen(own_parts(predicate, instance))

no_companion := {"holds": false, "basis": "no_companion"}

# The parts of what decides otherwise, each with whether the block that it asks is in force.
own_parts(predicate, instance) := [{"counts": counts(instance, each, predicate.companion), "answer": simple(each, instance)} |
	some each in parts_of(predicate.otherwise)
]

parts_of(predicate) := [each | some each in predicate.any; each != null] if is_given(predicate, "any")

else := [predicate]

counts(instance, predicate, companion) := s3.in_force(instance, split(predicate.path, ".")[0], companion) if predicate.path

else := true

chosen(parts) := found if {
	found := any_of([each.answer | some each in parts; each.counts == true])
	is_chosen(found, parts)
}

else := no_companion

is_chosen(found, _) if found.holds != false

is_chosen(_, parts) if parts[0].counts == true
