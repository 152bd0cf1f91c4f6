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

# --- keys -----------------------------------------------------------------------------------------------------------------------

unknown := "\uE000"

# What the keys of a writer's objects begin with, and whether they go on with what is not known.
keys(writing) := {"text": split(text, unknown)[0], "open": contains(text, unknown)} if {
	template := template_of(writing.entry)
	places := {concat("", ["{", name, "}"]): stands_for(name, writing) | some name in names_in(template)}
	text := trim_left(strings.replace_n(places, template), "/")
}

template_of(entry) := object.get(entry, "keys", "") if is_object(entry)

else := ""

names_in(template) := [substring(found, 1, count(found) - 2) | some found in regex.find_n(`\{[^}]+\}`, template, -1)]

# The text of the argument of that name beside the one that names the bucket; `path`: what stands behind the bucket in that one itself.
stands_for(name, writing) := trim_right(found, "/") if {
	name == "path"
	found := regex.find_all_string_submatch_n(`(?s)^(?:[a-z0-9]+://)?[^/]*/(.*)$`, marked(writing, writing.path), 1)[0][1]
}

else := "" if name == "path"

else := marked(writing, array.concat(array.slice(writing.path, 0, count(writing.path) - 1), [name]))

marked(writing, path) := concat("", [unknown, "/", unknown]) if terraform.is_open(terraform.by_address[writing.writer], path)

else := found if {
	found := terraform.value(terraform.by_address[writing.writer], path)
	is_string(found)
}

else := ""
