"""prevent_destroy is set only in environments that need it."""

from __future__ import annotations

from planproof.aws.environments import environment_in, varies
from planproof.aws.gates import gate
from planproof.aws.state_store import state_store
from planproof.aws.tags import tag_of
from planproof.check import ANY_TYPE, Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.result import Result
from planproof.text.wildcards import matches
from planproof.verdict import Verdict

_GUARD = "prevent_destroy"


def _is_subject(instance: Instance, context: Context) -> bool:
    """Of a type that the policy names, every resource; of one that only a glob of its fits, those that set the guard."""
    types = context.settings(_GUARD)["types"]
    if instance.type in types:
        return True
    module = context.source.of(instance.module) if context.source else None
    if module is None or not any(matches(glob, instance.type) for glob in types):
        return False
    labels = ("resource", *instance.local_address.split("."))
    return module.mentions(_GUARD, *labels) and _flag(instance, context.expressions) is not None


@check(
    id="CKV_PLAN_8",
    name="Only environments that need it set prevent_destroy",
    severity="MEDIUM",
    category="CONVENTION",
    types=ANY_TYPE,
    applies=_is_subject,
    reads_configuration=True,
)
def prevent_destroy(instance: Instance, context: Context) -> Outcome:
    """`prevent_destroy = true` is set only on resources that exist only in the environments that need it.

    Why: an unconditional `prevent_destroy` makes test environments impossible to delete, so people work around it
    everywhere. Terraform requires a literal value, so the condition must be the `count` or `for_each` of the resource or of
    a module around it; in OpenTofu the value can be an expression.
    https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy

    The check evaluates resources of every type that set `prevent_destroy`, and all S3 buckets (`types`). Resources that the
    policy ignores by address, type or tag pass. The state bucket and lock table of Terraform pass too, because every
    environment needs them.

    The condition must be a `count` or `for_each` that can become empty, and it must depend on the environment: on a variable
    that the policy lists (`environments`), a variable whose value contains the name of an environment, or
    `terraform.workspace`. Conditions in locals and tables count. The check evaluates the condition for each environment of
    the policy. A condition that is true in all of them (`var.environment != null`) does not count. `count = var.create ? 1 :
    0` does not depend on the environment, and `var.create || local.is_prod ? 1 : 0` allows the resource in every
    environment.

    Cannot see: anything without the source, because plan JSON has no `lifecycle` blocks; provide the saved plan or the
    folder. The check also cannot see whether the selected environments are the right ones.

    Fix: remove `prevent_destroy`, and protect production in a way that can vary: deny the delete action in the production
    account, or set the deletion protection of the service from a variable. If a resource exists only in production, it can
    keep `prevent_destroy` behind `count = var.environment == "prod" ? 1 : 0`.
    """
    outcome = _judged(instance, context)
    return outcome if outcome.verdict is Verdict.PASS else _excused(instance, context) or outcome


def _judged(instance: Instance, context: Context) -> Outcome:
    if context.expressions.body(instance) is None:
        return _no_source(instance, context)
    flag = _flag(instance, context.expressions)
    if flag is None:
        return passed("not_set", "prevent_destroy is not set")
    if flag.origins or not isinstance(flag.raw, bool):
        return _conditional(instance, flag, context)
    if not flag.raw:
        return passed("not_set", "prevent_destroy is false")
    return _gated(instance, context)


def _excused(instance: Instance, context: Context) -> Outcome | None:
    ignore = context.settings(_GUARD)["ignore"]
    if instance.type in ignore["types"] or any(matches(glob, instance.address) for glob in ignore["addresses"]):
        return passed("ignored", "the policy ignores this resource", instance.address)
    tags = ((tag_of(instance, key, context), glob) for key, glob in ignore["tags"].items() if glob is not None)
    if any(isinstance(value, str) and matches(glob, value) for value, glob in tags):
        return passed("ignored", "the policy ignores this resource because of a tag", instance.address)
    store = state_store(instance)
    return passed("state_store", f"{store}, which every environment needs", instance.address) if store else None


def _no_source(instance: Instance, context: Context) -> Outcome:
    if context.source is None:
        reason = "plan JSON has no lifecycle blocks; provide the saved plan or the folder of the .tf files (--source, PLANPROOF_SOURCE)"
        return unknown("no_source", reason, instance.address)
    module = context.source.of(instance.module)
    problem = (
        module.problems[0]
        if module and module.problems
        else f"{instance.local_address} is not in the source {context.source.name}"
    )
    return unknown("not_in_source", f"{problem}; provide the source that this plan was made from", instance.address)


def _flag(instance: Instance, expressions: Expressions) -> Result | None:
    found = expressions.argument(instance, "lifecycle", 0, "prevent_destroy")
    return Result(found.raw == "true", found.origins) if found is not None and found.raw in ("true", "false") else found


def _conditional(instance: Instance, flag: Result, context: Context) -> Outcome:
    """OpenTofu admits an expression."""
    by = varies(context, lambda expressions: _is_set(_flag(instance, expressions)), flag.all_origins)
    if by:
        return passed("by_environment", f"prevent_destroy depends on {by}")
    if flag.raw is False:
        return passed("not_set", "prevent_destroy is false in every environment")
    if environment_in(flag.all_origins, context):
        return failed("unconditional", "prevent_destroy = true in every environment", instance.address)
    return failed("gate_not_environment", f"prevent_destroy depends on {_named(flag)}, not on the environment", instance.address)


def _is_set(flag: Result | None) -> bool | None:
    return flag.raw if flag is not None and isinstance(flag.raw, bool) else None


def _gated(instance: Instance, context: Context) -> Outcome:
    where = f"{instance.address}.lifecycle"
    found = gate(instance, context)
    if found.by:
        return passed(
            "by_environment", f"prevent_destroy = true, and the resource exists only in environments selected by {found.by}"
        )
    if not found.others:
        return failed("unconditional", "prevent_destroy = true in every environment", where)
    named = ", ".join(map(_named, found.others))
    return failed(
        "gate_not_environment", f"prevent_destroy = true depends on {named}, which does not identify the environment", where
    )


def _named(result: Result | None) -> str:
    names = dict.fromkeys(o.display_name for o in result.all_origins if o.display_name) if result is not None else ()
    return ", ".join(names) or "a constant"
