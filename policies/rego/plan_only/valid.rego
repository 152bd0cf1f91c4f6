# METADATA
# title: Whether the input is a plan that can be judged, and the policy one to judge by
package planproof.plan_only.valid

import data.planproof.plan_only.policy
import data.planproof.plan_only.terraform
import rego.v1

problems contains "planproof cannot judge this: the input is no plan as `terraform show -json` writes it" if not is_plan

problems contains "planproof cannot judge this: modules are nested deeper than eight levels" if count(terraform.too_deep) > 0

problems contains "planproof cannot judge this: data.planproof_plan_only is no whole policy; write it with `planproof policy show --format opa`" if {
	not policy.is_valid
}

is_plan if {
	is_string(terraform.plan.format_version)
	regex.match(`^[01]\.`, terraform.plan.format_version)
	is_object(terraform.plan.planned_values.root_module)
	is_object(terraform.plan.configuration.root_module)
	has_modules
	has_changes
}

has_modules if {
	every module in terraform.modules {
		is_string(object.get(module, "address", ""))
		is_list(module, "resources")
		is_list(module, "child_modules")
		every resource in object.get(module, "resources", []) {
			terraform.is_resource(resource)
		}
		every child in object.get(module, "child_modules", []) {
			is_object(child)
		}
	}
	count(terraform.by_address) == count(terraform.instances)
}

has_changes if {
	is_list(terraform.plan, "resource_changes")
	every change in object.get(terraform.plan, "resource_changes", []) {
		is_string(change.address)
		is_object(change.change)
		is_array(change.change.actions)
		count(change.change.actions) > 0
	}
	count(terraform.change_of) == count(terraform.changes)
}

is_list(found, key) if is_array(object.get(found, key, []))
