"""Which buckets' data events a CloudTrail trail logs, by its event selectors of either kind.

Rules: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html and
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html. CloudTrail refuses a bucket's ARN without the
slash behind it in a basic selector, and so a trail that has it is never made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum

from planproof.aws.s3 import BUCKET, identifier_read
from planproof.context import Context
from planproof.evaluation.arguments import Path
from planproof.evaluation.origin import Kind, deciding, lost_reason
from planproof.evaluation.result import Result, filled, items_of
from planproof.plan.model import Instance

TRAIL = "aws_cloudtrail"
OBJECTS = "AWS::S3::Object"
_ARN = re.compile(r"^arn:[^:]*:s3(?:$|:::(?P<rest>.*)$)", re.DOTALL)
_KEY = "planproof-0f3a/any-object"  # a key that no prefix of a real bucket begins


class Coverage(IntEnum):
    """How near a trail comes to logging who reads the objects of a bucket; the higher the nearer."""

    NO_DATA_EVENTS = 0
    OTHER_BUCKETS = 1
    REFUSED_ARN = 2
    PART = 3
    WRITES_ONLY = 4
    OPEN = 5
    WHOLE = 6


class Selector:
    """One selector of S3 data events, of either kind. Each field's conditions must all hold.

    `arns`: what is known of the object ARNs that it picks, each without `arn:aws:s3:::`. `undetermined`: what is known only after the
    apply and decides.
    """

    def __init__(
        self,
        fields: tuple[tuple[str, str, tuple[str, ...]], ...] = (),
        arns: Iterable[str] | None = None,
        reads: bool = True,
        undetermined: str = "",
    ) -> None:
        self.fields, self.reads, self.undetermined = fields, reads, undetermined
        self.arns = None if arns is None else frozenset(arns)
        named = [v for f, op, vs in fields if f == "resources.ARN" and "not" not in op for v in vs] if arns is None else self.arns
        self._begun = {arn.partition("/")[0] for arn in named or () if "/" in arn}  # buckets of which a part is named

    def coverage(self, name: str) -> Coverage:
        """Of the bucket with this name."""
        found = self._of_arns(name) if self.arns is not None else self._of_fields(name)
        if found is Coverage.WHOLE and not self.reads:
            found = Coverage.WRITES_ONLY
        return Coverage.OPEN if self.undetermined and found is not Coverage.WHOLE and self.reads else found

    def _of_arns(self, name: str) -> Coverage:
        if "" in (self.arns or ()) or f"{name}/" in (self.arns or ()):
            return Coverage.WHOLE
        if name in self._begun:
            return Coverage.PART
        return Coverage.REFUSED_ARN if name in (self.arns or ()) else Coverage.OTHER_BUCKETS

    def _of_fields(self, name: str) -> Coverage:
        event = {"resources.ARN": f"{name}/{_KEY}", "readOnly": "true", "eventName": "GetObject"}
        if self._picks(event):
            return Coverage.WHOLE
        if any(self._picks({**event, "readOnly": "false", "eventName": call}) for call in ("PutObject", "DeleteObject")):
            return Coverage.WRITES_ONLY
        return Coverage.PART if name in self._begun else Coverage.OTHER_BUCKETS

    def _picks(self, event: Mapping[str, str]) -> bool:
        return all(_holds(operator, event.get(name, ""), values) for name, operator, values in self.fields)

    @property
    def tells_apart(self) -> bool:
        """Whether it may cover one bucket and not another."""
        return "" not in self.arns if self.arns else any(name == "resources.ARN" for name, _, _ in self.fields)

    @property
    def buckets(self) -> set[str] | None:
        """The names of the only buckets that it can cover; None where it may cover any."""
        if self.undetermined:
            return None
        if self.arns is not None:
            return None if "" in self.arns else {arn.split("/")[0] for arn in self.arns}
        for name, operator, values in self.fields:
            if name == "resources.ARN" and operator in ("equals", "starts_with") and all("/" in v for v in values):
                return {v.split("/")[0] for v in values}
        return None


class TrailIndex:
    """The plan's trails with what they log: those of one bucket by its name, and those that may log any."""

    def __init__(self) -> None:
        self.named: dict[str, list[Instance]] = {}
        self.general: list[Instance] = []
        self.tells_apart = False
        """Whether one of those that may log any bucket may log one and not another."""
        self.selectors: dict[str, tuple[Selector, ...]] = {}


def trail_index(context: Context) -> TrailIndex:
    """Use as `context.once(trail_index)`."""
    index = TrailIndex()
    for trail in context.plan.of_type(TRAIL):
        selectors = index.selectors[trail.address] = tuple(_selectors(trail, context))
        names = [selector.buckets for selector in selectors]
        if None in names:
            index.general.append(trail)
            index.tells_apart = index.tells_apart or any(selector.tells_apart for selector in selectors)
        for name in {n for found in names for n in found or ()}:
            index.named.setdefault(name, []).append(trail)
    return index


def coverage(trail: Instance, bucket: Instance, context: Context) -> tuple[Coverage, str]:
    """How near the trail comes to logging reads of the bucket's objects, and what is open about it."""
    selectors = context.once(trail_index).selectors[trail.address]
    too_many = context.tries("pairs of event selector and bucket", len(selectors))
    if too_many:
        return Coverage.OPEN, too_many
    found = [(selector.coverage(arn_name(bucket)), selector.undetermined) for selector in selectors]
    return max(found, key=lambda pair: pair[0], default=(Coverage.NO_DATA_EVENTS, ""))


def arn_name(bucket: Instance) -> str:
    """The bucket's name, or what stands for one that is not known yet; the plan's address can be no other bucket's name. Its key may have
    a slash, which would end a name in an ARN."""
    return bucket.get("bucket").text or f"<{bucket.address}>".replace("/", "\0")


def _holds(operator: str, text: str, values: tuple[str, ...]) -> bool:
    return _TESTS[operator.removeprefix("not_")](text, values) is not operator.startswith("not_")


_TESTS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "equals": lambda text, values: text in values,
    "starts_with": lambda text, values: text.startswith(values),
    "ends_with": lambda text, values: text.endswith(values),
}


def _selectors(trail: Instance, context: Context) -> Iterator[Selector]:
    for name, read in (("event_selector", _basic), ("advanced_event_selector", _advanced)):
        value = context.argument(trail, name)
        if value.is_unknown:
            yield Selector(arns=(), undetermined=f"known after apply: {trail.address}.{name}")
        for number in range(len(value.items())):
            yield from read(trail, (name, number), context)


def _basic(trail: Instance, path: Path, context: Context) -> Iterator[Selector]:
    kind = context.argument(trail, *path, "read_write_type")
    resources = context.argument(trail, *path, "data_resource")
    unknown = next((f"known after apply: {trail.address}.{path[0]}" for v in (kind, resources) if v.is_unknown), "")
    if resources.is_unknown:
        yield Selector(arns=(), undetermined=unknown)
    for number in range(len(resources.items())):
        what = context.argument(trail, *path, "data_resource", number, "type")
        if what.text == OBJECTS or what.is_unknown:
            arns, still_open = _arns(trail, (*path, "data_resource", number, "values"), context)
            still_open = still_open or unknown or (f"known after apply: {trail.address}.{path[0]}" if what.is_unknown else "")
            yield Selector(
                arns=() if unknown or what.is_unknown else arns, reads=kind.text != "WriteOnly", undetermined=still_open
            )


# What every call to an object of S3 has in the fields that an advanced selector can ask for.
_FIXED = {"eventCategory": "Data", "resources.type": OBJECTS, "eventSource": "s3.amazonaws.com", "eventType": "AwsApiCall"}


def _advanced(trail: Instance, path: Path, context: Context) -> Iterator[Selector]:
    fields, still_open = [], ""
    conditions = context.argument(trail, *path, "field_selector")
    anything = Selector(arns=(), undetermined=f"known after apply: {trail.address}.{path[0]}")
    if conditions.is_unknown:
        yield anything
        return
    for number in range(len(conditions.items())):
        name = context.argument(trail, *path, "field_selector", number, "field")
        if name.is_unknown:
            yield anything
            return
        for operator in ("equals", "not_equals", "starts_with", "not_starts_with", "ends_with", "not_ends_with"):
            at = (*path, "field_selector", number, operator)
            if context.argument(trail, *at).is_unset:
                continue
            values, unknown = _arns(trail, at, context) if name.text == "resources.ARN" else _plain(trail, at, context)
            if unknown and name.text in _FIXED:
                yield anything
                return
            still_open = still_open or unknown
            fields.append((name.text or "", operator, tuple(values)))
    fits = all(_holds(operator, _FIXED[name], values) for name, operator, values in fields if name in _FIXED)
    if fits and any(name == "eventCategory" for name, _, _ in fields):
        yield Selector(tuple(f for f in fields if f[0] not in _FIXED), undetermined=still_open)


def _plain(trail: Instance, path: Path, context: Context) -> tuple[tuple[str, ...], str]:
    value = context.argument(trail, *path)
    unknown = f"known after apply: {trail.address}.{path[0]}" if value.has_unknown else ""
    return tuple(element.text for element in value.items() if element.text is not None), unknown


def _arns(trail: Instance, path: Path, context: Context) -> tuple[tuple[str, ...], str]:
    """The ARNs at `path`, each without `arn:aws:s3:::`, and what is open; one that refers to a bucket has its `arn_name` in it."""
    value = context.argument(trail, *path)
    known = [match["rest"] or "" for e in value.items() if e.text is not None and (match := _ARN.match(e.text))]
    if value.is_known and not value.has_unknown:
        return tuple(known), ""
    result = context.evaluated(trail, *path)
    elements = items_of(result)
    if elements is not None:
        return _of_elements(elements, trail, path, context)
    settled = context.relations.settled(result.all_origins, BUCKET) if result is not None else ()
    origins = deciding(settled)
    buckets = {i.address: i for o in origins if o.type == BUCKET for i in o.instances}
    missing = sum(1 for e in value.items() if e.is_unknown) if value.is_known else None
    exact = all(o.instance for o in origins if o.type == BUCKET)
    # `for` and splat over all instances leave the resource's name alone; an index that picks one leaves what it is made from.
    every = all(o.kind in (Kind.RESOURCE, Kind.CONSTANT) for o in origins)
    if buckets and (exact or every or missing == len(buckets)):
        return (*known, *(f"{arn_name(bucket)}/" for bucket in buckets.values())), ""
    lost = lost_reason(origins) or "the plan does not show which bucket it is"
    return tuple(known), f"{trail.address}.{path[0]} is known after apply, and {lost}"


def _of_elements(elements: list[Result], trail: Instance, path: Path, context: Context) -> tuple[tuple[str, ...], str]:
    """The ARNs as the source writes them: of `"${aws_s3_bucket.logs.arn}/private/"`, with the bucket's name in its place."""
    found: list[str] = []
    still_open = ""
    for element in elements:
        try:
            text = filled(element, lambda part: _stand_in(part, context))
        except ValueError:
            reason = next((o.reason for o in element.all_origins if o.reason), "the plan does not show which bucket it is")
            still_open = f"{trail.address}.{path[0]} is known after apply, and {reason}"
            continue
        match = _ARN.match(text) if isinstance(text, str) else None
        if match:
            found.append(match["rest"] or "")
    return tuple(found), still_open


def _stand_in(part: Result, context: Context) -> str | None:
    """What stands for a bucket's name or ARN that is not known; None for anything else."""
    origins = deciding(context.relations.settled(part.all_origins, BUCKET))
    if len(origins) != 1 or origins[0].type != BUCKET or not origins[0].instance or not origins[0].is_itself:
        return None
    return identifier_read(origins[0], arn_name(origins[0].instance))
