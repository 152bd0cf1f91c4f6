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

# Whether it is whole: each section that a check of this bundle reads has the keys that `general` has there.
is_valid if {
	is_object(in_force.log_buckets)
	every name, section in general.policy.checks {
		every key, _ in section {
			not object.get(in_force.checks[name], key, "absent") == "absent"
		}
	}
	every key, _ in general.policy.log_buckets {
		not object.get(in_force.log_buckets, key, "absent") == "absent"
	}
}
