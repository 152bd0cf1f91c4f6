# METADATA
# title: In which region, and by whose account, an instance is made
# description: |
#   A region is {text}, its name; {other}, what stands for one that has none in the plan; or {perhaps}, of which the plan alone does not tell
#   which it is. Answers are true, false, or null.
package planproof.plan_only.regions

import data.planproof.plan_only.terraform
import rego.v1

# What decides where an instance is: few instances of a plan differ in it.
place(instance) := {
	"own": sets_region(instance),
	"provider": terraform.provider_key(instance),
	"region": region_of(instance),
}

sets_region(instance) if terraform.has(terraform.block_of(instance).expressions, "region")

else := false

# By its own argument (AWS provider 6), else by its provider's.
region_of(instance) := {"text": text} if {
	not terraform.is_unknown(instance, ["region"])
	text := terraform.value(instance, ["region"])
	is_string(text)
	text != ""
}

else := {"perhaps": instance.address} if sets_region(instance)

else := by_provider[terraform.provider_key(instance)]

by_provider := {key: of_provider(key) | some key in {terraform.provider_key(instance) | some instance in terraform.managed}}

of_provider(key) := {"other": "the environment's"} if terraform.is_unset(written(key))

else := {"text": constant} if {
	constant := terraform.constant(written(key))
	is_string(constant)
}

else := {"text": text} if {
	name := only_name(key)
	regex.match(`^var\.[^.\[]+$`, name)
	text := terraform.plan.variables[substring(name, 4, -1)].value
	is_string(text)
	text != ""
}

else := {"other": written(key)} if startswith(only_name(key), "local.")

else := {"perhaps": written(key)}

written(key) := object.get(terraform.provider_expressions(key), "region", null)

# Of a provider in the root, the one name that its region is made of.
only_name(key) := name if {
	not terraform.plan.configuration.provider_config[key].module_address
	names := terraform.names_in(written(key))
	count(names) == 1
	some name in names
}

# --- comparisons --------------------------------------------------------------------------------------------------------------

# Whether two names have to differ: within a region, an account, or a partition.
same(one, other, within) := true if one == other

else := same_partition(one, other) if within == "partition"

else := false if account(one) != account(other)

else := true if within == "account"

else := same_region(one, other)

same_region(one, other) := true if {
	not one.own
	not other.own
	one.provider == other.provider
}

else := true if one.region == other.region

else := false if {
	one.region.text
	other.region.text
}

else := null

same_partition(one, other) := true if one.region == other.region

else := null if one.region.perhaps

else := null if other.region.perhaps

else := partition(one.region) == partition(other.region)

partition(region) := start if {
	some start in ["cn-", "us-gov-", "us-iso"]
	startswith(region.text, start)
}

else := ""

# What the provider configuration says of the account; the same text is the same account.
account(one) := object.filter(terraform.provider_expressions(one.provider), [
	"access_key", "allowed_account_ids", "assume_role", "assume_role_with_web_identity", "endpoints", "profile",
	"shared_credentials_files", "token",
])
