# METADATA
# title: What is demanded: a policy of planproof
# description: |
#   data.planproof_plan_only is a policy as `planproof policy show --format opa` writes it; without it, the bundled `general` is in force.
package planproof.plan_only.policy

import data.planproof.plan_only.general
import rego.v1

in_force := data.planproof_plan_only if is_given

else := general.policy

# Whatever it is: what is no policy is refused, and not passed over.
is_given if some _ in [data.planproof_plan_only]

checks := in_force.checks

# Whether it is whole: each section that a check of this bundle reads has the keys that `general` has there, and what has an order is a list.
is_valid if {
	is_object(in_force.log_buckets)
	is_array(in_force.elsewhere.backup_plans)
	every name, section in general.policy.checks {
		every key, _ in section {
			not object.get(in_force.checks[name], key, "absent") == "absent"
		}
	}
	every key, _ in general.policy.log_buckets {
		not object.get(in_force.log_buckets, key, "absent") == "absent"
	}
	every _, rule in checks.versioning_coverage.types {
		is_ordered(rule)
	}
	every _, rule in checks.name_taken_twice.types {
		is_named(rule)
	}
}

# A type that is off is null.
is_ordered(rule) if is_null(rule)

is_ordered(rule) if is_array(rule.must)

is_named(rule) if is_null(rule)

is_named(rule) if count(rule.by) > 0
