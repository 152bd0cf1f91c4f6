# METADATA
# title: CKV_PLAN_2, roles demand no MFA of services and federated identities
package planproof.plan_only.mfa_on_machine_principals

import data.planproof.plan_only.iam
import data.planproof.plan_only.terraform
import rego.v1

findings := [finding |
	some role in terraform.of_type("aws_iam_role")
	said := judged(iam.trust_of(role))
	finding := {
		"check_id": "CKV_PLAN_2",
		"subject": role.address,
		"verdict": said[0],
		"code": said[1],
		"reason": said[2],
	}
]

judged(trust) := ["FAIL", "malformed_policy", "assume_role_policy is no policy that AWS takes"] if trust.is_malformed

else := ["UNKNOWN", "unknown_policy", trust.problem] if trust.problem != ""

else := ["FAIL", "allow_demands_mfa", "an Allow lets a service or a federated identity in under MFA, which its requests never have"] if {
	true in by_allow(trust.statements)
}

else := ["FAIL", "deny_catches_machines", "a Deny on MFA catches a service or a federated identity, whose requests never have it"] if {
	true in by_deny(trust.statements)
}

else := ["UNKNOWN", "unknown_demand", "whether MFA is demanded of a service or a federated identity is known after apply"] if {
	null in array.concat(by_allow(trust.statements), by_deny(trust.statements))
}

else := ["PASS", "no_machines", "no service or federated identity may assume the role"] if not has_machines(trust.statements)

else := ["PASS", "not_demanded", "no MFA is demanded of the services or federated identities"]

has_machines(statements) if {
	some allow in iam.allows(statements)
	some who in allow.principals
	who.who in iam.machines
}

# Whether an Allow is one that a request without the MFA keys never fits.
by_allow(statements) := [answer |
	some allow in iam.allows(statements)
	not allow.not_principals
	demanded := iam.either([iam.negated(iam.holds(each, null)) | some each in allow.conditions; iam.on_mfa(each)])
	some who in allow.principals
	answer := iam.both([demanded, is_machine(who), sure(allow, "Allow")])
]

# Whether a Deny fits every request without the MFA keys, of a machine that an Allow lets in.
by_deny(statements) := [answer |
	some deny in iam.denies(statements)
	count([1 | some each in deny.conditions; iam.on_mfa(each)]) > 0
	some allow in iam.allows(statements)
	not allow.not_principals
	some who in allow.principals
	answer := iam.both([catches(deny, allow, who), is_machine(who), sure(deny, "Deny"), sure(allow, "Allow")])
]

catches(deny, allow, who) := iam.both([
	iam.either([iam.acts_on(deny, action) | some action in iam.actions_of(who, allow)]),
	iam.is_about(deny, who),
	iam.both([iam.on_request(each, request(who, deny), true) | some each in deny.conditions]),
])

is_machine(who) := who.who in iam.machines

sure(statement, effect) if statement.effect == effect

else := null

# A request of a service or a federated identity, as a statement asks about it: nothing in it tells of an IAM identity.
request(who, statement) := object.union(
	{key: null |
		some key in array.concat(
			[
				"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:principalarn", "aws:principaltype", "aws:username",
				"aws:principalorgid", "aws:principalorgpaths",
			],
			[lower(each.key) | some each in statement.conditions; is_tag(each.key)],
		)
	},
	{"aws:principalisawsservice": "true" | who.who == "service"},
)

is_tag(key) if {
	is_string(key)
	startswith(lower(key), "aws:principaltag/")
}
