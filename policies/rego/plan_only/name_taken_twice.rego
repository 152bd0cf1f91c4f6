# METADATA
# title: CKV_PLAN_14, no two resources in the plan share an identifying name
package planproof.plan_only.name_taken_twice

import data.planproof.plan_only.policy
import data.planproof.plan_only.regions
import data.planproof.plan_only.relations
import data.planproof.plan_only.terraform
import rego.v1

section := policy.checks.name_taken_twice

findings := [one |
	some type in object.keys(terraform.by_type)
	rule := object.get(section.types, type, null)
	rule != null
	some one in of_type(terraform.of_type(type), rule)
]

finding(address, said) := {
	"check_id": "CKV_PLAN_14",
	"subject": address,
	"verdict": said[0],
	"code": said[1],
	"reason": said[2],
}

# What becomes of the second, by what the policy says of the type.
second := {
	"refused": "AWS refuses to create the second",
	"replaces": "the second silently replaces the first on every apply",
	"shared": "both manage one resource, which is deleted when either is",
}

# --- one type -------------------------------------------------------------------------------------------------------------------

of_type(instances, rule) := array.concat(
	[finding(instances[number].address, told(rule, found[0], found[1], found[2])) |
		some members in terraform.grouped([[found, number] | some number, found in names; is_array(found)])
		said := by_member(instances, members, rule, is_lost)
		some number in members
		found := said[number]
	],
	[finding(instances[number].address, told(rule, "UNKNOWN", "unknown_name", "the plan alone does not show which one it names")) |
		some number, found in names
		found == "open"
	],
) if {
	names := [name(instance, rule) | some instance in instances]
	is_lost := "open" in names
}

told(rule, verdict, code, text) := [verdict, code, sprintf("%s: %s", [concat(" and ", rule.by), text])]

# Of those that have one name, by number.
by_member(instances, members, rule, is_lost) := {members[0]: alone(is_lost)} if count(members) == 1

else := {number: found[places[number]] | some number in members} if {
	places := {number: regions.place(instances[number]) | some number in members}
	by_place := terraform.grouped([[places[number], number] | some number in members])
	near := {place: compared(place, by_place, within(rule)) | some place, _ in by_place}
	found := {place: by_near(instances, place, near, by_place, rule, is_lost) | some place, _ in by_place}
}

within(rule) := object.get(rule, "within", "region")

most_places := 100

# The places that are one with a place, and those that may be.
compared(place, by_place, scope) := null if count(by_place) > most_places

else := {
	"sure": {other | some other, _ in by_place; regions.same(place, other, scope) == true},
	"perhaps": {other | some other, _ in by_place; regions.same(place, other, scope) == null},
}

by_near(instances, place, near, by_place, rule, is_lost) := ["FAIL", "name_taken", sprintf("the same for %s; %s", [listed(those), second[object.get(rule, "second", "refused")]])] if {
	those := [instances[number].address | some other in near[place].sure; some number in by_place[other]]
	count(those) > 1
	every other in near[place].sure {
		near[other].sure == near[place].sure
	}
}

else := ["UNKNOWN", "unknown_region", "another has it, and the plan does not show whether both are in one region"] if is_unsure(place, near, by_place)

else := alone(is_lost)

listed(addresses) := concat(" and ", addresses) if count(addresses) < 4

else := sprintf("%s and %d others", [concat(", ", array.slice(addresses, 0, 3)), count(addresses) - 3])

is_unsure(place, near, _) if near[place] == null

is_unsure(place, near, _) if count(near[place].perhaps) > 0

is_unsure(place, near, by_place) if count([number | some other in near[place].sure; some number in by_place[other]]) > 1

alone(is_lost) := ["UNKNOWN", "unknown_name", "the plan alone does not show whether another one has it"] if is_lost

else := ["PASS", "own_name", "unique in the plan"]

# --- names ----------------------------------------------------------------------------------------------------------------------

# What tells an instance from others of its type: a list; null if nobody gives it, or if the plan does not tell; "open" if references
# decide that are not told apart here.
name(instance, rule) := of_parts([part(instance, argument, number, rule) | some number, argument in rule.by])

of_parts(parts) := null if null in parts

else := "open" if "open" in parts

else := parts

part(instance, argument, number, rule) := null if {
	number == 0
	terraform.is_unknown(instance, [argument])
	terraform.draws_on_local(terraform.drawn(instance.module, terraform.expression(instance, [argument])))
}

else := named if {
	number == 0
	rule.target
	named := target(relations.resolved(instance, [argument], rule.target), terraform.is_unknown(instance, [argument]))
}

else := of_state(terraform.state(instance, [argument]), instance, argument, number, rule)

# Which resource it is; undefined if it is none. What is not known and may be one of several has no name that the plan tells.
target(found, is_unknown) := ["resource", address] if {
	count(found.targets) == 1
	count(found.perhaps) == 0
	not found.is_open
	some address in found.targets
}

else := "open" if found.is_open

else := null if {
	is_unknown
	count(found.perhaps) > 0
}

else := "open" if count(found.perhaps) + count(found.targets) > 0

of_state(state, instance, argument, number, rule) := [object.get(object.get(rule, "defaults", {}), argument, "")] if {
	state == "unset"
	number > 0
}

else := null if state == "unset"

else := [in_case(terraform.value(instance, [argument]), rule)] if {
	state == "known"
	not terraform.has_unknown(instance, [argument])
}

else := "open" if {
	number > 0
	state == "open"
}

else := "open" if terraform.constant(terraform.expression(instance, [argument])) != null

else := null

in_case(value, rule) := lower(as_text(value)) if object.get(rule, "ignore_case", false) == true

else := as_text(value)

as_text(value) := value if is_string(value)

else := json.marshal(value)
