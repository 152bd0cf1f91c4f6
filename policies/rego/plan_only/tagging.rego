# METADATA
# title: CKV_PLAN_10, resources have the required tags, with consistent keys
package planproof.plan_only.tagging

import data.planproof.plan_only.policy
import data.planproof.plan_only.tags
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import rego.v1

section := policy.checks.tagging

required := {key: demand | some key, demand in section.required; demand != null}

findings := [finding(subject.address, said) |
	some subject in subjects
	some said in all_said(subject)
]

finding(address, said) := {
	"check_id": "CKV_PLAN_10",
	"subject": address,
	"verdict": said[0],
	"code": said[1],
	"reason": said[2],
}

# --- subjects -------------------------------------------------------------------------------------------------------------------

# {address, places}: the resources that take tags, and the places where they have them.
subjects := [{"address": instance.address, "places": places} |
	some type in types
	some instance in terraform.of_type(type)
	not is_ignored(instance.address)
	places := array.concat(tags.own(instance, has_block(type)), in_blocks(instance, type))
	count(places) > 0
]

types := [type |
	some type in object.keys(terraform.by_type)
	is_tagged(type)
]

is_tagged(type) if {
	some glob in section.types
	words.fits(glob, type)
}

is_ignored(address) if {
	some glob in section.ignore
	words.fits(glob, address)
}

has_block(type) if object.get(section.blocks, type, null) != null

else := false

in_blocks(instance, type) := tags.in_blocks(instance, section.blocks[type]) if has_block(type)

else := []

# --- one resource ---------------------------------------------------------------------------------------------------------------

all_said(subject) := faults if {
	faults := [said | some place in subject.places; some said in faults_of(place)]
	count(faults) > 0
}

else := [["PASS", "tagged", sprintf("has the required tags: %s", [concat(", ", sort(object.keys(required)))])]] if count(required) > 0

else := []

faults_of(place) := array.concat(
	array.concat(
		[without(missing, place) | count(missing) > 0],
		[said |
			some key, demand in required
			not key in missing
			said := misfit(key, demand, place)
		],
	),
	misspelling(place, missing),
) if {
	missing := [key | some key, _ in required; object.get(place.values, key, "") == ""]
}

without(missing, place) := ["UNKNOWN", "unknown_tags", sprintf("%s may lack %s: it is known after apply", [place.where, concat(", ", missing)])] if {
	place.open
}

else := ["FAIL", "missing", sprintf("%s lacks %s", [place.where, concat(", ", missing)])]

# --- values ---------------------------------------------------------------------------------------------------------------------

# What is wrong with a value, or not known; undefined if nothing is. The value itself is not told: it may be a secret of somebody's.
misfit(key, demand, place) := ["FAIL", "does_not_fit", sprintf("%s does not match; the policy requires %s", [key, wanted[0]])] if {
	wanted := [text | some kind, text in demands(demand); fits(place.values[key], demand, kind) == false]
	count(wanted) > 0
}

else := ["UNKNOWN", "unknown_value", sprintf("%s is known after apply; the policy requires %s", [key, text])] if {
	place.values[key] == null
	some text in demands(demand)
}

else := ["UNKNOWN", "unknown_value", sprintf("the engine of Rego reads the pattern %s otherwise than planproof does", [demand.pattern])] if {
	some kind, _ in demands(demand)
	fits(place.values[key], demand, kind) == null
}

# By the key of the policy, what is required of a value.
demands(demand) := object.union(
	{"pattern": sprintf("a value that matches %s", [pattern]) | some pattern in given(demand, "pattern")},
	{"values": sprintf("one of %s", [concat(", ", allowed)]) | some allowed in given(demand, "values")},
)

given(demand, key) := [found | found := object.get(demand, key, null); not terraform.is_unset(found)]

fits(value, demand, kind) := null if value == null

else := value in demand["values"] if kind == "values"

else := words.matches(demand.pattern, value)

# --- spelling -------------------------------------------------------------------------------------------------------------------

misspelling(place, missing) := [] if place.secret

else := [] if {
	count(misspelled) == 0
	count({lower(key) | some key, _ in place.values}) == count(place.values)
}

else := array.concat(
	[["FAIL", "two_cases", sprintf("%s has the same key in two cases: %s", [place.where, concat(", ", sort(double))])] | count(double) > 0],
	[["FAIL", "other_case", sprintf("%s has %s but the plan also has it in another case; spell a key in one case", [place.where, key])] |
		some key in keys
		key in misspelled
		not key in double
		not lower(key) in {lower(each) | some each in missing}
		not lower(key) in double
	],
) if {
	keys := object.keys(place.values)
	double := {key | some key in keys; count([1 | some other in keys; lower(other) == lower(key)]) > 1}
}

# The spellings that are not the right one: the policy's is right, else the most common.
misspelled := {key |
	section.consistent
	some spellings in by_case
	some key in wrong(spellings)
}

# By a key in lower case, its spellings with how often each is there.
by_case := terraform.grouped([[lower(key), [key, count(numbers)]] | some key, numbers in spelled])

spelled := terraform.grouped([[key, 1] |
	some subject in subjects
	some place in subject.places
	not place.secret
	some key, _ in place.values
])

wrong(spellings) := {key | some [key, _] in spellings; key != right} if {
	right := most([spelling | some spelling in spellings; spelling[0] in object.keys(required)])[0]
}

else := {key | some [key, _] in spellings} if count(most(spellings)) > 1

else := {key | some [key, _] in spellings; key != most(spellings)[0]}

# Those that are there most often.
most(spellings) := [key | some [key, number] in spellings; number == max([each[1] | some each in spellings])] if count(spellings) > 0
