# METADATA
# title: CKV_PLAN_11, roles that people may assume demand MFA
package planproof.plan_only.mfa_on_human_principals

import data.planproof.plan_only.iam
import data.planproof.plan_only.iam_data_source
import data.planproof.plan_only.policy
import data.planproof.plan_only.terraform
import data.planproof.plan_only.words
import rego.v1

section := policy.checks.mfa_on_human_principals

findings := [finding |
	some role in terraform.of_type("aws_iam_role")
	said := of_role(role)
	finding := {
		"check_id": "CKV_PLAN_11",
		"subject": role.address,
		"verdict": said[0],
		"code": said[1],
		"reason": said[2],
	}
]

of_role(role) := ["PASS", "exempt", "the policy exempts this role"] if {
	some glob in section.exempt_addresses
	words.fits(glob, role.address)
}

else := judged(iam.trust_of(role))

judged(trust) := ["FAIL", "malformed_policy", "assume_role_policy is no policy that AWS takes"] if trust.is_malformed

else := ["UNKNOWN", "unknown_policy", trust.problem] if trust.problem != ""

else := faults(trust.statements)[0] if count(faults(trust.statements)) > 0

else := ["UNKNOWN", "unknown_demand", "whether people need MFA to assume the role is known after apply"] if {
	some way in ways(trust.statements)
	null in way
}

else := ["PASS", "third_party", "a third party's account under sts:ExternalId may assume the role, and no person"] if {
	count(people(trust.statements)) == 0
	has_third_party(trust.statements)
}

else := ["PASS", "no_people", "no account, user or * may assume the role"] if count(people(trust.statements)) == 0

else := ["PASS", "mfa_demanded", "the people who may assume the role need MFA"]

faults(statements) := [fault | some way in ways(statements); fault := fault_of(way[0], way[1])]

# By whether requests with long-term keys get in, and those of a session made without MFA.
fault_of(true, session) := ["FAIL", "no_mfa", "it lets a person assume the role without MFA"] if session == true

else := ["FAIL", "long_term_keys", "it lets a person assume the role with long-term access keys, whose requests lack the MFA key"]

fault_of(false, true) := without_session

fault_of(null, true) := without_session

without_session := ["FAIL", "session_without_mfa", "it lets a person assume the role from a session made without MFA"]

# Of each person whom an Allow names: whether the two kinds of requests without MFA get in.
ways(statements) := [way |
	some pair in people(statements)
	named := in_principal(pair[1], statements)
	way := [answer |
		some kind in ["long-term", "session"]
		answer := iam.either([iam.both([each[1], gets_in(pair[0], each[0], kind, statements)]) | some each in named])
	]
]

# Who in an Allow may be a person, with the Allow.
people(statements) := [[allow, who] |
	some allow in iam.allows(statements)
	some who in named_in(allow)
	who.who in {"user", "account", "anyone", "other", "somebody"}
	not is_excused(who)
	others := [iam_holds(each, who, person, true) | some each in allow.conditions; not iam.on_mfa(each)]
	not iam.both(others) == false
]

named_in(allow) := [{"who": "anyone", "id": "*"}] if allow.not_principals

else := allow.principals

is_excused(who) if {
	is_string(who.id)
	some glob in section.exempt_principals
	words.fits(glob, who.id)
}

has_third_party(statements) if {
	some allow in iam.allows(statements)
	some who in allow.principals
	who.who in {"user", "account", "anyone", "other"}
	some each in allow.conditions
	iam.is_on(each, {"sts:externalid"})
}

# The people for whom a principal stands, each with whether it includes them: users that are named, and those that are not.
in_principal(who, statements) := array.concat(array.concat([[itself(who), true]], unnamed), inside) if {
	named := {each |
		some statement in statements
		some each in statement.principals
		each.who in {"user", "account"}
	}
	unnamed := [[iam.unnamed_user(account), true] |
		who.who == "anyone"
		some account in {iam.account(each) | some each in named}
		account != ""
	]
	inside := [[each, answer] |
		who.who in {"anyone", "account"}
		some each in named
		each.who == "user"
		answer := iam.includes(who, each)
		not answer == false
	]
}

itself(who) := iam.unnamed_user(iam.account(who)) if {
	who.who == "account"
	iam.account(who) != ""
}

else := who

# --- requests -----------------------------------------------------------------------------------------------------------------

# A person calls STS directly, as an IAM user. An external id is what third parties' machines give.
person := {
	"aws:principaltype": "User",
	"aws:principalisawsservice": "false",
	"aws:viaawsservice": "false",
	"aws:sourcearn": null,
	"aws:sourceaccount": null,
	"sts:externalid": null,
}

without_mfa := {
	"long-term": object.union(person, {"aws:multifactorauthpresent": null, "aws:multifactorauthage": null}),
	"session": object.union(person, {"aws:multifactorauthpresent": "false", "aws:multifactorauthage": null}),
}

# Whether a condition holds for a person's request. Roles are no persons, whatever account the statement names.
iam_holds(condition, who, request, otherwise) := iam.on_request(condition, object.union(request, account_in(who)), otherwise) if {
	not iam.is_on(condition, {"aws:principalarn"})
}

else := iam.holds(condition, who.id) if {
	who.who == "user"
	is_string(who.id)
	startswith(who.id, "arn:")
	not iam.is_unnamed(who)
}

else := iam.holds(object.union(condition, {"values": ["arn:aws:iam::000000000000:role/-"]}), "arn:aws:iam::000000000000:user/-") if {
	count(condition.values) > 0
	every value in condition.values {
		is_role(value)
	}
}

else := otherwise

account_in(who) := {"aws:principalaccount": iam.account(who)} if iam.has_account(who)

else := {}

is_role(value) if {
	is_string(value)
	regex.match(`^arn:[^:]*:(?:iam|sts)::[^:]*:(?:role|assumed-role)/`, value)
}

# Whether this kind of request without MFA fits the Allow, and no Deny.
gets_in(allow, who, kind, statements) := iam.both([
	is_person(allow, who),
	iam.both([iam_holds(each, who, without_mfa[kind], true) | some each in allow.conditions]),
	iam.either([iam.both([iam.acts_on(allow, action), iam.negated(denied(action, allow, who, kind, statements))]) |
		some action in iam.actions_of(who, allow)
	]),
])

is_person(allow, who) := null if who.who == "somebody"

else := null if allow.effect != "Allow"

else := true

# Whether a Deny refuses every such request that the Allow lets in; a condition that both have is met already.
denied(action, allow, who, kind, statements) := iam.either([iam.both([effect, about, met]) |
	some deny in iam.denies(statements)
	effect := sure(deny)
	about := iam.both([iam.is_about(deny, who), iam.acts_on(deny, action)])
	met := iam.both([met_by(each, allow, who, kind) | some each in deny.conditions])
])

sure(deny) if deny.effect == "Deny"

else := null

met_by(condition, allow, who, kind) if {
	condition in allow.conditions
	not null in condition.values
	not condition.key in {null, iam_data_source.unread_keys.aws}
}

else := iam_holds(condition, who, without_mfa[kind], false)
