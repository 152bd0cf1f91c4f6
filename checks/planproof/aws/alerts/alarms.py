"""CloudWatch alarms: which metrics one watches, and whether one event in a period brings it to ALARM.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html and, for data that is missing,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.evaluation.arguments import Path
from planproof.plan.model import Instance
from planproof.plan.value import Value

ALARM = "aws_cloudwatch_metric_alarm"
COMPOSITE = "aws_cloudwatch_composite_alarm"

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_FINEST = 60  # seconds: a filter's default value is reported for each minute with log events and no match


class Watch(NamedTuple):
    """A metric that an alarm watches: the alarm's own, or that of one of its `metric_query` blocks (`path`)."""

    alarm: Instance
    path: Path = ()
    query: str = ""

    def get(self, name: str, context: Context) -> Value:
        """`metric_name`, `namespace`, `dimensions`, `unit`, `period`; `stat` stands for the statistic of either kind."""
        return context.argument(self.alarm, *self.place(name, context))

    def place(self, name: str, context: Context) -> Path:
        """Where the alarm says it."""
        if name == "stat" and not self.path:
            plain = context.argument(self.alarm, "statistic")
            return ("extended_statistic",) if plain.is_unset else ("statistic",)
        return (*self.path, name)


class Watches:
    """All metrics that alarms watch: by namespace and name, by name in lower case, and those known only after apply."""

    def __init__(self) -> None:
        self.by_metric: dict[tuple[str, str], list[Watch]] = {}
        self.by_name: dict[str, list[Watch]] = {}
        self.undetermined: list[Watch] = []


def watches(context: Context) -> Watches:
    """Use as `context.once(watches)`."""
    found = Watches()
    for alarm in context.plan.of_type(ALARM):
        for watch in watches_of(alarm, context):
            name, namespace = watch.get("metric_name", context), watch.get("namespace", context)
            if name.text is None or namespace.text is None:
                found.undetermined.append(watch)
                continue
            found.by_metric.setdefault((namespace.text, name.text), []).append(watch)
            found.by_name.setdefault(name.text.lower(), []).append(watch)
    return found


def watches_of(alarm: Instance, context: Context) -> Iterator[Watch]:
    """The metrics that one alarm watches."""
    if not context.argument(alarm, "metric_name").is_unset:
        yield Watch(alarm)
    for number, query in enumerate(context.argument(alarm, "metric_query").items()):
        if query.get("metric").items() or query.get("metric").is_unknown:
            yield Watch(alarm, ("metric_query", number, "metric", 0), query.get("id").text or "")


class Trouble(NamedTuple):
    """Why an alarm does not do what is wanted, or (`undetermined`) why that cannot be told."""

    code: str
    reason: str
    attribute: str
    undetermined: bool = False


def troubles(watch: Watch, weight: float, default: float | None, settings: Mapping[str, Any], context: Context) -> list[Trouble]:
    """All that keeps the alarm from going off by one event, within the policy's limits.

    `weight` is what the filter adds to the metric for an event, `default` what it reports where nothing matched.
    """
    alarm = watch.alarm
    names = ("evaluation_periods", "datapoints_to_alarm", "comparison_operator", "threshold", "treat_missing_data")
    values = {name: context.argument(alarm, name) for name in names}
    values |= {name: watch.get(name, context) for name in ("period", "stat")}
    unknown = next((name for name, value in values.items() if value.is_unknown), None)
    if unknown:
        return [Trouble("unknown_alarm", f"{alarm.address}.{unknown} is known after apply", unknown, undetermined=True)]
    shown = {name: context.display_value(alarm, name) for name in names}
    shown |= {name: context.display_value(alarm, *watch.place(name, context)) for name in ("period", "stat")}
    through = _through(watch, context)
    at_last = through if isinstance(through, Trouble) else _trips(alarm, values, shown, weight, default, fills=through)
    return [*_slow(alarm, values, shown, settings), *([at_last] if at_last else [])]


def _slow(
    alarm: Instance, values: Mapping[str, Value], shown: Mapping[str, str], settings: Mapping[str, Any]
) -> Iterator[Trouble]:
    period, most = values["period"].number or 0, settings["max_period"]
    if period > most:
        text = f"{alarm.address} has a period of {shown['period']} seconds; the policy allows at most {most:g}"
        yield Trouble("period_too_long", text, "period")
    attribute = "datapoints_to_alarm" if values["datapoints_to_alarm"].number else "evaluation_periods"
    needed, most = values[attribute].number or 1, settings["max_evaluation_periods"]
    if needed > most:
        text = f"{alarm.address} goes into ALARM after {shown[attribute]} periods with an event ({attribute}); the policy allows at most {most:g}"
        yield Trouble("too_many_periods", text, attribute)


def _trips(
    alarm: Instance, values: Mapping[str, Value], shown: Mapping[str, str], weight: float, default: float | None, fills: bool
) -> Trouble | None:
    compare = _COMPARE.get(values["comparison_operator"].text or "")
    threshold, statistic = values["threshold"].number, values["stat"].text or ""
    if compare is None or threshold is None:
        text = f"{alarm.address} uses anomaly detection, so the plan does not show what triggers it"
        return Trouble("unknown_alarm", text, "comparison_operator", undetermined=True)
    periods = max(int((values["period"].number or _FINEST) // _FINEST), 1)
    busy = _statistic(statistic, [weight, *[default] * (periods - 1)] if default is not None else [weight])
    quiet = _statistic(statistic, [default] * periods) if default is not None else 0.0 if fills else None
    what = " ".join(shown[name].strip('"') for name in ("stat", "comparison_operator", "threshold"))
    if not compare(busy, threshold):
        text = f"{alarm.address} does not trigger on one event: {what}, and one event yields {busy:g}"
        return Trouble("cannot_trip", text, "threshold")
    if (quiet is not None and compare(quiet, threshold)) or (quiet is None and values["treat_missing_data"].text == "breaching"):
        why = f"{what} is true without any event" if quiet is not None else "treat_missing_data = breaching"
        text = f"{alarm.address} is always in ALARM ({why}), so an event changes nothing"
        return Trouble("always_in_alarm", text, "threshold" if quiet is not None else "treat_missing_data")
    return None


def _statistic(name: str, points: list[float]) -> float:
    """The value of a statistic over data points; of a percentile or trimmed one that is not the highest, the lowest it can be."""
    if name == "Sum":
        return sum(points)
    if name == "SampleCount":
        return float(len(points))
    if name == "Average":
        return sum(points) / len(points)
    return max(points) if name in ("Maximum", "p100") else min(points)


# --- metric math ------------------------------------------------------------------------------------------------------

_SUM = re.compile(r"^(?:(?:SUM|MAX)\((?:METRICS\(\)|\[(?P<list>[\w,]+)\])\)|(?P<plus>\w+(?:\+\w+)*))$", re.IGNORECASE)
_FILL = re.compile(r"\bFILL\((\w+),\d+(?:\.\d+)?\)", re.IGNORECASE)


class _Compared(NamedTuple):
    """What an alarm with several queries compares: the query's id and its expression, and the ids that this adds up."""

    query: str = ""
    expression: str = ""
    added: frozenset[str] = frozenset()
    is_unknown: bool = False


def _compared(alarm: Instance, context: Context) -> _Compared | None:
    """None if it has one query alone, or compares none."""
    queries = context.argument(alarm, "metric_query").items()
    if any(query.get(name).is_unknown for query in queries for name in ("id", "expression", "return_data")):
        return _Compared(is_unknown=True)
    found = next((q for q in queries if q.get("return_data").raw is True), queries[0] if len(queries) == 1 else None)
    if found is None:
        return None
    expression = found.get("expression").text or ""
    match = _SUM.match(_FILL.sub(r"\1", re.sub(r"\s", "", expression)))
    added = re.split(r"[,+]", match["list"] or match["plus"] or "") if match else []
    return _Compared(found.get("id").text or "", expression, frozenset(added), False)


def _through(watch: Watch, context: Context) -> bool | Trouble:
    """Whether what the alarm compares has 0 where the metric has no data; Trouble where it is not the metric that it compares."""
    if not watch.path:
        return False
    compared = context.remembered("compared", watch.alarm.address, lambda: _compared(watch.alarm, context))
    if compared is not None and compared.is_unknown:
        text = f"the metric that {watch.alarm.address} compares is known after apply"
        return Trouble("unknown_alarm", text, "metric_query", undetermined=True)
    if compared is None or compared.query == watch.query:
        return False
    if compared.added and (watch.query in compared.added or "METRICS()" in compared.expression.upper()):
        return bool(_FILL.search(re.sub(r"\s", "", compared.expression)))
    text = f"{watch.alarm.address} compares the metric math {compared.expression}, which planproof does not evaluate"
    return Trouble("unknown_alarm", text, "metric_query", undetermined=True)


# --- composite alarms -------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:(AND|OR|NOT|TRUE|FALSE|[()])|(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?(.*?)["']?\s*\))\s*""", re.DOTALL
)


_MOST_CHILDREN, _MOST_ELEMENTS, _LONGEST_RULE = 100, 500, 10_240
"""AWS refuses a rule with more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""


def composites(context: Context) -> dict[str, list[Instance]]:
    """By a metric alarm's name or ARN: the composite alarms that go off where it alone does. Use as `context.once(composites)`."""
    found: dict[str, list[Instance]] = {}
    for composite in context.plan.of_type(COMPOSITE):
        for name in _set_off(context.argument(composite, "alarm_rule").text or ""):
            found.setdefault(name.rsplit(":alarm:", 1)[-1], []).append(composite)
    return found


def goes_off(rule: str, name: str) -> bool:
    """Whether the rule holds where the alarm of that name is in ALARM and all others are OK."""
    tokens = _tokens(rule)
    return tokens is not None and _holds(tokens, name)


def _set_off(rule: str) -> set[str]:
    """The alarms of which each sets off the rule alone."""
    tokens = _tokens(rule) or ()
    return {name for name in {name for _, state, name in tokens if state} if _holds(tokens, name)}


_Tokens = Sequence[tuple[str, str, str]]


def _tokens(rule: str) -> _Tokens | None:
    """The words of a rule, and the states that it asks for with the alarms' names; None if AWS refuses it."""
    found: list[tuple[str, str, str]] = []
    at = 0
    rule = rule.rstrip()
    while at < len(rule) <= _LONGEST_RULE:
        match = _TOKEN.match(rule, at)
        if match is None:
            return None
        found.append((match[1] or "", match[2] or "", match[3] or ""))
        at = match.end()
    elements = sum(word not in ("AND", "OR", "NOT") for word, _, _ in found)
    children = len({name for _, state, name in found if state})
    return found if at and elements <= _MOST_ELEMENTS and children <= _MOST_CHILDREN else None


def _holds(rule: _Tokens, name: str) -> bool:
    tokens = [
        word if word else (other == name) == (state == "ALARM") and state != "INSUFFICIENT_DATA"
        for word, state, other in reversed(rule)
    ]
    try:
        return _either(tokens) and not tokens
    except (IndexError, RecursionError):
        return False


def _either(tokens: list[bool | str]) -> bool:
    """Takes from the end, where the rule begins."""
    found = _both(tokens)
    while tokens[-1:] == ["OR"]:
        tokens.pop()
        found = _both(tokens) or found
    return found


def _both(tokens: list[bool | str]) -> bool:
    found = _one(tokens)
    while tokens[-1:] == ["AND"]:
        tokens.pop()
        found = _one(tokens) and found
    return found


def _one(tokens: list[bool | str]) -> bool:
    token = tokens.pop()
    if token == "NOT":
        return not _one(tokens)
    if token == "(":
        found = _either(tokens)
        tokens.pop()
        return found
    return token is True or token == "TRUE"
