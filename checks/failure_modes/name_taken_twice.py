"""No two instances in a plan are the same resource for AWS."""

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
    """Two instances in a plan must not be the same resource for AWS: the same type and name in the same region and account.

    Why: Terraform identifies resources by address, AWS by name. The second create fails in the middle of the apply, or
    silently replaces the first resource. AWS replaces alarms, dashboards, EventBridge rules, metric filters and bucket
    settings: PutMetricAlarm updates an existing alarm with the same name.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html

    The policy lists what identifies each type in `types`: the arguments (`by`), the scope in which they must differ
    (`within`: a region, an account, or a partition for bucket names), and what AWS does with the second resource (`second`).
    A metric filter is identified by its name and its log group, a bucket policy by its bucket. Names that are not known are
    equal if they are built from the same attributes with the same text around them. A name that the provider generates is
    unique.

    Cannot see: names that went through a function or that the plan does not show (they have no finding), resources of other
    plans, and two provider configurations that use one account through different roles or profiles, which count as two
    accounts.

    Fix: rename the second resource, or use one resource for both purposes. In a module that is called more than once, build
    the name from an input.
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
        others = listed((other.address for other in found.perhaps), count=found.doubtful)
        return unknown("unknown_region", f"{by}: same as {others}; the plan does not show whether both are in one region", *where)
    return passed("own_name", f"{by}: unique in the plan", *where)
