"""The second pass over an estate: what only all plans together show. Its work grows with the estate, and not with its square.

A finding has the check that it belongs to, with a code of its own, and the level, the severity and the exceptions that the policy has for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from planproof.check import Check
from planproof.fleet.alerts import ALERTS, judged_together
from planproof.fleet.estate import CONTRACT, Facts, Taken, latest
from planproof.fleet.judge import Judge
from planproof.fleet.table import FAILED, JUDGED, WHOLE, Row, not_judged, row, table_of
from planproof.policy.model import Policy
from planproof.verdict import MANDATORY, OFF, PLAN, SEVERITIES, Finding, Outcome, Verdict, failed, listed, passed, unknown

if TYPE_CHECKING:
    import pyarrow

NAMES, STYLES, TAGS = "CKV_PLAN_14", "CKV_PLAN_7", "CKV_PLAN_10"
_SECOND = {
    "refused": "AWS refuses to create the second",
    "replaces": "the second silently replaces the first on every apply",
    "shared": "both manage one resource, which is deleted when either is",
}
Found = tuple[Facts, str, str, Outcome]
"""Of a plan: the check, the subject and the outcome."""


def join(facts: Iterable[Facts], by: Judge) -> pyarrow.Table:
    """The findings of the estate, in the form of those of the plans, and a row for each plan as a whole."""
    plans = latest(facts)
    checks = {check.id: check for check in by.checks if by.policy.is_on(check)}
    found: list[Found] = []
    if NAMES in checks:
        found += _collisions(plans, by.policy)
    if ALERTS in checks:
        found += _alerts(plans, by)
    if CONTRACT in checks:
        found += _outputs(plans)
    if TAGS in checks:
        found += _tags(plans, by.policy)
    if STYLES in checks:
        found += _styles(plans, by.policy)
    return table_of(_rows(plans, found, checks, by.policy))


def _rows(plans: Sequence[Facts], found: Iterable[Found], checks: dict[str, Check], policy: Policy) -> Iterator[Row]:
    by_plan: dict[str, list[Finding]] = {}
    for facts, check_id, subject, outcome in found:
        check = checks[check_id]
        verdict, code, reason = policy.after_exceptions(check_id, subject, outcome)
        level = policy.level(check, outcome.code)
        if level != OFF:
            finding = Finding(check_id, verdict, subject, code, reason, policy.severity(check), (), None, None, level)
            by_plan.setdefault(facts.stamp.plan, []).append(finding)
    for facts in plans:
        if facts.problem:
            yield not_judged(facts.stamp, facts.problem)
            continue
        findings = by_plan.get(facts.stamp.plan, [])
        fails = any(f.verdict is Verdict.FAIL and f.level == MANDATORY for f in findings)
        counts = Counter(f.verdict.value for f in findings)
        reason = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items())) or "no findings"
        yield row(facts.stamp, Finding(WHOLE, Verdict.PASS, PLAN, FAILED if fails else JUDGED, reason, SEVERITIES[-1]))
        yield from (row(facts.stamp, finding) for finding in findings)


# --- names -----------------------------------------------------------------------------------------------------------


def _collisions(plans: Sequence[Facts], policy: Policy) -> Iterator[Found]:
    """The same name of two plans where AWS has one: in a partition, an account, or an account and a region."""
    types = policy.settings("name_taken_twice")["types"]
    groups: dict[tuple[str, str], list[tuple[Facts, Taken]]] = {}
    for facts in plans:
        for taken in facts.names:
            groups.setdefault((taken.kind, taken.name), []).append((facts, taken))
    for (kind, _), group in groups.items():
        if len({facts.stamp.plan for facts, _ in group}) > 1:
            rule = types[kind]
            yield from _in_group(
                group, rule.get("within", "region"), " and ".join(rule["by"]), _SECOND[rule.get("second", "refused")]
            )


def _in_group(group: Sequence[tuple[Facts, Taken]], within: str, by: str, second: str) -> Iterator[Found]:
    places: dict[tuple[str | None, ...], list[tuple[Facts, Taken]]] = {}
    for facts, taken in group:
        places.setdefault(_place(facts, taken, within), []).append((facts, taken))
    for place, here in places.items():
        others = group if None in place else here
        number = len({facts.stamp.plan for facts, _ in others})
        two = _of_two_plans(others) if number > 1 else []
        for facts, taken in here if two else ():
            other, its = next(each for each in two if each[0] is not facts)
            more = f" and of {number - 2} more" if number > 2 else ""
            same = f"{by}: same as {its.address} of the plan {other.stamp.workspace}{more}"
            if None in place:
                where = "one account and region" if within == "region" else "one account"
                outcome = unknown("unknown_account", f"{same}; the plans do not show whether they are in {where}")
            else:
                outcome = failed("name_taken_in_estate", f"{same}; {second}")
            yield facts, NAMES, taken.address, outcome


def _place(facts: Facts, taken: Taken, within: str) -> tuple[str | None, ...]:
    """Where a name can be taken once; None in it for what the plan does not tell."""
    if within == "partition":
        return (_partition(taken.region),)
    return (facts.account,) if within == "account" else (facts.account, taken.region)


def _of_two_plans(group: Sequence[tuple[Facts, Taken]]) -> list[tuple[Facts, Taken]]:
    """One instance each of the first two plans: whichever plan is asked for, one of them is another."""
    return [group[0], next(each for each in group if each[0] is not group[0][0])]


def _partition(region: str | None) -> str:
    return next((start for start in ("cn-", "us-gov-", "us-iso") if (region or "").startswith(start)), "")


# --- alerts ----------------------------------------------------------------------------------------------------------


def _alerts(plans: Sequence[Facts], by: Judge) -> Iterator[Found]:
    """The log buckets that one plan leaves open, judged with the trails, log groups and topics of the other plans of the account."""
    accounts: dict[str, list[Facts]] = {}
    for facts in plans:
        if facts.account and facts.alerts:
            accounts.setdefault(facts.account, []).append(facts)
    for group in accounts.values():
        if len(group) < 2 or not any(facts.open_buckets for facts in group):
            continue
        try:
            found = judged_together([facts.alerts for facts in group], [f.stamp.workspace for f in group], by.in_part, by.checks)
        except Exception as error:  # of a plan that nobody means well by; its text may hold a value of it
            yield from _not_compared(group, error)
            continue
        for number, finding in found:
            decided = finding.verdict in (Verdict.PASS, Verdict.FAIL) and finding.code != "no_trail"
            if decided and finding.subject in group[number].open_buckets and "(plan " in finding.reason:
                yield group[number], ALERTS, finding.subject, Outcome(finding.verdict, finding.code, finding.reason)


def _not_compared(group: Sequence[Facts], error: Exception) -> Iterator[Found]:
    reason = (
        f"the {len(group)} plans of the account cannot be judged together ({type(error).__name__}); leave out the one at fault"
    )
    for facts in group:
        yield from ((facts, ALERTS, bucket, unknown("not_compared", reason)) for bucket in facts.open_buckets)


# --- outputs ---------------------------------------------------------------------------------------------------------


def _outputs(plans: Sequence[Facts]) -> Iterator[Found]:
    """The outputs that a plan reads of the state of another: gone, or against the contract."""
    owners = {facts.state: facts for facts in plans if facts.state}
    for facts in plans:
        fine: dict[str, list[str]] = {}
        for read in facts.reads:
            owner = owners.get(read.state)
            if owner is None or owner is facts:
                continue
            whose = f"{read.output} of the plan {owner.stamp.workspace}"
            if read.output not in owner.outputs:
                text = f"reads the output {whose}, which has no such output; its next apply removes it"
                yield facts, CONTRACT, read.address, failed("output_gone", text)
            elif owner.outputs[read.output]:
                text = f"reads the output {whose}, which does not match the contract: {owner.outputs[read.output]}"
                yield facts, CONTRACT, read.address, failed("output_against_contract", text)
            else:
                fine.setdefault(read.address, []).append(whose)
        for address, whose_outputs in fine.items():
            yield facts, CONTRACT, address, passed("outputs_there", f"reads {listed(whose_outputs)}")


# --- conventions -----------------------------------------------------------------------------------------------------


def _tags(plans: Sequence[Facts], policy: Policy) -> Iterator[Found]:
    """A tag that most plans have on most of what takes tags, spelled otherwise, or missing."""
    majority = policy.settings("naming_convention")["majority"]
    tagged = [facts for facts in plans if facts.tagged]
    usual = [{key for key, number in facts.tags.items() if number * 2 > facts.tagged} for facts in tagged]
    counts = Counter(key for keys in usual for key in keys)
    common = {key: n for key, n in counts.items() if _is_majority(n, len(tagged), majority)}
    for facts, keys in zip(tagged, usual, strict=True):
        spelled = {key.lower(): key for key in sorted(facts.tags)}
        for key, number in sorted(common.items()):
            most = f"{number} of {len(tagged)} workspaces have {key!r} on most of their resources"
            if key in keys:
                continue
            other = spelled.get(key.lower())
            if other is not None and other != key:
                yield facts, TAGS, PLAN, failed("spelled_otherwise_in_estate", f"the tag key is spelled {other!r}; {most}")
            else:
                yield facts, TAGS, PLAN, failed("missing_in_estate", f"most resources lack the tag {key!r}; {most}")


def _styles(plans: Sequence[Facts], policy: Policy) -> Iterator[Found]:
    """A name in another style than most names of its type in the estate."""
    majority = policy.settings("naming_convention")["style_majority"]
    counts: dict[str, Counter[str]] = {}
    for facts in plans:
        for kind, style, _ in facts.styles:
            counts.setdefault(kind, Counter())[style] += 1
    for facts in plans:
        for kind, style, address in facts.styles:
            most, number = counts[kind].most_common(1)[0]
            total = counts[kind].total()
            if style != most and _is_majority(number, total, majority):
                text = f"the name is {style}; {number} of {total} {kind} names of the estate are {most}"
                yield facts, STYLES, address, failed("other_style_in_estate", text)


def _is_majority(number: int, total: int, demanded: dict[str, float]) -> bool:
    return total >= demanded["names"] and number >= demanded["share"] * total and number * 2 > total
