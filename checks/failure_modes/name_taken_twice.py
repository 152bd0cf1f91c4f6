"""No two instances of a plan are one and the same resource to AWS."""

from __future__ import annotations

from planproof.aws.same_name import Namesakes, namesakes
from planproof.check import LISTED_TYPES, Context, Instance, Outcome, check, failed, passed, unknown
from planproof.verdict import listed

_SECTION = "name_taken_twice"
# What becomes of the second, by what the policy says of the type.
_SECOND = {
    "refused": "AWS refuses to create the second",
    "replaces": "the second silently replaces the first on every apply",
    "shared": "both manage one resource, which is deleted when either is",
}


def _is_subject(instance: Instance, context: Context) -> bool:
    return instance.address in context.once(_all)


def _all(context: Context) -> dict[str, Namesakes]:
    return namesakes(context, context.settings(_SECTION)["types"])


@check(
    id="CKV_PLAN_14",
    name="No two resources in the plan share an identifying name",
    severity="HIGH",
    category="CONVENTION",
    types=LISTED_TYPES,
    applies=_is_subject,
)
def name_taken_twice(instance: Instance, context: Context) -> Outcome:
    """Finds two instances of a plan that AWS takes for one: of the same type, with the same name, in the same region and account.

    Why: Terraform tells resources apart by their addresses, AWS by their names. The second create fails half-way through the apply,
    or, worse, replaces what the first one made without a word, as with alarms, dashboards, EventBridge rules, metric filters and the
    settings of a bucket: PutMetricAlarm updates an alarm of that name.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html

    By what AWS tells resources of a type apart is data, `types` of the policy: the arguments (`by`), where they have to differ
    (`within`: a region, an account, or a partition, as for bucket names), and what becomes of the second (`second`). A metric filter
    is told by its name and its log group, a bucket's policy by the bucket. Names that are not known are the same if they are made of
    the same attributes with the same text around them; a name that the provider makes up is nobody else's.

    Cannot see: names that went through a function or that the plan does not tell (they have no finding); resources of other plans;
    and two provider configurations that come to one account by different roles or profiles, which count as two.

    Fix: Give the second a name of its own, or let one resource serve both. In a module that is called more than once, make the name of
    an input.
    """
    found: Namesakes = context.once(_all)[instance.address]
    rule = context.settings(_SECTION)["types"][instance.type]
    where = tuple(f"{instance.address}.{argument}" for argument in rule["by"])
    by = " and ".join(rule["by"])
    if len(found.sure) > 1:
        others = listed((other.address for other in found.sure if other is not instance), count=len(found.sure) - 1)
        first = next(other.address for other in found.sure if other is not instance)
        return failed("name_taken", f"{by}: same as {others}; {_SECOND[rule.get('second', 'refused')]}", *where, first)
    if found.perhaps:
        others = listed((other.address for other in found.perhaps), count=len(found.perhaps))
        return unknown("unknown_region", f"{by}: same as {others}; the plan does not show whether both are in one region", *where)
    return passed("own_name", f"{by}: unique in the plan", *where)
