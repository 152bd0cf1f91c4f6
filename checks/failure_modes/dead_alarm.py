"""An alarm on a metric that no filter publishes, although one publishes a nearly identical metric."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from planproof.aws.alerts.alarms import ALARM, Watch, Watches, watches, watches_of
from planproof.aws.alerts.dimensions import dimension_names, shares_data_points
from planproof.aws.alerts.links import Link
from planproof.aws.alerts.same_metric import FILTER, same_metric
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.origin import Through


def _custom(alarm: Instance, context: Context) -> list[Watch]:
    """The metrics that it watches outside of the namespaces of AWS's own services."""
    return [w for w in watches_of(alarm, context) if not (w.get("namespace", context).text or "").startswith("AWS/")]


def _watches_custom(alarm: Instance, context: Context) -> bool:
    return bool(_custom(alarm, context))


@check(
    id="CKV_PLAN_13",
    name="Alarms watch a metric that a metric filter publishes",
    severity="HIGH",
    category="LOGGING",
    types=(ALARM,),
    applies=_watches_custom,
)
def dead_alarm(alarm: Instance, context: Context) -> Outcome:
    """An alarm on a custom metric is dead if no metric filter in the plan publishes that metric, but one publishes a nearly
    identical one. The difference may be the case of the name, one letter or word, the namespace, the region, the unit or the
    dimensions. An alarm is also dead if its `metric_name` is the name or ID of the filter instead of the name of the metric.

    Why: CloudWatch creates the alarm without an error. The alarm has no data, stays in INSUFFICIENT_DATA or OK, and never
    reports what the filter counts. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
    and https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html

    Cannot see: which metrics programs publish to a custom namespace. An alarm therefore passes if no filter publishes a
    nearly identical metric. It also passes if another alarm watches the metric of the filter, unless the two metrics differ
    only in case, punctuation, unit or dimensions.

    Fix: refer to the metric of the filter in the alarm, `metric_name =
    aws_cloudwatch_log_metric_filter.x.metric_transformation[0].name`. Do the same for `namespace`, and omit `unit`.

    Controls: CIS AWS Foundations 4, NIST 800-53 AU-6 and SI-4.
    """
    found = [_judge(watch, context) for watch in _custom(alarm, context)]
    return next((each for each in found if each.code != "metric_written"), found[0])


def _judge(watch: Watch, context: Context) -> Outcome:
    alarm = watch.alarm
    doubts: list[tuple[str, str]] = []
    nearest: _Near | None = None
    candidates = _candidates(watch, context)
    too_many = context.tries("pairs of alarm and metric filter", len(candidates))
    if too_many:
        return unknown("unknown_metric", too_many, alarm.address)
    for each in candidates:
        doubt = same_metric(watch, each, context)
        links = [*shares_data_points(watch, each, None, context)] if doubt == "" else []
        doubt = next((link.reason for link in links if link.undetermined), doubt)
        near = _near(watch, each, doubt, links, context)
        if doubt == "" and near is None:
            return passed("metric_written", f"{each.address} publishes the metric", each.address)
        if doubt:
            doubts.append((doubt, each.address))
        if near and (nearest is None or near.rank < nearest.rank):
            nearest = near
    if doubts:
        return unknown("unknown_metric", doubts[0][0], alarm.address, doubts[0][1])
    if nearest is None:
        return passed("written_elsewhere", "no metric filter in the plan publishes a nearly identical metric", alarm.address)
    left_out = next(iter(context.left_out.of_type(FILTER)), None)
    if left_out is not None:
        reason = f"-target excludes {left_out.address}, which may publish the metric; without it, {nearest.reason}"
        return unknown("unknown_metric", reason, *nearest.where)
    if nearest.doubt:
        return unknown("unknown_metric", f"{nearest.reason}; {nearest.doubt}", *nearest.where)
    return failed("dead_alarm", nearest.reason, *nearest.where)


class _Near(NamedTuple):
    """How what a filter writes differs from what the alarm watches; the lower the rank, the nearer."""

    rank: int
    reason: str
    where: tuple[str, ...]
    doubt: str = ""


def _near(watch: Watch, each: Instance, doubt: str | None, links: list[Link], context: Context) -> _Near | None:
    """`links`: what keeps the alarm from seeing the filter's data points, if the metric is the same."""
    if doubt == "":
        return _other_data_points(watch, each, links, context)
    if doubt:
        return None
    alarm = watch.alarm
    metric = context.display_value(each, "metric_transformation", 0, "name")
    is_sure = _named_after(watch, context).get(each.address)
    if is_sure is not None:
        text = f"{alarm.address}.metric_name is the name of {each.address} itself, not of the metric that it publishes, {metric}"
        around = "" if is_sure else f"there may be text around it: {context.expressions.remedy}"
        return _Near(0, text, (f"{alarm.address}.metric_name", each.address), around)
    watched = [watch.get(name, context).text for name in ("metric_name", "namespace")]
    written = [context.argument(each, "metric_transformation", 0, name).text for name in ("name", "namespace")]
    if None in watched or None in written or context.regions.same(alarm, each) is False:
        return None
    pairs = list(zip(("metric_name", "namespace"), watched, written, strict=True))
    differing = [(name, mine or "", theirs or "") for name, mine, theirs in pairs if mine != theirs]
    same_letters = all(_letters(mine) == _letters(theirs) for _, mine, theirs in differing)
    others = "" if same_letters else _watched(each, context)
    if others is None or not (same_letters or _are_near(differing)):
        return None
    name = differing[0][0]
    ours = context.display_value(each, "metric_transformation", 0, name.removeprefix("metric_"))
    text = f"{alarm.address} has {name} = {context.display_value(alarm, *watch.path, name)}, which no metric filter publishes; {each.address} publishes {ours}"
    return _Near(len(differing) + (0 if same_letters else 2), text, (f"{alarm.address}.{name}", each.address), others)


def _other_data_points(watch: Watch, each: Instance, links: list[Link], context: Context) -> _Near | None:
    """The metric is the same, and what the alarm watches of it is not written."""
    alarm = watch.alarm
    if context.regions.same(alarm, each) is False:
        text = f"{alarm.address} is in a different region from {each.address}, which publishes its metric"
        return _Near(0, text, (alarm.address, each.address))
    link = next((link for link in links if link.broken), None)
    return _Near(0, link.reason, (*link.where, each.address)) if link else None


# --- the filters that come into question ------------------------------------------------------------------------------


class _Filters:
    """The plan's metric filters by what their metrics' names may be slips of; those that differ in nothing that counts, once."""

    def __init__(self, context: Context) -> None:
        self.undetermined: list[Instance] = []
        self.by_trace: dict[str, list[Instance]] = {}
        seen = set()
        for each in context.plan.of_type(FILTER):
            texts = tuple(context.argument(each, "metric_transformation", 0, part).text for part in ("name", "namespace", "unit"))
            kind = (*texts, dimension_names(each, context), context.regions.of(each))
            if texts[0] is None or texts[1] is None:
                self.undetermined.append(each)
            elif kind not in seen:
                seen.add(kind)
                for trace in _traces(texts[0]):
                    self.by_trace.setdefault(trace, []).append(each)


def _candidates(watch: Watch, context: Context) -> list[Instance]:
    """Each once, those that are the nearest by name first."""
    name = watch.get("metric_name", context).text
    if name is None or watch.get("namespace", context).text is None:
        return context.plan.of_type(FILTER)
    index: _Filters = context.once(_Filters)
    found = {each.address: each for trace in _traces(name) for each in index.by_trace.get(trace, ())}
    named = [context.plan.by_address[address] for address in _named_after(watch, context)]
    return list({each.address: each for each in (*found.values(), *named, *index.undetermined)}.values())


def _named_after(watch: Watch, context: Context) -> dict[str, bool]:
    """The filters whose own name, or id, the alarm has for its metric's; and whether that is sure, as there is no text around it."""
    text = watch.get("metric_name", context).text
    referred = [o for o in context.origins(watch.alarm, *watch.path, "metric_name") if o.type == FILTER]
    if text is not None:
        return {each.address: True for o in referred for each in o.instances if each.get("name").text == text}
    names = [o for o in referred if o.is_itself and o.attribute in (("id",), ("name",))]
    return {o.instance.address: o.through is Through.AS_IS for o in names if o.instance}


def _watched(each: Instance, context: Context) -> str | None:
    """None if an alarm watches what the filter writes, as another alarm is then not taken for its; "" if none does, else why that cannot be
    told."""
    name, namespace = (context.argument(each, "metric_transformation", 0, part).text for part in ("name", "namespace"))
    index: Watches = context.once(watches)
    if index.by_metric.get((namespace or "", name or "")):
        return None
    return context.remembered("watched", each.address, lambda: _perhaps_watched(each, index.undetermined, context))


def _perhaps_watched(each: Instance, undetermined: list[Watch], context: Context) -> str | None:
    too_many = context.tries("pairs of alarm and metric filter", len(undetermined))
    doubts = [too_many] if too_many else [same_metric(watch, each, context) for watch in undetermined]
    return None if "" in doubts else next((f"but {doubt}" for doubt in doubts if doubt), "")


# --- what is nearly the same ------------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOST_LETTERS = 100


def _letters(text: str) -> str:
    """Without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


@lru_cache(maxsize=4096)
def _traces(text: str) -> set[str]:
    """Texts of which two names share one if a slip makes the one of the other: the letters, without each of them, without each word."""
    letters = _letters(text)[:_MOST_LETTERS]
    words = [word.lower() for word in _WORD.findall(text[:_MOST_LETTERS])]
    without_letter = {letters[:n] + letters[n + 1 :] for n in range(len(letters))}
    return {letters, *without_letter, *("".join(words[:n] + words[n + 1 :]) for n in range(len(words)))}


def _are_near(differing: list[tuple[str, str, str]]) -> bool:
    """Whether a slip makes the one of the other: the same name in another namespace, or a name, or both, with a letter or a word more."""
    if [name for name, _, _ in differing] == ["namespace"]:
        return True
    return all(_is_slip(mine, theirs) for _, mine, theirs in differing)


def _is_slip(one: str, other: str) -> bool:
    if max(len(one), len(other)) > _MOST_LETTERS:
        return False
    words = sorted(([word.lower() for word in _WORD.findall(text)] for text in (one, other)), key=len)
    if (
        words[0]
        and len(words[1]) == len(words[0]) + 1
        and any(words[1][:n] + words[1][n + 1 :] == words[0] for n in range(len(words[1])))
    ):
        return True
    short, long = sorted((_letters(one), _letters(other)), key=len)
    numbers = [re.findall(r"\d+", text) for text in (short, long)]
    return len(short) >= 4 and numbers[0] == numbers[1] and _one_edit_apart(short, long)


def _one_edit_apart(short: str, long: str) -> bool:
    """Whether a letter is added, another one, or two beside each other are swapped."""
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) == len(short) + 1:
        return short[at:] == long[at + 1 :]
    if len(long) != len(short):
        return False
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped
