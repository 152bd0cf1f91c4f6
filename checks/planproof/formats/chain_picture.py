"""The alert chain of a log bucket as a picture: what the plan has of it, and where it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from planproof.plan.addresses import without_keys
from planproof.text.escaping import one_line
from planproof.verdict import Finding, Verdict

CHECK = "CKV_PLAN_6"
_BY_ALARM = (
    ("bucket", ("aws_s3_bucket",)),
    ("trail", ("aws_cloudtrail",)),
    ("log group", ("aws_cloudwatch_log_group",)),
    ("metric filter", ("aws_cloudwatch_log_metric_filter",)),
    ("alarm", ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")),
    ("topic", ("aws_sns_topic",)),
    ("subscription", ("aws_sns_topic_subscription",)),
)
_BY_EVENT = (
    ("bucket", ("aws_s3_bucket",)),
    ("trail", ("aws_cloudtrail",)),
    ("event rule", ("aws_cloudwatch_event_rule",)),
    ("target", ("aws_cloudwatch_event_target",)),
    ("topic", ("aws_sns_topic",)),
    ("subscription", ("aws_sns_topic_subscription",)),
)
# Reason codes that are about another link than the last one that the evidence names.
_LINK_OF = {
    "no_trail": "trail",
    "no_log_group": "log group",
    "no_delivery_role": "log group",
    "unknown_log_group": "log group",
    "no_metric_filter": "metric filter",
    "unknown_metric_filter": "metric filter",
    "unknown_pattern": "metric filter",
    "no_alarm": "alarm",
    "unknown_alarm": "alarm",
    "no_rule": "event rule",
    "unknown_rule": "event rule",
    "no_rule_target": "target",
    "unknown_rule_target": "target",
    "no_alarm_actions": "topic",
    "no_topic": "topic",
    "unknown_topic": "topic",
    "unknown_key": "topic",
    "no_subscription": "subscription",
    "unknown_subscription": "subscription",
    "unknown_trail": "trail",
}
_WIDTH, _HEIGHT, _GAP, _LETTERS = 128, 58, 30, 17


def links(finding: Finding) -> list[tuple[str, str]]:
    """Each link of the chain with the address that the finding's evidence has for it; empty where it has none."""
    there = [finding.subject, *finding.evidence]
    kinds = {_type(address): address for address in reversed(there)}
    by_event = "aws_cloudwatch_event_rule" in kinds or _LINK_OF.get(finding.code) in ("event rule", "target")
    stages = _BY_EVENT if by_event else _BY_ALARM
    return [(title, next((kinds[t] for t in types if t in kinds), "")) for title, types in stages]


def _type(address: str) -> str:
    """The resource type that an address, or a path into a resource, names: `module.a["x"].aws_sns_topic.t[0].arn`."""
    return next(iter(_local(address)), "")


def _local(address: str) -> list[str]:
    """The steps of an address within its module, without keys."""
    steps = without_keys(address).split(".")
    while steps[:1] == ["module"]:
        steps = steps[2:]
    return steps


def svg(finding: Finding) -> str:
    """The picture. A broken chain has a cross before the link that is missing, or wrong."""
    found = links(finding)
    broken = len(found) if finding.verdict is Verdict.PASS else _broken(finding, [title for title, _ in found], found)
    parts = [part for n, link in enumerate(found) for part in _link(n, link, broken, finding.verdict)]
    width = len(_BY_ALARM) * (_WIDTH + _GAP) - _GAP
    label = escape(f"Alert chain of {one_line(finding.subject)}: {_told(found, broken)}")
    head = f'<svg class="chain" viewBox="0 0 {width + 2} {_HEIGHT + 2}" role="img" aria-label="{label}">'
    return f"{head}<title>{label}</title>{''.join(parts)}</svg>"


def _broken(finding: Finding, titles: Sequence[str], found: Sequence[tuple[str, str]]) -> int:
    """The link that the reason is about: by its code, else the last one of which something was found."""
    named = _LINK_OF.get(finding.code)
    if named in titles:
        return titles.index(named)
    return max((number for number, (_, address) in enumerate(found) if address and number), default=1)


def _told(found: Sequence[tuple[str, str]], broken: int) -> str:
    return "whole" if broken >= len(found) else f"breaks at the {found[broken][0]}"


def _link(number: int, link: tuple[str, str], broken: int, verdict: Verdict) -> list[str]:
    title, address = link
    x = number * (_WIDTH + _GAP) + 1
    state = "holds" if number < broken else ("open" if verdict is Verdict.UNKNOWN else "breaks") if number == broken else "beyond"
    parts = []
    if number:
        left, middle, y = x - _GAP, x - _GAP / 2, _HEIGHT / 2 + 1
        parts.append(f'<line class="{state}" x1="{left}" y1="{y:g}" x2="{x}" y2="{y:g}"/>')
        if state == "breaks":
            parts.append(f'<path class="cross" d="M{middle - 6:g} {y - 6:g}l12 12m0 -12l-12 12"/>')
    parts.append(f'<rect class="{state}" x="{x}" y="1" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>')
    shown = escape(_short(address)) or ("?" if state == "open" else "missing" if state == "breaks" else "")
    centre = x + _WIDTH / 2
    parts.append(
        f'<text class="{state}" x="{centre:g}" y="24">{title}</text><text class="name" x="{centre:g}" y="43">{shown}</text>'
    )
    return parts


def _short(address: str) -> str:
    """The resource's own name, as the whole address stands in the text below."""
    if not address:
        return ""
    name = next(iter(_local(one_line(address))[1:2]), one_line(address))
    return name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
