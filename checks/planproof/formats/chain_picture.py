"""The alert chain of a log bucket as a row of boxes: what the plan has of it, and where it breaks. On a narrow screen the row stands upright."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from planproof.plan.addresses import without_keys
from planproof.text.escaping import one_line
from planproof.verdict import Finding, Verdict

CHECK = "CKV_PLAN_6"
_TOPIC = ("aws_sns_topic", "aws_lambda_function", "aws_lambda_alias", "aws_ssmincidents_response_plan")
_SUBSCRIPTION = (
    "aws_sns_topic_subscription",
    "aws_chatbot_slack_channel_configuration",
    "aws_chatbot_teams_channel_configuration",
)
_BY_ALARM = (
    ("bucket", ("aws_s3_bucket",)),
    ("trail", ("aws_cloudtrail",)),
    ("log group", ("aws_cloudwatch_log_group",)),
    ("metric filter", ("aws_cloudwatch_log_metric_filter",)),
    ("alarm", ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")),
    ("topic", _TOPIC),
    ("subscription", _SUBSCRIPTION),
)
_BY_EVENT = (
    ("bucket", ("aws_s3_bucket",)),
    ("trail", ("aws_cloudtrail",)),
    ("event rule", ("aws_cloudwatch_event_rule",)),
    ("target", ("aws_cloudwatch_event_target",)),
    ("topic", _TOPIC),
    ("subscription", _SUBSCRIPTION),
)
_BY_FINDING = (("bucket", ("aws_s3_bucket",)), ("detector", ("aws_guardduty_detector",)), *_BY_EVENT[2:])
# The link that each reason code is about; those of a pattern are about the filter or the rule, whichever it is.
_LINK_OF = {
    code: link
    for link, codes in {
        "trail": "no_trail no_data_events bucket_not_covered only_part_covered "
        "only_writes_covered trail_not_logging trail_elsewhere unknown_trail",
        "log group": "no_log_group no_delivery_role log_group_without_star "
        "log_group_elsewhere log_class_without_filters unknown_log_group",
        "metric filter": "no_metric_filter unknown_metric_filter counts_nothing",
        "alarm": "no_alarm wrong_metric wrong_unit period_too_long "
        "too_many_periods cannot_trip always_in_alarm actions_off unknown_alarm",
        "event rule": "no_rule rule_disabled rule_on_other_bus rule_elsewhere unknown_rule",
        "target": "no_rule_target unknown_rule_target",
        "topic": "no_alarm_actions no_topic topic_elsewhere fifo_topic function_elsewhere function_refuses "
        "aws_managed_key key_elsewhere key_refuses topic_refuses unknown_topic unknown_key unknown_action",
        "subscription": "no_subscription subscription_elsewhere subscription_filters unknown_subscription",
        "detector": "unknown_detector",
    }.items()
    for code in codes.split()
}

STYLE = """
.chain{margin:.75rem 0}
.chain ol{display:flex;gap:1.1rem;list-style:none;margin:0;padding:0}
.chain li{flex:1 1 0;min-width:0;position:relative;border:1.5px solid;border-radius:6px;padding:.35rem .3rem;background:var(--page);
text-align:center;font-size:.8rem;line-height:1.35}
.chain b{display:block;color:var(--ink)}.chain .name{font-size:.75rem;color:var(--soft)}
.chain .holds{border-color:var(--pass);color:var(--pass)}.chain .breaks{border:1.5px dashed var(--fail);color:var(--fail)}
.chain .open{border:1.5px dashed var(--unknown);color:var(--unknown)}.chain .beyond{border-color:var(--line);color:var(--line)}
.chain .beyond b{color:var(--soft)}
.chain li+li::before{content:"";position:absolute;right:100%;top:50%;width:1.1rem;border-top:2.5px solid}
.chain .breaks::before,.chain .open::before{border-top-style:dashed!important}
.chain .breaks::after{content:"✗";position:absolute;right:100%;top:50%;width:1.1rem;transform:translateY(-50%);font-weight:700;font-size:1.1rem}
@media screen and (max-width:56rem){
.chain ol{flex-direction:column;gap:1.1rem}
.chain li{flex:none;text-align:left;padding:.35rem .75rem}
.chain b{display:inline;margin-right:.5em}
.chain li+li::before{right:auto;left:1.25rem;top:auto;bottom:100%;width:0;height:1.1rem;border-top:0;border-left:2.5px solid}
.chain .breaks::before,.chain .open::before{border-left-style:dashed!important}
.chain .breaks::after{right:auto;left:1.25rem;top:auto;bottom:100%;transform:translate(-45%,.15rem)}}
"""


def links(finding: Finding) -> list[tuple[str, str]]:
    """Each link of the chain with the address that the finding's evidence has for it; empty where it has none."""
    there = [finding.subject, *(where for where in finding.evidence if "." in where)]  # a type alone is what the plan lacks
    kinds = {_type(address): address for address in reversed(there)}
    by_event = "aws_cloudwatch_event_rule" in kinds or _LINK_OF.get(finding.code) in ("event rule", "target")
    stages = _BY_FINDING if "aws_guardduty_detector" in kinds else _BY_EVENT if by_event else _BY_ALARM
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


def picture(finding: Finding) -> str:
    """The boxes. A broken chain has a cross before the link that is missing, or wrong."""
    found = links(finding)
    broken = len(found) if finding.verdict is Verdict.PASS else _broken(finding, [title for title, _ in found], found)
    boxes = "".join(_link(n, link, broken, finding.verdict) for n, link in enumerate(found))
    label = escape(f"Alert chain of {one_line(finding.subject)}: {_told(found, broken)}")
    return f'<figure class="chain" aria-label="{label}"><ol>{boxes}</ol></figure>'


def _broken(finding: Finding, titles: Sequence[str], found: Sequence[tuple[str, str]]) -> int:
    """The link that the reason is about: by its code, else the last one of which something was found."""
    of_pattern = "event rule" if "event rule" in titles else "metric filter"
    named = of_pattern if "pattern" in finding.code else _LINK_OF.get(finding.code)
    if named in titles:
        return titles.index(named)
    return max((number for number, (_, address) in enumerate(found) if address and number), default=1)


def _told(found: Sequence[tuple[str, str]], broken: int) -> str:
    return "whole" if broken >= len(found) else f"breaks at the {found[broken][0]}"


def _link(number: int, link: tuple[str, str], broken: int, verdict: Verdict) -> str:
    title, address = link
    at_fault = "open" if verdict is Verdict.UNKNOWN else "breaks"
    state = "holds" if number < broken else at_fault if number == broken else "beyond"
    shown = escape(_short(address)) or {"open": "?", "breaks": "missing"}.get(state, "")
    return f'<li class="{state}"><b>{title}</b><code class="name">{shown}</code></li>'


def _short(address: str) -> str:
    """The resource's own name, as the whole address stands in the text below."""
    if not address:
        return ""
    return next(iter(_local(one_line(address))[1:2]), one_line(address))
