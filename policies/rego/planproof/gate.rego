# METADATA
# title: Who may merge, by planproof's findings
# description: |
#   The plan is the input, and what `planproof check --format opa=FILE` wrote is data.planproof. Nothing else decides: without findings,
#   or with findings that are none, everything is denied.
#
#   A team's settings are data.planproof_gate, each of them with this default:
#
#   {
#     "environments": {},                    settings in place of those below, by the plan's environment
#     "environment_variables": ["environment", "env", "stage"],
#     "severities": ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"],
#     "only_changed": false,                 deny what is found on resources that the plan changes, and warn of the rest
#     "unknown": "warn"                      "deny": UNKNOWN is denied too
#   }
package planproof.gate

import rego.v1

defaults := {
	"environments": {},
	"environment_variables": ["environment", "env", "stage"],
	"severities": ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"],
	"only_changed": false,
	"unknown": "warn",
}

given := object.union(defaults, data.planproof_gate) if is_object(data.planproof_gate)

else := defaults

named := [name |
	some variable in given.environment_variables
	name := input.variables[variable].value
	is_string(name)
]

# The environment that the plan's variables name; "" if none does.
environment := named[0] if count(named) > 0

else := ""

settings := object.union(given, given.environments[environment]) if is_object(given.environments[environment])

else := given

# --- whether planproof ran --------------------------------------------------

is_valid if {
	is_object(input.planned_values)
	is_string(data.planproof.version)
	is_object(data.planproof.summary)
	is_array(data.planproof.errors)
	is_array(data.planproof.findings)
	every finding in data.planproof.findings {
		is_string(finding.check_id)
		is_string(finding.subject)
		is_string(finding.reason)
		is_boolean(finding.fails)
		finding.verdict in {"PASS", "FAIL", "UNKNOWN"}
	}
}

has_valid_settings if {
	not is_no_object
	is_object(given.environments)
	is_array(given.environment_variables)
	is_right(given)
	every own in given.environments {
		is_object(own)
		is_right(object.union(given, own))
	}
}

is_no_object if {
	value := data.planproof_gate
	not is_object(value)
}

# Nothing is misspelt, and each value is of its kind.
is_right(values) if {
	object.keys(values) == object.keys(defaults)
	is_array(values.severities)
	every severity in values.severities {
		severity in defaults.severities
	}
	is_boolean(values.only_changed)
	values.unknown in {"warn", "deny"}
}

deny contains "planproof did not judge this plan; run planproof check --format opa=FILE, and give FILE as data" if not is_valid

deny contains "data.planproof_gate is not what planproof's gate takes; see its first lines" if not has_valid_settings

deny contains message if {
	some problem in problems
	message := sprintf("planproof could not judge: %v", [problem])
}

# --- what was found ---------------------------------------------------------

findings := data.planproof.findings if is_array(data.planproof.findings)

else := []

problems := data.planproof.errors if is_array(data.planproof.errors)

else := []

deny contains message(finding) if {
	some finding in failures
	is_denied(finding)
}

warn contains message(finding) if {
	some finding in failures
	not is_denied(finding)
}

warn contains sprintf("advice: %s", [message(finding)]) if {
	some finding in findings
	finding.verdict == "FAIL"
	not finding.fails
}

failures contains finding if {
	some finding in findings
	finding.fails
}

failures contains finding if {
	some finding in findings
	finding.verdict == "UNKNOWN"
}

is_denied(finding) if {
	finding.fails
	counts(finding)
}

is_denied(finding) if {
	settings.unknown == "deny"
	finding.verdict == "UNKNOWN"
	counts(finding)
}

counts(finding) if {
	is_severe(finding)
	is_touched(finding)
}

# A severity that is none of planproof's counts, whatever the settings say.
is_severe(finding) if object.get(finding, "severity", "") in settings.severities

is_severe(finding) if not object.get(finding, "severity", "") in defaults.severities

is_touched(_) if not settings.only_changed

is_touched(finding) if not finding.subject in unchanged

# What the plan leaves as it is. A subject that is no resource, such as the plan itself, is always touched.
unchanged := {change.address |
	some change in input.resource_changes
	every action in change.change.actions {
		action in {"no-op", "read"}
	}
}

message(finding) := sprintf("%s %s: %s%s", [finding.check_id, finding.subject, finding.reason, place(finding)])

place(finding) := sprintf(" (%s:%v)", [finding.file, finding.line]) if {
	is_string(finding.file)
	is_number(finding.line)
}

else := ""
