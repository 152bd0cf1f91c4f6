"""Whether a pattern tells denied access to a bucket from what happens every day: it is tried on sample CloudTrail records.

It has to match a denied read of an object, which is what a trail's data events are there for, and none of the ordinary records.
The samples are filled in with the bucket's name and region; a name that is known only after apply has a stand-in, which
replaces it in the pattern too where the source tells where it goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.aws.alerts import event_pattern, filter_pattern
from planproof.aws.alerts.findings import findings
from planproof.aws.alerts.sample_records import Sample, samples
from planproof.aws.s3 import BUCKET, identifier_read
from planproof.context import Context
from planproof.errors import PatternError
from planproof.evaluation.origin import Kind, Through, deciding, lost_reason
from planproof.evaluation.result import Result, filled
from planproof.plan.model import Instance

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_REGION = re.compile(r"\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-[a-z]+)+-\d\b")
_BUCKET = re.compile(r"(?<![\w.*-])(?:arn:[\w-]+:s3:::)?([a-z0-9][a-z0-9.*-]{2,62})(?![\w-])")
_STAND_IN = "planproof-0f3a7c"
_TRIED = 20
CONDITIONS = "conditions of patterns"
"""What is counted where a pattern is tried: about ten fields of an event."""

Record = Mapping[str, Any]
Samples = Callable[[str, str, str], tuple[Any, ...]]


class _Trial(NamedTuple):
    """A compiled pattern, with the samples that it is tried on, as `_samples` has them. `size`: how many conditions it has."""

    matches: Callable[[Any], bool]
    samples: Samples
    size: int


class Judgement(Enum):
    FITS = "fits"
    REFUSED = "AWS refuses it"
    MISSES = "it misses denied access"
    NOISE = "it matches ordinary calls"
    OPEN = "the plan does not tell"


def judge_filter_pattern(metric_filter: Instance, bucket: Instance, context: Context) -> tuple[Judgement, str]:
    """A metric filter's `pattern`, with a reason that goes on from the attribute's name."""
    if context.argument(metric_filter, "pattern").is_unset:
        return Judgement.NOISE, "is empty, which matches every event"
    return _judge(metric_filter, "pattern", bucket, _filter_trial, context)


def judge_event_pattern(rule: Instance, bucket: Instance, context: Context) -> tuple[Judgement, str]:
    """An EventBridge rule's `event_pattern`, likewise."""
    return _judge(rule, "event_pattern", bucket, _event_trial, context)


def judge_finding_pattern(rule: Instance, bucket: Instance, context: Context) -> tuple[Judgement, str]:
    """An EventBridge rule's `event_pattern`, as one for GuardDuty's findings on the bucket."""
    value = context.argument(rule, "event_pattern")
    text = value.text if value.is_known else _written(rule, "event_pattern", bucket, context)
    if text is None:
        return Judgement.OPEN, _why_unknown(rule, "event_pattern", context)
    regions = [context.regions.name(bucket) or "us-east-1", *_REGION.findall(text)[:_TRIED]]
    try:
        pattern = None if context.tries(CONDITIONS, 0) else event_pattern.compile(text)
    except PatternError as error:
        return Judgement.REFUSED, f"is rejected by AWS: {error}"
    too_many = context.tries(CONDITIONS, (1 + pattern.size // 10) * len(regions) if pattern else 0)
    if pattern is None or too_many:
        return Judgement.OPEN, f"was not tried: {too_many}"
    events = (e for account in _accounts(text) for region in regions for e in findings(bucket, account, region))
    if any(pattern.matches(event) for event in events):
        return Judgement.FITS, ""
    return Judgement.MISSES, "does not match GuardDuty findings about unauthorized reads of the bucket"


def denied_reads(bucket: Instance, context: Context) -> list[Record]:
    """Events of denied reads of the bucket's objects, as EventBridge sends them."""
    events = _samples(_name(bucket), "111122223333", context.regions.name(bucket) or "us-east-1")
    return [event_pattern.envelope(e.record) for e in events if _is_denied_read(e)]


@lru_cache(maxsize=2048)
def _filter_trial(text: str) -> _Trial:
    pattern = filter_pattern.compile(text)
    return _Trial(pattern.matches, _records, 1 + len(text) // 100 + pattern.repeats // 2)


@lru_cache(maxsize=2048)
def _event_trial(text: str) -> _Trial:
    pattern = event_pattern.compile(text)
    return _Trial(lambda event: event is not None and pattern.holds(event), _events, 1 + pattern.size // 10)


def _judge(
    instance: Instance, attribute: str, bucket: Instance, compiled: Callable[[str], _Trial], context: Context
) -> tuple[Judgement, str]:
    value = context.argument(instance, attribute)
    text = value.text if value.is_known else _written(instance, attribute, bucket, context)
    if text is None:
        return Judgement.OPEN, _why_unknown(instance, attribute, context)
    accounts = _accounts(text)
    try:
        trial = None if context.tries(CONDITIONS, 0) else compiled(text)
    except PatternError as error:
        return Judgement.REFUSED, f"is rejected by AWS: {error}"
    too_many = context.tries(CONDITIONS, trial.size * len(accounts) if trial else 0)
    if trial is None or too_many:
        return Judgement.OPEN, f"was not tried: {too_many}"
    name, region = _name(bucket) if _looks_at_names(text) else _STAND_IN, context.regions.name(bucket)
    found = [_try(trial, name, account, region or "us-east-1") for account in accounts]
    best = min(found, key=lambda pair: _BEST.index(pair[0]))
    doubt = _doubt(text, trial, name, bucket, region, context) if best[0] is Judgement.MISSES else ""
    return (Judgement.OPEN, doubt) if doubt else best


_BEST = (Judgement.FITS, Judgement.NOISE, Judgement.MISSES)


@lru_cache(maxsize=8192)
def _try(trial: _Trial, bucket: str, account: str, region: str) -> tuple[Judgement, str]:
    tried = list(zip(_samples(bucket, account, region), trial.samples(bucket, account, region), strict=True))
    ordinary = next((e for e, event in tried if e.access == "ordinary" and trial.matches(event)), None)
    what = f"routine events ({ordinary.name}: {ordinary.about})" if ordinary else ""
    if not any(trial.matches(event) for (_, event), is_denied in zip(tried, _denied(), strict=True) if is_denied):
        return Judgement.MISSES, f"does not match denied object reads{f' and does match {what}' if what else ''}"
    return (Judgement.NOISE, f"matches both denied access and {what}") if what else (Judgement.FITS, "")


@lru_cache(maxsize=1)
def _denied() -> tuple[bool, ...]:
    """Which of the samples are denied reads, whatever the bucket."""
    return tuple(map(_is_denied_read, _samples(_STAND_IN, "111122223333", "us-east-1")))


def _is_denied_read(sample: Sample) -> bool:
    is_object = any(
        resource.get("type") == "AWS::S3::Object" and "ARN" in resource for resource in sample.record.get("resources") or ()
    )
    return sample.is_unauthorized and is_object and sample.record.get("readOnly") is True


@lru_cache(maxsize=256)
def _samples(bucket: str, account: str, region: str) -> tuple[Sample, ...]:
    return samples(bucket, account=account, region=region)


def _records(*about: str) -> tuple[Record, ...]:
    """The samples as CloudTrail writes them."""
    return tuple(e.record for e in _samples(*about))


@lru_cache(maxsize=256)
def _events(*about: str) -> tuple[Record | None, ...]:
    """The samples as a rule gets them; None for one that it does not get."""
    return tuple(
        event_pattern.undotted(event_pattern.envelope(e.record)) if event_pattern.is_delivered(e.record) else None
        for e in _samples(*about)
    )


def _accounts(text: str) -> list[str]:
    """Whose account the events are of: one that the pattern names is taken for the right one."""
    return list(dict.fromkeys(_ACCOUNT.findall(text)))[:_TRIED] or ["111122223333"]


def _name(bucket: Instance) -> str:
    return bucket.get("bucket").text or f"{bucket.get('bucket_prefix').text or ''}{_STAND_IN}"


def _doubt(text: str, trial: _Trial, name: str, bucket: Instance, region: str | None, context: Context) -> str:
    """Why the pattern may match after the apply, though it does not match the samples; "" where it cannot."""
    names = [name]
    if _looks_at_names(text) and not bucket.get("bucket").is_known:
        taken = context.once(_known_names)
        inside = (found.replace("*", "x") for found in _BUCKET.findall(text))
        names += [name for name in dict.fromkeys(inside) if name not in taken][:_TRIED]
    regions = [region or "us-east-1", *([] if region else dict.fromkeys(_REGION.findall(text)))]
    for name in names:
        for place in regions[:_TRIED]:
            if any(_try(trial, name, account, place)[0] is Judgement.FITS for account in _accounts(text)):
                what = "bucket's name" if name != names[0] else "bucket's region"
                return f"matches only one {what.split()[-1]}, and the {what} is known after apply"
    return ""


def denied_read_has(selector: str, value: str | None, bucket: Instance, context: Context) -> bool | None:
    """Whether a denied read of the bucket has that value in the field that the selector (`$.requestParameters.bucketName`) names; None if
    that cannot be told. `value`: None stands for the bucket's own name."""
    name = _name(bucket)
    wanted = name if value is None else value
    if not re.fullmatch(r"[^\"\\*\s][^\"\\*]*", wanted):
        return None
    try:
        matches = _filter_trial(f'{{ {selector} = "{wanted}" }}').matches
    except PatternError:
        return None
    region = context.regions.name(bucket)
    places = [region] if region else ["us-east-1", *_REGION.findall(wanted)]
    tried = ((name, account, place) for account in _accounts(wanted) for place in places[:_TRIED])
    if any(matches(e.record) for each in tried for e in _samples(*each) if _is_denied_read(e)):
        return True
    named_later = value is not None and not bucket.get("bucket").is_known and _looks_at_names(f"{{ {selector} = 1 }}")
    return None if named_later and value not in context.once(_known_names) else False


def seen_after(bucket: Instance, context: Context) -> Hashable:
    """Equal for two buckets that all alarms and subscriptions of the plan judge alike."""
    return seen_as(bucket, context) if context.once(_values_count) else None


def _values_count(context: Context) -> bool:
    """Whether an alarm or a subscription may see the events of one bucket and not of another."""
    filters = context.plan.of_type("aws_cloudwatch_log_metric_filter")
    subscriptions = context.plan.of_type("aws_sns_topic_subscription")
    return any(context.argument(each, "metric_transformation", 0, "dimensions").names() for each in filters) or any(
        not context.argument(each, "filter_policy").is_unset for each in subscriptions
    )


def seen_as(bucket: Instance, context: Context) -> Hashable:
    """Equal for two buckets that all filters and rules of the plan judge alike: their regions are, and no pattern looks at names."""
    is_set, region = bucket.configured("region"), bucket.get("region").text
    where = (context.plan.provider_key(bucket), is_set, region or (bucket.address if is_set else ""))
    return where, bucket.address if context.once(_names_count) else ""


def _names_count(context: Context) -> bool:
    patterns = [
        context.argument(each, attribute)
        for kind, attribute in (("aws_cloudwatch_log_metric_filter", "pattern"), ("aws_cloudwatch_event_rule", "event_pattern"))
        for each in context.plan.of_type(kind)
    ]
    return context.once(_values_count) or any(value.is_unknown or _looks_at_names(value.text or "{}") for value in patterns)


def _looks_at_names(pattern: str) -> bool:
    """Whether a pattern may tell buckets apart: one of words, or one with a field in which an event has the bucket's name."""
    text = pattern.lower()
    return (
        not text.lstrip().startswith("{") or "\\" in text or ".*" in text or any(field in text for field in _fields_with_names())
    )


@lru_cache(maxsize=1)
def _fields_with_names() -> frozenset[str]:
    found: set[str] = set()
    pending: list[tuple[str, Any]] = [("", sample.record) for sample in _samples(_STAND_IN, "111122223333", "us-east-1")]
    while pending:
        field, part = pending.pop()
        if isinstance(part, dict):
            pending += part.items()
        elif isinstance(part, list):
            pending += [(field, element) for element in part]
        elif _STAND_IN in str(part):
            found.add(field.lower())
    return frozenset(found)


def _known_names(context: Context) -> set[str]:
    return {bucket.get("bucket").text or "" for bucket in context.plan.of_type(BUCKET)}


# --- patterns that are known only after apply ---------------------------------------------------------------------


def _written(instance: Instance, attribute: str, bucket: Instance, context: Context) -> str | None:
    """The pattern as the source writes it, with every part in its place; None if one of them is not known."""
    result = context.evaluated(instance, attribute)
    try:
        text = filled(result, lambda part: _stand_in(part, bucket, context)) if result is not None else None
    except (ValueError, RecursionError):
        return None
    return text if isinstance(text, str) else None


def _stand_in(part: Result, bucket: Instance, context: Context) -> str | None:
    """What stands in a pattern for the name or ARN of a bucket; None for anything else that is not known."""
    origins = deciding(part.all_origins)
    if len(origins) != 1 or origins[0].type != BUCKET or not origins[0].instance or origins[0].through is not Through.AS_IS:
        return None
    name = _name(bucket) if origins[0].instance is bucket else f"another-{origins[0].instance.address}"
    return identifier_read(origins[0], name)


def _why_unknown(instance: Instance, attribute: str, context: Context) -> str:
    origins = context.origins(instance, attribute)
    made_of = [o.display_name for o in origins if o.kind is Kind.RESOURCE]
    lost = lost_reason(origins)
    what = f" (built from {', '.join(dict.fromkeys(made_of))})" if made_of else f": {lost}" if lost else ""
    return f"is known after apply{what}{'' if context.source or lost else '; provide the source'}"
