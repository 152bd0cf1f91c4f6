# METADATA
# title: What writes logs, and to where, by the tables of writers in the policy
package planproof.plan_only.writers

import data.planproof.plan_only.relations
import data.planproof.plan_only.terraform
import rego.v1

off := {false, "false", "DISABLED", "Disabled"}

# All that the writers of a table write to resources of a type: {writer, path, entry, found, is_doubtful}.
writings(table, type) := [writing |
	some kind, entries in table
	some writer in terraform.of_type(kind)
	some entry in entries
	some path in terraform.leaves(writer, split(argument(entry), "."))
	not is_off(writer, switch(path, entry))
	found := relations.resolved(writer, path, type)
	writing := {
		"writer": writer.address,
		"path": path,
		"entry": entry,
		"found": found,
		"is_doubtful": is_doubtful(writer, switch(path, entry)),
	}
]

argument(entry) := entry if is_string(entry)

else := entry.to

# The path of the argument that may switch the writing off; empty if there is none.
switch(path, entry) := array.concat(array.slice(path, 0, count(path) - 1), [entry.switch]) if entry.switch

else := []

is_off(writer, path) if {
	count(path) > 0
	terraform.value(writer, path) in off
}

is_doubtful(writer, path) if {
	count(path) > 0
	terraform.is_open(writer, path)
}

else := false
