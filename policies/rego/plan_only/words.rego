# METADATA
# title: Words in names, and globs
package planproof.plan_only.words

import rego.v1

# The words in a name, lower case: kebab, snake and camel case, digits between them passed over.
words_of(text) := [lower(word) |
	acronyms := regex.replace(text, `([A-Z]+)([A-Z][a-z])`, "$1 $2")
	camel := regex.replace(acronyms, `([a-z])([A-Z])`, "$1 $2")
	some word in regex.find_n(`[A-Za-z]+`, camel, -1)
]

# Whether a text says one of `words` behind the last of `others`: the last words of a name tell what the thing is.
says(text, words, others) if {
	said := words_of(text)
	last := max({number | some number, word in array.concat([""], said); word in array.concat([""], others)})
	rest := sprintf(" %s ", [concat(" ", array.slice(said, last, count(said)))])
	some word in words
	wanted := concat(" ", words_of(word))
	wanted != ""
	contains(rest, sprintf(" %s ", [wanted]))
}

# A glob as planproof's policies have them: * is any text, and every other character itself.
fits(glob, text) if {
	quoted := regex.replace(glob, `([\\.+?^$(){}|\[\]])`, `\$1`)
	regex.match(sprintf(`^(?s:%s)$`, [replace(quoted, "*", ".*")]), text)
}

# Whether a text is what a pattern of a policy says, as a whole; null if this engine reads the pattern otherwise, or not at all.
matches(pattern, text) := false if count(text) > 2048

else := null if not regex.is_valid(whole(pattern))

else := true if regex.match(whole(pattern), text)

else := false

whole(pattern) := sprintf("^(?:%s)$", [pattern])
