"""The first pass over an estate: what one plan tells the others. The second pass, `planproof.fleet.join`, compares it.

Facts travel between processes and are never written: they hold parts of plans. An engine maps `facts_of` over its batches, as it does
`judge`, and hands all facts to `join`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.aws.alerts.trails import TRAIL
from planproof.aws.name_styles import style_of
from planproof.aws.names import Names, names_of
from planproof.aws.tags import AllTags, all_tags
from planproof.context import Context
from planproof.engine import evaluate
from planproof.errors import PlanproofError
from planproof.evaluation.arguments import path_of
from planproof.evaluation.identifiers import identifier
from planproof.fleet.alerts import ALERTS, parts_for_alerts
from planproof.fleet.judge import Judge, planned_at
from planproof.fleet.objects import COMMIT, PlanAt, content_of
from planproof.fleet.remote_state import Read, outputs_read, state_of
from planproof.fleet.sources import beside
from planproof.fleet.table import OF_ESTATE, Stamp
from planproof.plan.json_file import documents
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Json
from planproof.source.model import Source
from planproof.verdict import Report, Verdict

CONTRACT = "CKV_PLAN_3"
_LEAD_ON = (TRAIL, "aws_cloudwatch_log_metric_filter", "aws_sns_topic_subscription")
"""What a chain that begins in another plan leads to."""


class Taken(NamedTuple):
    """A name that an instance takes, as a digest, and in which region; None if the plan does not tell that."""

    kind: str
    name: str
    region: str | None
    address: str


class Facts(NamedTuple):
    """What one plan tells the others.

    `alerts`: the parts of the plan that a chain of alerts is made of. `open_buckets`: log buckets whose chain the plan alone does not decide.
    `outputs`: by name, how it breaks the contract, or nothing. `state`: where the state is, if the source says so. `tags`: how many of the
    `tagged` resources have a key. `styles`: the resources by type and style of name. `problem`: why there are no facts.
    """

    stamp: Stamp
    account: str | None = None
    names: tuple[Taken, ...] = ()
    alerts: Json = None
    open_buckets: tuple[str, ...] = ()
    outputs: Mapping[str, str] = {}
    state: str = ""
    reads: tuple[Read, ...] = ()
    tags: Mapping[str, int] = {}
    tagged: int = 0
    styles: tuple[tuple[str, str, str], ...] = ()
    problem: str = ""


def facts_of(plans: Iterable[PlanAt], by: Judge) -> Iterator[Facts]:
    """The facts of these plans. A plan that cannot be judged has a problem and nothing else; of several plans in one object each is a
    configuration of its own, so they tell the others nothing."""
    for plan in plans:
        stamp = by.stamp(plan)._replace(scope=OF_ESTATE)
        try:
            content = content_of(plan.url)
            with beside(plan) as found:
                read = documents(content, stamp.plan)
                stamp = by.stamp(plan, content, found.digest)._replace(planned_at=planned_at(read[0]), scope=OF_ESTATE)
                yield _facts_of_one(Plan.of(read[0]), by, found.source, stamp) if len(read) == 1 else Facts(stamp)
        except PlanproofError as error:
            yield Facts(stamp, problem=str(error))
        except Exception as error:  # its text may hold a value of the plan
            yield Facts(stamp, problem=f"{stamp.plan}: internal error ({type(error).__name__})")


def _facts_of_one(plan: Plan, by: Judge, source: Source | None, stamp: Stamp) -> Facts:
    context = Context(plan, by.policy, source)
    report = evaluate(plan, by.in_part, source, [check for check in by.checks if check.id in (CONTRACT, ALERTS)])
    return _facts(context, report, stamp)


def _facts(context: Context, report: Report, stamp: Stamp) -> Facts:
    is_open = {
        f.subject for f in report.findings if f.check_id == ALERTS and (f.verdict is Verdict.UNKNOWN or f.code == "no_trail")
    }
    tags: AllTags = context.once(_tags)
    keys = [{key for place in places if not place.secret for key in place.values} for places in tags.by_address.values()]
    account = account_of(context)
    return Facts(
        stamp,
        account,
        tuple(_taken(context)),
        parts_for_alerts(context) if account and (is_open or context.plan.of_type(*_LEAD_ON)) else None,
        tuple(sorted(is_open)),
        _outputs(context, report),
        state_of(context, stamp.plan),
        tuple(outputs_read(context, stamp.plan)),
        {key: sum(key in each for each in keys) for key in set().union(*keys)},
        len(keys),
        tuple(_styles(context)),
    )


def _tags(context: Context) -> AllTags:
    return all_tags(context.settings("tagging"), context)


def account_of(context: Context) -> str | None:
    """The account that a plan is made for: the one that it looked up, that its provider is held to, that a root variable says, or that the
    ARNs of what exists have; None if none of them tells, or if there are several."""
    names = context.settings("bucket_name_collision").get("account_names") or ()
    said = [value.text for name, value in context.plan.variables.items() if name in names]
    held = [_allowed(context, instance) for instance in context.plan.managed[:1]]
    arns = (identifier(instance.get("arn").text or "").account for instance in context.plan.managed)
    for found in ([context.regions.account], held, said, arns):
        accounts = {account for account in found if account and len(account) == 12 and account.isdigit()}
        if accounts:
            return accounts.pop() if len(accounts) == 1 else None
    return None


def _allowed(context: Context, instance: Instance) -> str | None:
    allowed = context.plan.provider(context.plan.provider_key(instance)).expression("allowed_account_ids")
    values = allowed.get("constant_value") if isinstance(allowed, Mapping) else None
    return str(values[0]) if isinstance(values, list) and len(values) == 1 else None


def _taken(context: Context) -> Iterator[Taken]:
    """The names that are known. Digests are compared, so that no name travels."""
    for kind, rule in context.settings("name_taken_twice")["types"].items():
        for instance in context.plan.of_type(kind) if rule else ():
            parts = [_part(instance, str(argument), number == 0, rule, context) for number, argument in enumerate(rule["by"])]
            if None not in parts:
                said = json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")
                yield Taken(kind, hashlib.sha256(said).hexdigest(), context.regions.name(instance), instance.address)


def _part(instance: Instance, argument: str, is_first: bool, rule: Mapping[str, Any], context: Context) -> str | None:
    value = context.argument(instance, *path_of(argument))
    if value.is_unset:
        return None if is_first else str((rule.get("defaults") or {}).get(argument, ""))
    if not value.is_known or value.has_unknown:
        return None
    text = value.raw if isinstance(value.raw, str) else json.dumps(value.raw, sort_keys=True)
    return text.lower() if rule.get("ignore_case") else text


def _outputs(context: Context, report: Report) -> dict[str, str]:
    broken = {
        finding.evidence[0].removeprefix("output."): finding.reason
        for finding in report.findings
        if finding.check_id == CONTRACT and finding.verdict is Verdict.FAIL and finding.evidence and finding.code != "unexpected"
    }
    return {name: broken.get(name, "") for name in context.plan.outputs}


def _styles(context: Context) -> Iterator[tuple[str, str, str]]:
    """Each name that has one style alone, with its type."""
    settings = context.settings("naming_convention")
    names: Names = names_of(settings, context)
    one = {**settings, "style_majority": {"names": 1, "share": 1}}
    for address, name in names.by_address.items():
        style = None if name.secret else style_of([(address, name.fits_pattern)], one)
        if style is not None:
            yield context.plan.by_address[address].type, style.name, address


def latest(facts: Iterable[Facts]) -> list[Facts]:
    """Of the plans of one workspace and place, such as those of some commits, the one that was made last; in the order of workspaces."""
    found: dict[tuple[str, str], Facts] = {}
    for each in facts:
        place = (each.stamp.workspace, COMMIT.sub("", each.stamp.plan))
        known = found.setdefault(place, each)
        if _age(each) > _age(known):
            found[place] = each
    return [found[place] for place in sorted(found)]


def _age(facts: Facts) -> tuple[Any, ...]:
    """When a plan was made it says itself; none is from the future."""
    now, said = facts.stamp.judged_at, facts.stamp.planned_at
    return (min(said, now) if said else now, facts.stamp.plan)
