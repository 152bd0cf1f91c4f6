# METADATA
# title: What planproof works out of a plan, for rules of your own
# description: |
#   The plan is the input, and what `planproof facts` wrote is data.planproof_facts. Ask for what belongs together by `companions`, for what is
#   known only after the apply by `is_unknown`, and for roles by `is_log_bucket` and `alert_holds`. Without facts every rule here is
#   undefined, except `missing`: deny on it.
package planproof.facts

import rego.v1

# The format of the facts that these rules read.
format := 1

# A message if there are no facts, or not those of this plan or format. Deny on it, as rules over facts that are not there deny nothing.
missing contains "planproof facts did not run for this plan" if not is_present

is_present if {
	data.planproof_facts.format == format
	is_object(data.planproof_facts.instances)
	is_object(data.planproof_facts.referred_by)
	every change in object.get(input, "resource_changes", []) {
		is_left_alone(change)
	}
}

# What the plan destroys, forgets or reads is in the facts of no plan, or need not be.
is_left_alone(change) if data.planproof_facts.instances[change.address]

is_left_alone(change) if change.change.actions == ["delete"]

is_left_alone(change) if change.change.actions == ["forget"]

is_left_alone(change) if is_string(object.get(change, "deposed", null))

# The addresses of the managed resources of a type.
of_type(kind) := {address |
	some address, instance in data.planproof_facts.instances
	instance.type == kind
	instance.mode == "managed"
}

# The addresses of the resources of a type that refer to this one: its companions, such as the versioning of a bucket.
companions(address, kind) := {link.from |
	some link in object.get(data.planproof_facts.referred_by, address, [])
	data.planproof_facts.instances[link.from].type == kind
}

# Those that refer to an instance of its block, and the plan does not tell which.
possible_companions(address, kind) := {link.from |
	block := data.planproof_facts.instances[address].block
	block != address
	some link in object.get(data.planproof_facts.referred_by, block, [])
	data.planproof_facts.instances[link.from].type == kind
}

# What an argument refers to: links with `to` (an address) or `to_block`, `attribute` and `through`.
references(address, argument) := [link |
	some link in object.get(data.planproof_facts.refers_to, address, [])
	link.argument == argument
]

# Whether the value at a path ("rule.0.status"), or what holds it, is known only after the apply.
is_unknown(address, path) if {
	some unknown in data.planproof_facts.instances[address].unknown
	unknown == path
}

is_unknown(address, path) if {
	some unknown in data.planproof_facts.instances[address].unknown
	startswith(path, concat("", [unknown, "."]))
}

# The value at a path; undefined if it is unknown, sensitive or not set.
value(address, path) := found if {
	steps := [step | some text in split(path, "."); step := index_or_name(text)]
	found := object.get(data.planproof_facts.instances[address].values, steps, null)
	found != null
}

index_or_name(text) := to_number(text) if regex.match(`^[0-9]+$`, text)

else := text

# Whether it is a log bucket for sure.
is_log_bucket(address) if data.planproof_facts.log_buckets[address].sure == true

# Whether denied access to a log bucket alerts somebody; undefined if the plan does not determine it.
alert_holds(address) := holds if {
	holds := data.planproof_facts.alerts[address].holds
	is_boolean(holds)
}

# Whether it lies in a module, or in one that the module calls.
in_module(address, module) if data.planproof_facts.instances[address].module == module

in_module(address, module) if startswith(data.planproof_facts.instances[address].module, concat("", [module, "."]))
