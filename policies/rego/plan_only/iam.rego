# METADATA
# title: IAM's policy language, for trust policies
# description: |
#   trust_of(role) is {problem, is_malformed, statements}. A statement is {effect, principals, not_principals, actions, not_actions,
#   has_resources, conditions}; a principal {who, id}, a condition {operator, key, values}. A text that is known only after the apply is null.
#
#   An answer is true, false, or null: the plan does not say.
package planproof.plan_only.iam

import data.planproof.plan_only.iam_data_source
import data.planproof.plan_only.terraform
import rego.v1

# --- answers ------------------------------------------------------------------------------------------------------------------

both(answers) := false if false in answers

else := null if null in answers

else := true

either(answers) := true if true in answers

else := null if null in answers

else := false

negated(answer) := null if answer == null

else := answer == false

same(one, other) := lower(one) == lower(other) if {
	is_string(one)
	is_string(other)
}

else := null

# Whether a text fits a pattern, in which * is any text and ? any character.
fits(pattern, text) if {
	quoted := regex.replace(pattern, `([\\.+^$(){}|\[\]])`, `\$1`)
	regex.match(sprintf(`^(?s:%s)$`, [replace(replace(quoted, "*", ".*"), "?", ".")]), text)
}

else := false

# --- the document of a known text ---------------------------------------------------------------------------------------------

malformed := {"problem": "no policy that AWS takes", "is_malformed": true, "statements": []}

unread(problem) := {"problem": problem, "is_malformed": false, "statements": []}

parsed(text) := malformed if not is_policy(text)

else := checked([statement_of(raw) | some raw in listed(json.unmarshal(text).Statement)]) if true

checked(statements) := malformed if is_refused(statements)

else := {"problem": "", "is_malformed": false, "statements": statements}

listed(raw) := raw if is_array(raw)

else := [raw] if raw != null

else := []

is_policy(text) if {
	count(text) <= 65536
	json.is_valid(text)
	raw := json.unmarshal(text)
	is_object(raw)
	keys_once(text, raw)
	not is_deep(raw)
	statements := listed(object.get(raw, "Statement", null))
	count(statements) > 0
	every statement in statements {
		is_statement(statement)
	}
}

# No key is given twice in one object: the text has as many as what it comes to.
keys_once(text, raw) if {
	strings := regex.find_n(`"(?:[^"\\]|\\.)*"(?:\s*:)?`, text, -1)
	given := [each | some each in strings; endswith(each, ":"); not endswith(each, `":"`)]
	kept := [count(part) | walk(raw, [_, part]); is_object(part)]
	count(given) == sum(kept)
}

is_deep(raw) if {
	walk(raw, [path, _])
	count(path) > 30
}

elements := {"Sid", "Effect", "Condition", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}

is_statement(raw) if {
	is_object(raw)
	count(object.keys(raw) - elements) == 0
	is_string(raw.Effect)
	lower(raw.Effect) in {"allow", "deny"}
	every name in ["Principal", "Action", "Resource"] {
		not has_both(raw, name)
	}
	are_texts(element(raw, "Action"))
	are_texts(element(raw, "Resource"))
	is_principal(element(raw, "Principal"))
	is_condition(object.get(raw, "Condition", null))
}

has_both(raw, name) if {
	name in object.keys(raw)
	concat("", ["Not", name]) in object.keys(raw)
}

element(raw, name) := object.get(raw, concat("", ["Not", name]), object.get(raw, name, null))

are_texts(raw) if {
	every each in listed(raw) {
		type_name(each) in {"string", "boolean", "number"}
	}
}

is_principal(raw) if raw == null

is_principal(raw) if raw == "*"

is_principal(raw) if {
	is_object(raw)
	every ids in raw {
		are_texts(ids)
	}
}

is_condition(raw) if raw == null

is_condition(raw) if {
	is_object(raw)
	every keys in raw {
		is_object(keys)
		every values in keys {
			are_texts(values)
		}
	}
}

statement_of(raw) := {
	"effect": {"allow": "Allow", "deny": "Deny"}[lower(raw.Effect)],
	"principals": principals_of(element(raw, "Principal")),
	"not_principals": "NotPrincipal" in object.keys(raw),
	"actions": texts(element(raw, "Action")),
	"not_actions": "NotAction" in object.keys(raw),
	"has_resources": count(texts(element(raw, "Resource"))) > 0,
	"conditions": [{"operator": operator, "key": key, "values": texts(values)} |
		some operator, keys in conditions_of(raw)
		some key, values in keys
	],
}

conditions_of(raw) := raw.Condition if is_object(raw.Condition)

else := {}

texts(raw) := [text_of(each) | some each in listed(raw)]

text_of(raw) := raw if is_string(raw)

else := json.marshal(raw)

principals_of(raw) := [{"who": "anyone", "id": "*"}] if raw == "*"

else := [principal(kind, id) | some kind, ids in raw; some id in texts(ids)] if is_object(raw)

else := []

# IAM refuses a trust policy without statements, or with one that has no principal or no action, or that has a resource.
is_refused(statements) if count(statements) == 0

is_refused(statements) if count(statements) > 70

is_refused(statements) if sum([count(statement.principals) | some statement in statements]) > 280

is_refused(statements) if {
	some statement in statements
	count(statement.principals) == 0
}

is_refused(statements) if {
	some statement in statements
	some each in statement.principals
	each.id == ""
}

is_refused(statements) if {
	some statement in statements
	count(statement.actions) == 0
}

is_refused(statements) if {
	some statement in statements
	statement.has_resources
}

# --- principals ---------------------------------------------------------------------------------------------------------------

principal(kind, id) := {"who": who, "id": id} if {
	who := {"service": "service", "federated": "federated", "canonicaluser": "account", "*": "anyone"}[lower(kind)]
}

else := {"who": who_by_text(id), "id": id}

account_pattern := `^(?:arn:[^:]*:iam::)?([0-9]{12})(?::root)?$`

arn_pattern := `^arn:[^:]*:(?:iam|sts)::([^:]*):(user|role|root|assumed-role|federated-user|saml-provider|oidc-provider)\b`

who_by_text(id) := "anyone" if id == "*"

else := "account" if regex.match(account_pattern, id)

else := who if {
	kind := regex.find_all_string_submatch_n(arn_pattern, id, 1)[0][2]
	who := {
		"user": "user", "root": "account", "role": "role", "assumed-role": "role", "federated-user": "role",
		"saml-provider": "federated", "oidc-provider": "federated",
	}[kind]
}

else := "user" if startswith(id, "AIDA")

else := "role" if startswith(id, "AROA")

else := "other"

# The account that a principal is, or lies in; empty if its text does not say.
account(who) := found if {
	is_string(who.id)
	found := regex.find_all_string_submatch_n(account_pattern, who.id, 1)[0][1]
}

else := found if {
	is_string(who.id)
	found := regex.find_all_string_submatch_n(arn_pattern, who.id, 1)[0][1]
}

else := ""

has_account(who) if {
	is_string(who.id)
	regex.match(account_pattern, who.id)
}

has_account(who) if {
	is_string(who.id)
	regex.match(arn_pattern, who.id)
}

unnamed_user(number) := {"who": "user", "id": sprintf("arn:aws:iam::%s:user/*", [number])}

is_unnamed(who) if {
	is_string(who.id)
	endswith(who.id, ":user/*")
}

# Whether a statement about one is about the whole of the other.
includes(one, other) if one.who == "anyone"

else := same(one.id, other.id) if is_unsure({one.who, other.who})

else := false if {
	not is_inside(one, other)
	one.who != other.who
}

else if {
	one.who == "service"
	one.id == "*"
}

else := one == other if {
	one.who == "user"
	is_unnamed(other)
}

else := account(one) == account(other) if {
	is_inside(one, other)
	has_account(one)
	has_account(other)
}

else := same(one.id, other.id) if one.who == other.who

else := null

is_unsure(pair) if {
	"somebody" in pair
	count(pair & {"service", "federated"}) == 0
}

is_inside(one, other) if {
	one.who == "account"
	other.who in {"account", "user", "role"}
}

# --- conditions ---------------------------------------------------------------------------------------------------------------

# An operator's set prefix, its name, whether it ends in IfExists, and whether it negates; undefined for what is none.
operator_of(text) := {"set": parts[1], "name": parts[2], "if_exists": parts[3] != "", "is_negative": contains(parts[2], "not")} if {
	parts := regex.find_all_string_submatch_n(`^(?:for(any|all)values?:)?([a-z]+?)(ifexists)?$`, lower(text), 1)[0]
	regex.match(operators, parts[2])
}

operators := concat("", [
	`^(?:string(?:not)?(?:equals|like)|stringequalsignorecase|stringnotequalsignorecase|arn(?:not)?(?:equals|like)`,
	`|numeric(?:(?:not)?equals|(?:less|greater)than(?:equals)?)|date(?:(?:not)?equals|(?:less|greater)than(?:equals)?)`,
	`|bool|binaryequals|(?:not)?ipaddress|null)$`,
])

# Whether a condition holds for a request whose value of its key is `present`; null: the request has no such key.
holds(condition, present) := null if not operator_of(condition.operator)

else := either([is_null(value, present) | some value in condition.values]) if operator_of(condition.operator).name == "null"

else := missing(operator_of(condition.operator)) if present == null

else := null if not regex.match(`^(?:string|arn|bool)`, operator_of(condition.operator).name)

else := negated(compared(condition, present)) if operator_of(condition.operator).is_negative

else := compared(condition, present)

missing(operator) if operator.if_exists

else if operator.set == "all"

else := operator.is_negative if operator.set == ""

else := false

is_null(value, present) := null if value == null

else := present == null if lower(value) == "true"

else := present != null if lower(value) == "false"

else := null

compared(condition, present) := either([agrees(operator_of(condition.operator).name, value, present) | some value in condition.values])

agrees(name, value, present) := null if value == null

else := fits(value, present) if is_pattern(name)

else := lower(value) == lower(present) if is_caseless(name)

else := value == present

is_pattern(name) if contains(name, "like")

is_pattern(name) if startswith(name, "arn")

is_caseless(name) if name == "bool"

is_caseless(name) if contains(name, "ignorecase")

is_on(condition, keys) if {
	is_string(condition.key)
	lower(condition.key) in keys
}

# Of a request's keys that are not given nothing is known but that their conditions can be met, or not: `otherwise`.
on_request(condition, request, otherwise) := null if condition.key == null

else := holds(condition, request[lower(condition.key)]) if {
	lower(condition.key) in object.keys(request)
}

else := otherwise

# --- statements ---------------------------------------------------------------------------------------------------------------

acts_on(statement, action) := negated(found) if {
	found := either([acts(each, action) | some each in statement.actions])
	statement.not_actions
}

else := either([acts(each, action) | some each in statement.actions])

acts(pattern, action) := null if pattern == null

else := fits(lower(pattern), lower(action))

is_about(statement, who) := negated(found) if {
	found := either([includes(each, who) | some each in statement.principals])
	statement.not_principals
}

else := either([includes(each, who) | some each in statement.principals])

# --- trust --------------------------------------------------------------------------------------------------------------------

assume := ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]

assumes(statement) if {
	some action in assume
	not acts_on(statement, action) == false
}

allows(statements) := [each | some each in statements; each.effect != "Deny"; assumes(each)]

denies(statements) := [each | some each in statements; each.effect != "Allow"; assumes(each)]

# The actions by which a principal of a statement may assume the role: its own, or whatever the statement names.
actions_of(who, statement) := own if {
	own := [action | some action in own_actions(who.who); not acts_on(statement, action) == false]
	count(own) > 0
}

else := [action | some action in assume; not acts_on(statement, action) == false]

own_actions(who) := array.slice(assume, 1, 3) if who == "federated"

else := array.slice(assume, 0, 1)

mfa := {"aws:multifactorauthpresent", "aws:multifactorauthage"}

on_mfa(condition) if is_on(condition, mfa)

machines := {"service", "federated"}

# The trust policy of a role: of its text if that is known, else of the one data source that makes it.
trust_of(role) := trust if {
	terraform.is_unknown(role, ["assume_role_policy"])
	trust := of_source(iam_data_source.document_of(role))
}

else := unread("assume_role_policy is known after apply") if terraform.is_unknown(role, ["assume_role_policy"])

else := parsed(found) if {
	found := terraform.value(role, ["assume_role_policy"])
	is_string(found)
}

else := unread("assume_role_policy is not set")

of_source(document) := document if document.problem != ""

else := checked(document.statements)
