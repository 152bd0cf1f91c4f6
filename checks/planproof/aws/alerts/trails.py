"""Which buckets' data events a CloudTrail trail logs, by its event selectors of either kind.

Rules: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html and
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html. CloudTrail refuses a bucket's ARN without the
slash behind it in a basic selector, and so a trail that has it is never made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

from planproof.aws.s3 import BUCKET
from planproof.context import Context
from planproof.plan.model import Instance
from planproof.plan.origin import Kind, Origin
from planproof.source.arguments import Path, nested_blocks
from planproof.source.expressions import expression_of, parts

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


class Selector(NamedTuple):
    """One selector of S3 data events, of either kind. Each field's conditions must all hold.

    `arns`: what is known of the object ARNs that it picks, each without `arn:aws:s3:::`. `undetermined`: what is known only after the
    apply and decides.
    """

    fields: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    arns: tuple[str, ...] | None = None
    reads: bool = True
    undetermined: str = ""

    def coverage(self, name: str) -> Coverage:
        """Of the bucket with this name."""
        found = self._of_arns(name) if self.arns is not None else self._of_fields(name)
        if found is Coverage.WHOLE and not self.reads:
            found = Coverage.WRITES_ONLY
        return Coverage.OPEN if self.undetermined and found is not Coverage.WHOLE and self.reads else found

    def _of_arns(self, name: str) -> Coverage:
        if "" in (self.arns or ()) or f"{name}/" in (self.arns or ()):
            return Coverage.WHOLE
        if any(arn.startswith(f"{name}/") for arn in self.arns or ()):
            return Coverage.PART
        return Coverage.REFUSED_ARN if name in (self.arns or ()) else Coverage.OTHER_BUCKETS

    def _of_fields(self, name: str) -> Coverage:
        event = {"resources.ARN": f"{name}/{_KEY}", "readOnly": "true", "eventName": "GetObject"}
        if self._picks(event):
            return Coverage.WHOLE
        if any(self._picks({**event, "readOnly": "false", "eventName": call}) for call in ("PutObject", "DeleteObject")):
            return Coverage.WRITES_ONLY
        inside = [v for f, op, vs in self.fields if f == "resources.ARN" and "not" not in op for v in vs]
        return Coverage.PART if any(v.startswith(f"{name}/") for v in inside) else Coverage.OTHER_BUCKETS

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
    found = [(selector.coverage(arn_name(bucket)), selector.undetermined) for selector in selectors]
    return max(found, key=lambda pair: pair[0], default=(Coverage.NO_DATA_EVENTS, ""))


def arn_name(bucket: Instance) -> str:
    """The bucket's name, or what stands for one that is not known yet; the plan's address can be no other bucket's name."""
    return bucket.get("bucket").text or f"<{bucket.address}>"


def _holds(operator: str, text: str, values: tuple[str, ...]) -> bool:
    return any(_TESTS[operator.removeprefix("not_")](text, value) for value in values) is not operator.startswith("not_")


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda text, value: text == value,
    "starts_with": lambda text, value: text.startswith(value),
    "ends_with": lambda text, value: text.endswith(value),
}


def _selectors(trail: Instance, context: Context) -> Iterator[Selector]:
    for name, read in (("event_selector", _basic), ("advanced_event_selector", _advanced)):
        value = context.argument(trail, name)
        if value.is_unknown:
            yield Selector(arns=(), undetermined=f"known after the apply: {trail.address}.{name}")
        for number in range(len(value.items())):
            yield from read(trail, (name, number), context)


def _basic(trail: Instance, path: Path, context: Context) -> Iterator[Selector]:
    kind = context.argument(trail, *path, "read_write_type")
    resources = context.argument(trail, *path, "data_resource")
    unknown = next((f"known after the apply: {trail.address}.{path[0]}" for v in (kind, resources) if v.is_unknown), "")
    if resources.is_unknown:
        yield Selector(arns=(), undetermined=unknown)
    for number in range(len(resources.items())):
        what = context.argument(trail, *path, "data_resource", number, "type")
        if what.text == OBJECTS or what.is_unknown:
            arns, still_open = _arns(trail, (*path, "data_resource", number, "values"), context)
            still_open = still_open or unknown or (f"known after the apply: {trail.address}.{path[0]}" if what.is_unknown else "")
            yield Selector(
                arns=() if unknown or what.is_unknown else arns, reads=kind.text != "WriteOnly", undetermined=still_open
            )


# What every call to an object of S3 has in the fields that an advanced selector can ask for.
_FIXED = {"eventCategory": "Data", "resources.type": OBJECTS, "eventSource": "s3.amazonaws.com", "eventType": "AwsApiCall"}


def _advanced(trail: Instance, path: Path, context: Context) -> Iterator[Selector]:
    fields, still_open = [], ""
    conditions = context.argument(trail, *path, "field_selector")
    anything = Selector(arns=(), undetermined=f"known after the apply: {trail.address}.{path[0]}")
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
    unknown = f"known after the apply: {trail.address}.{path[0]}" if value.has_unknown else ""
    return tuple(element.text for element in value.items() if element.text is not None), unknown


def _arns(trail: Instance, path: Path, context: Context) -> tuple[tuple[str, ...], str]:
    """The ARNs at `path`, each without `arn:aws:s3:::`, and what is open; one that refers to a bucket has its `arn_name` in it."""
    value = context.argument(trail, *path)
    known = [match["rest"] or "" for e in value.items() if e.text is not None and (match := _ARN.match(e.text))]
    if value.is_known and not value.has_unknown:
        return tuple(known), ""
    written = _from_source(trail, path, context)
    if written is not None:
        return (*known, *written), ""
    origins = context.relations.settled(context.references.origins(trail, *path), BUCKET)
    buckets = {i.address: i for o in origins if o.type == BUCKET for i in o.instances}
    missing = sum(1 for e in value.items() if e.is_unknown) if value.is_known else None
    exact = all(o.instance for o in origins if o.type == BUCKET)
    # `for` and splat over all instances leave the resource's name alone; an index that picks one leaves what it is made from.
    every = all(o.kind in (Kind.RESOURCE, Kind.CONSTANT) for o in origins)
    if buckets and (exact or every or missing == len(buckets)):
        return (*known, *(f"{arn_name(bucket)}/" for bucket in buckets.values())), ""
    lost = next((o.reason for o in origins if o.kind is Kind.LOST), "the plan does not say which bucket it is")
    return tuple(known), f"{trail.address}.{path[0]} is known after the apply, and {lost}"


def _from_source(trail: Instance, path: Path, context: Context) -> list[str] | None:
    """The elements of a list that refer to a bucket, as the source writes them; None where it cannot tell them all."""
    block = context.source_block(trail)
    body = block.body if block else None
    for name, number in zip(path[:-1:2], path[1:-1:2], strict=False):
        blocks = nested_blocks(body, str(name)) if isinstance(body, Mapping) else []
        if len(blocks) != 1 and (int(number) >= len(blocks) or "dynamic" in (body or ())):
            return None
        body = blocks[0 if len(blocks) == 1 else int(number)]
    written = expression_of(body.get(str(path[-1]))).raw if isinstance(body, Mapping) else None
    elements = written if isinstance(written, list) else [written]
    texts = [_element(e, trail, context) for e in elements if isinstance(e, str) and parts(e)[1]]
    return None if None in texts or not texts else [text for text in texts if text is not None]


def _element(template: str, trail: Instance, context: Context, depth: int = 5) -> str | None:
    """`"${aws_s3_bucket.logs.arn}/private/"` with the bucket's name in its place: `logs-bucket/private/`.

    What comes through a variable or a module's output is taken for the whole bucket where nothing else is written behind it.
    """
    literals, codes = parts(template)
    if len(codes) != 1 or not re.fullmatch(r"[\w.\[\]\"-]+", codes[0]):
        return None
    source = context.module_source(trail.module)
    local = source.locals.get(codes[0].removeprefix("local.")) if source and codes[0].startswith("local.") else None
    if isinstance(local, str) and literals == ["", ""] and parts(local)[1] and depth:
        return _element(local, trail, context, depth - 1)
    found = context.references.follow({"references": [codes[0]]}, context.references.scope(trail))
    buckets = [o for o in context.relations.settled(found, BUCKET) if o.type == BUCKET and o.instance]
    if len(buckets) != 1 or not _is_whole(buckets[0]) or (literals[0] and not _ARN.match(literals[0])):
        return None
    behind = literals[1] or ("" if codes[0].startswith(f"{BUCKET}.") else "/")
    return f"{arn_name(buckets[0].instances[0])}{behind}"


def _is_whole(origin: Origin) -> bool:
    return origin.attribute is not None and origin.attribute[0] in ("arn", "id", "bucket")
