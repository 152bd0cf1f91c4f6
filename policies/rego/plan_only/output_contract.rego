# METADATA
# title: CKV_PLAN_3, the outputs keep the contract
package planproof.plan_only.output_contract

import data.planproof.plan_only.policy
import data.planproof.plan_only.terraform
import rego.v1

section := policy.checks.output_contract

findings := [finding([
	"PASS",
	"contract_kept",
	sprintf("all %d outputs keep the contract", [count(section.outputs)]),
])] if count(breaches) == 0

else := [finding(breach) | some breach in breaches]

finding(said) := {
	"check_id": "CKV_PLAN_3",
	"subject": "plan",
	"verdict": said[0],
	"code": said[1],
	"reason": said[2],
}

breaches := array.concat(
	[breach | some name, promise in section.outputs; breach := broken(name, promise); breach != kept],
	[["FAIL", "unexpected", sprintf("%s is not in the contract", [name])] |
		section.exact
		some name in outputs
		not name in object.keys(section.outputs)
	],
)

# --- outputs ------------------------------------------------------------------------------------------------------------------

root := terraform.plan.configuration.root_module

declared := root.outputs if is_object(root.outputs)

else := {}

planned := terraform.plan.planned_values.outputs if is_object(terraform.plan.planned_values.outputs)

else := {}

outputs := sort([name | some name in object.keys(declared) | object.keys(planned)])

is_sensitive(name) if planned[name].sensitive

else if declared[name].sensitive

else := false

# --- one output ---------------------------------------------------------------------------------------------------------------

kept := []

# What is wrong with an output of the contract, or cannot be told; `kept` if it keeps its promise.
broken(name, promise) := ["FAIL", "missing", sprintf("there is no output %s", [name])] if not name in outputs

else := fault if {
	fault := exported(name, promise)
	fault[0] == "FAIL"
}

else := ["FAIL", "wrong_sensitivity", sprintf("the sensitivity of %s is not what the contract wants", [name])] if {
	not is_partly_lost(name)
	is_sensitive(name) != object.get(promise, "sensitive", is_sensitive(name))
}

else := exported(name, promise)

exported(name, promise) := ["FAIL", "exports_nothing", sprintf("%s is null or empty in this plan", [name])] if {
	exports_nothing(name)
	count(terraform.managed) > 0
	terraform.is_complete
}

else := ["UNKNOWN", "cannot_follow", sprintf("what %s exports cannot be followed in the plan", [name])] if is_lost(name, promise)

else := around(name) if {
	count(ends(name)) > 0
	every end in ends(name) {
		fits(end, promise)
	}
}

else := by_value(name, promise) if {
	some end in ends(name)
	may_fit(end, promise)
}

else := ["FAIL", wrong(name, promise), sprintf("%s exports another resource or attribute than the contract wants", [name])] if {
	count(ends(name)) > 0
}

else := ["FAIL", "constant", sprintf("%s is a constant or a variable", [name])]

exports_nothing(name) if {
	"value" in object.keys(planned[name])
	not terraform.plan.output_changes[name].after_unknown == true
	terraform.is_unset(planned[name].value)
}

exports_nothing(name) if {
	not "value" in object.keys(object.get(planned, name, {}))
	terraform.plan.output_changes[name].after_unknown == false
}

drawn(name) := terraform.drawn("", object.get(declared, [name, "expression"], {}))

# Beside others, a name that leads to no block of the configuration makes it open which of them is meant.
is_partly_lost(name) if {
	count(ends(name)) > 0
	count(ends(name)) < count(drawn(name).ends)
}

is_lost(name, _) if is_partly_lost(name)

# A name that leads to no block of the configuration stands for nothing.
ends(name) := [found | some each in drawn(name).ends; found := terraform.resource_in(each); is_there(found)]

is_there(found) if terraform.is_declared(terraform.without_keys(found.module), found.local)

is_there(found) if terraform.by_block[terraform.node(found.module, found.local)]

is_lost(name, _) if drawn(name).open

is_lost(name, _) if not object.get(declared, [name, "expression"], null)

is_lost(name, promise) if {
	some end in ends(name)
	not end.type in types(promise)
	hands_on(end)
}

types(promise) := {split(export, ".")[0] | some export in promise["exports"]}

# Whether the attribute repeats an argument of its resource, which may lead further.
hands_on(end) if startswith(end.type, "aws_s3_bucket")

hands_on(end) if {
	block := terraform.blocks[terraform.without_keys(end.module)][end.local]
	object.get(block, ["expressions", end.attribute], null) != null
}

hands_on(end) if end.attribute in {"id", "output", "triggers"}

fits(end, promise) if concat(".", [end.type, end.attribute]) in promise["exports"]

may_fit(end, promise) if fits(end, promise)

may_fit(end, promise) if {
	end.attribute == ""
	end.type in types(promise)
}

# The attribute inside other text is not what is promised.
around(name) := ["FAIL", "altered", sprintf("%s holds the attribute inside other text", [name])] if {
	text := planned[name].value
	is_string(text)
	values := [value | some end in ends(name); some value in values_of(end)]
	every value in values {
		is_string(value)
		value != text
	}
}

else := kept

values_of(end) := [value |
	some instance in terraform.instances
	instance.module == end.module
	instance.local == end.local
	is_meant(instance, end.key)
	value := terraform.value(instance, split(end.attribute, "."))
]

is_meant(_, key) if key == ""

is_meant(instance, key) if terraform.key_text(instance.index) == key

# Where the plan lost the attribute, a known value decides: an ARN of that service, or what a candidate is called.
by_value(name, promise) := ["UNKNOWN", "attribute_lost", sprintf("which attribute %s exports is not in the plan", [name])] if {
	not is_string(object.get(planned, [name, "value"], null))
}

else := kept if is_named(name, promise)

else := ["FAIL", "wrong_attribute", sprintf("%s exports another attribute than the contract wants", [name])]

is_named(name, promise) if {
	some export in promise["exports"]
	parts := split(export, ".")
	parts[1] == "arn"
	regex.match(sprintf("^arn:[^:]*:%s:", [split(parts[0], "_")[1]]), planned[name].value)
}

is_named(name, promise) if {
	some export in promise["exports"]
	parts := split(export, ".")
	some end in ends(name)
	end.type == parts[0]
	planned[name].value in values_of(object.union(end, {"attribute": parts[1]}))
}

wrong(name, promise) := "wrong_attribute" if {
	some end in ends(name)
	end.type in types(promise)
}

else := "wrong_type"
