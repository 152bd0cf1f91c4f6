"""The outputs match the contract: names, exported attributes and sensitivity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from planproof.check import PLAN_WIDE, Context, Outcome, Plan, check, failed, passed, unknown
from planproof.evaluation.origin import Kind, Origin, Origins, deciding, lost_reason
from planproof.evaluation.result import Result
from planproof.plan.model import Output
from planproof.verdict import Verdict


@check(
    id="CKV_PLAN_3",
    name="Outputs match the contract: names, exported attributes and sensitivity",
    severity="MEDIUM",
    category="CONVENTION",
    types=PLAN_WIDE,
)
def output_contract(plan: Plan, context: Context) -> list[Outcome]:
    """The outputs match the contract in the policy. Each output exists under its name, exports the required attribute of the
    required type, and has the required sensitivity. If the contract is exact, there are no other outputs.

    Why: consumers of the configuration depend on the names and values of its outputs. An ID instead of an ARN breaks them
    late, when they apply their own configuration. https://developer.hashicorp.com/terraform/language/values/outputs

    The check follows the expression of an output through modules of any depth to the resource. If plan JSON does not contain
    the attribute (a splat, a dynamic index), a known value decides, and then the source. Text around the attribute, a
    constant and an attribute of another resource violate the contract, as does a wrong name. The reason names the output
    that is closest.

    Cannot see: whether consumers need more than the policy lists, and outputs of child modules, which are not part of the
    contract.

    Fix: name the output as the contract does and export the attribute itself, `value = aws_kms_key.logs.arn`. If the
    configuration has a different contract, write it to `checks.output_contract.outputs` in its policy.
    """
    settings = context.settings("output_contract")
    contract = settings["outputs"]
    found = [breach for name in contract if (breach := _breach(name, contract[name], plan, context))]
    if settings["exact"]:
        found += [_unexpected(name, contract) for name in plan.outputs if name not in contract]
    kept = passed("contract_kept", f"all {len(contract)} outputs match the contract", *(f"output.{name}" for name in contract))
    return found or [kept]


def _breach(name: str, promise: Mapping[str, Any], plan: Plan, context: Context) -> Outcome | None:
    """What is wrong with an output of the contract, or cannot be told; None where it keeps its promise."""
    output = plan.outputs.get(name)
    if output is None:
        return _missing(name, promise, plan, context)
    outcome = _exports(output, promise, context)
    wrongly = output.sensitive != promise.get("sensitive", output.sensitive)
    if wrongly and (outcome is None or outcome.verdict is not Verdict.FAIL):
        text = f"{name} is {'sensitive' if output.sensitive else 'not sensitive'}; the contract requires sensitive = {str(not output.sensitive).lower()}"
        outcome = failed("wrong_sensitivity", text, f"output.{name}")
    return outcome.about("output", name) if outcome else None


def _missing(name: str, promise: Mapping[str, Any], plan: Plan, context: Context) -> Outcome:
    """Named with the near miss: an output whose name is alike, or that exports the same resource."""
    from difflib import get_close_matches

    wanted = _wanted(name, promise, context)
    kinds = {_split(export)[0] for export in promise["exports"]}
    near = get_close_matches(name, plan.outputs, n=1, cutoff=0.6)
    same = [o for o in plan.outputs if any(origin.type in kinds for origin in context.expressions.output(o).all_origins)]
    candidate = next((n for n in near if n in same), None) or next(iter(near + same), None)
    if candidate is None:
        return failed("missing", f"there is no output {name}; the contract requires {wanted}", f"output.{name}")
    exported = _named(context.expressions.output(candidate).all_origins)
    text = f"{name} is missing: {candidate} exports {exported}; the contract requires {wanted}"
    return failed("missing", text, f"output.{candidate}").about("output", candidate)


def _exports(output: Output, promise: Mapping[str, Any], context: Context) -> Outcome | None:
    """None where the expression leads to a promised attribute, whatever modules lie between."""
    where, wanted = f"output.{output.name}", _wanted(output.name, promise, context)
    if output.value.is_unset and context.plan.managed and context.plan.is_complete:
        return failed("exports_nothing", f"{output.name} is null or empty in this plan; the contract requires {wanted}", where)
    origins = _deciding(context.expressions.output(output.name), promise, context)
    resources = [o for o in origins if o.kind is Kind.RESOURCE]
    fit = [o for o in resources if _fits(o, promise)]
    if fit and len(fit) == len(resources):
        return _whole(output, fit, where, wanted)
    near = [o for o in resources if o.attribute is None and any(_split(e)[0] == o.type for e in promise["exports"])]
    if near or fit:
        return _by_value(output, [*fit, *near], promise, where, wanted, context)
    if resources:
        right = {_split(export)[0] for export in promise["exports"]}
        code = "wrong_attribute" if any(o.type in right for o in resources) else "wrong_type"
        return failed(code, f"{output.name} exports {_named(tuple(resources))}; the contract requires {wanted}", where)
    lost = lost_reason(origins)
    if lost:
        return unknown("cannot_follow", f"{output.name} cannot be followed to a resource: {lost}", where)
    return failed("constant", f"{output.name} is a constant or a variable; the contract requires {wanted}", where)


def _deciding(result: Result, promise: Mapping[str, Any], context: Context) -> Origins:
    """What the output is made of, followed to the types that are promised, without what only chose it."""
    types = {_split(export)[0] for export in promise["exports"]}
    return deciding(context.relations.settled(result.all_origins, *types))


def _whole(output: Output, fit: list[Origin], where: str, wanted: str) -> Outcome | None:
    """The attribute as it is, not a text around it."""
    values = {i.get(*(o.attribute or ())).text for o in fit for i in o.instances}
    text_around = output.value.text is not None and None not in values and output.value.text not in values
    if text_around or not all(o.is_itself for o in fit):
        return failed(
            "altered", f"{output.name} holds {_named(tuple(fit))} inside other text; the contract requires {wanted}", where
        )
    return None


def _by_value(
    output: Output, near: list[Origin], promise: Mapping[str, Any], where: str, wanted: str, context: Context
) -> Outcome | None:
    """Where the plan lost the attribute, a known value decides: an ARN of that service, or what a candidate is called."""
    value = output.value.text
    if value is None:
        text = (
            f"the plan does not show which attribute of {_named(tuple(near))} {output.name} exports; {context.expressions.remedy}"
        )
        return unknown("attribute_lost", text, where)
    for export in promise["exports"]:
        kind, attribute = _split(export)
        service = kind.split("_")[1]
        names = {i.get(attribute).text for o in near if o.type == kind for i in o.instances}
        if value in names or (attribute == "arn" and re.match(rf"^arn:[^:]*:{service}:", value)):
            return None
    return failed(
        "wrong_attribute",
        f"{output.name} exports another attribute of {_named(tuple(near))}; the contract requires {wanted}",
        where,
    )


def _unexpected(name: str, contract: Mapping[str, Any]) -> Outcome:
    text = f"{name} is not in the contract ({', '.join(contract)})"
    return failed("unexpected", text, f"output.{name}").about("output", name)


def _fits(origin: Origin, promise: Mapping[str, Any]) -> bool:
    path = ".".join(origin.attribute) if origin.attribute is not None else None
    return any(_split(export) == (origin.type, path) for export in promise["exports"])


def _split(export: str) -> tuple[str, str]:
    kind, _, attribute = export.partition(".")
    return kind, attribute


def _wanted(name: str, promise: Mapping[str, Any], context: Context) -> str:
    """`kms_key_arn = aws_kms_key.logs.arn`, with the plan's own resource where there is just one."""
    kind, attribute = _split(promise["exports"][0])
    there = {i.address for i in context.plan.of_type(kind)}
    subject = there.pop() if len(there) == 1 else kind
    return f"{name} = {subject}.{attribute}"


def _named(origins: Origins) -> str:
    found: Iterator[str] = (o.display_name for o in origins if o.kind is Kind.RESOURCE)
    return ", ".join(dict.fromkeys(found)) or "no resource"
