"""prevent_destroy is set only where the environment says so."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.environments import environment_in
from planproof.check import LISTED_TYPES, Context, Instance, Outcome, check, failed, passed, unknown
from planproof.plan.origin import Scope
from planproof.source.blocks import Block
from planproof.source.conditions import alternatives, is_gate
from planproof.source.expressions import Expression


@check(
    id="CKV_PLAN_8",
    name="Only the environments that need it set prevent_destroy",
    severity="MEDIUM",
    category="CONVENTION",
    types=LISTED_TYPES,
)
def prevent_destroy(instance: Instance, context: Context) -> Outcome:
    """`prevent_destroy = true` stands only where the environment says so: on a resource that other environments have none of.

    Why: an unconditional guard makes test environments undeletable, and is then worked around everywhere. Terraform wants a literal
    there, so the condition is the resource's own `count` or `for_each`, or that of a module around it; in OpenTofu it may be the
    expression itself. https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy

    A gate is a `count` or `for_each` that can come to nothing by a condition or a table, in locals too, and that draws on the
    environment: a variable that the policy names (`environments`), one whose value carries an environment's name, or
    `terraform.workspace`. `count = var.create ? 1 : 0` is a gate, but not of the environment, and neither is
    `var.create || local.is_prod ? 1 : 0`, which lets every environment have it.

    Cannot see: anything without the source, as plan JSON has no `lifecycle` blocks; give the saved plan or the folder. Nor whether
    the environments that are left out are the right ones.

    Fix: declare the resource twice, once guarded with `count = var.environment == "prod" ? 1 : 0` and once without the guard for
    the rest; or leave the guard out, and deny deletion by policy in production.
    """
    block = context.source_block(instance)
    if block is None:
        return _no_source(instance, context)
    flag = next((e for e in (_argument(b, "prevent_destroy") for b in block.blocks("lifecycle")) if e is not None), None)
    if flag is None or flag.raw in (False, "false"):
        return passed("not_set", "prevent_destroy is not set" if flag is None else "prevent_destroy is false")
    if flag.raw not in (True, "true"):
        return _conditional(instance, flag, context)
    return _gated(instance, list(_gates(instance, block, context)), context)


def _no_source(instance: Instance, context: Context) -> Outcome:
    if context.source is None:
        reason = (
            "plan JSON has no lifecycle blocks; give the saved plan or the folder of the .tf files (--source, PLANPROOF_SOURCE)"
        )
        return unknown("no_source", reason, instance.address)
    module = context.module_source(instance.module)
    problem = (
        module.problems[0]
        if module and module.problems
        else f"{instance.local_address} is not in the source {context.source.name}"
    )
    return unknown("not_in_source", f"{problem}; give the source that this plan was made from", instance.address)


def _argument(body: object, name: str) -> Expression | None:
    return Block(body, "", None).argument(name) if isinstance(body, dict) else None


def _conditional(instance: Instance, flag: Expression, context: Context) -> Outcome:
    """OpenTofu admits an expression."""
    origins = context.references.follow(flag.as_plan_json(), context.references.scope(instance))
    environment = environment_in(origins, context)
    if environment:
        return passed("by_environment", f"prevent_destroy depends on {environment}")
    return failed("gate_not_environment", f"prevent_destroy depends on {_named(flag)}, not on the environment", instance.address)


def _gates(instance: Instance, block: Block, context: Context) -> Iterator[tuple[Expression, Scope]]:
    """Each count or for_each that can leave the resource out: its own, and those of the modules around it.

    OpenTofu also has `enabled` in the lifecycle block.
    """
    for lifecycle in block.blocks("lifecycle"):
        enabled = _argument(lifecycle, "enabled")
        if enabled and not enabled.is_literal:
            yield enabled, Scope(instance.module)
    module, around = instance.module, block
    while True:
        found = _repetition(around)
        if found and is_gate(context.expanded(found, module)):
            yield found, Scope(module)
        parent = context.module_source(module.parent) if module.parent else None
        call = parent.block("module", module.name) if parent else None
        if module.parent is None or call is None:
            return
        module, around = module.parent, call


def _repetition(block: Block) -> Expression | None:
    return block.argument("count") or block.argument("for_each")


def _gated(instance: Instance, gates: list[tuple[Expression, Scope]], context: Context) -> Outcome:
    where = f"{instance.address}.lifecycle"
    if not gates:
        return failed("unconditional", "prevent_destroy = true in every environment", where)
    for expression, scope in gates:
        environment = _environment_of(expression, scope, context)
        if environment:
            return passed("by_environment", f"prevent_destroy = true, and the resource is there only where {environment} says so")
    by = ", ".join(_named(expression) for expression, _ in gates)
    return failed("gate_not_environment", f"prevent_destroy = true, gated by {by}, which is not the environment", where)


def _environment_of(gate: Expression, scope: Scope, context: Context) -> str | None:
    """What of the environment the gate asks for; of `a || b`, each has to ask for it."""
    parts = alternatives(context.expanded(gate, scope.module))
    if len(parts) == 1:
        return environment_in(context.references.follow(gate.as_plan_json(), scope), context)
    asked = [
        environment_in(context.references.follow(Expression(f"${{{part}}}").as_plan_json(), scope), context) for part in parts
    ]
    return next(iter(asked)) if all(asked) else None


def _named(expression: Expression) -> str:
    return ", ".join(expression.references) or "a constant"
