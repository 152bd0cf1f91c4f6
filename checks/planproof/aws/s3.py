"""What the plan makes of an S3 bucket's lifecycle and versioning, in both shapes.

AWS provider 4 and later have resources of their own (aws_s3_bucket_lifecycle_configuration, aws_s3_bucket_versioning); provider 3
has blocks of the bucket, which later versions keep as deprecated. Rules:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from planproof.context import Context
from planproof.evaluation.arguments import Path
from planproof.evaluation.origin import Origin
from planproof.plan.model import Instance
from planproof.plan.value import Value

BUCKET = "aws_s3_bucket"
LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"
VERSIONING = "aws_s3_bucket_versioning"
_FILTERS = (("filter", 0), ("filter", 0, "and", 0))


class Rule(NamedTuple):
    """A lifecycle rule that is not known to be disabled.

    `on`: it is known to be enabled. `prefix`: what the keys of its objects begin with. `narrow`: a tag or size filter leaves some of them
    out. `days`: objects expire after so many. `moves`: they go to a colder class. `noncurrent`: so do, or expire, noncurrent versions.
    `dated`: it acts on a fixed date. `undetermined`: the arguments that are known only after apply and that could change what the
    rule does. `said_days` and `said_prefix` are for a message.
    """

    name: str
    on: bool
    prefix: str
    narrow: bool
    days: float | None
    moves: bool
    dated: bool
    noncurrent: bool
    undetermined: tuple[str, ...] = ()
    said_days: str = ""
    said_prefix: str = ""

    @property
    def whole(self) -> bool:
        """Whether it covers every object."""
        return not self.prefix and not self.narrow


class Prefixes:
    """What the keys begin with that several rules cover."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._prefixes = {rule.prefix for rule in rules if not rule.narrow}
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def cover(self, keys: str) -> bool:
        """Whether one of the rules covers every object whose key begins with `keys`."""
        return any(keys[:length] in self._prefixes for length in self._lengths)


class Lifecycle(NamedTuple):
    """A bucket's lifecycle: the rules that are in force, where they stand, and what cannot be told (`undetermined`)."""

    rules: tuple[Rule, ...]
    disabled: int
    where: tuple[str, ...]
    undetermined: tuple[str, ...]


def lifecycle(bucket: Instance, context: Context) -> Lifecycle:
    """The lifecycle of a bucket, from its own blocks and from the resources that belong to it."""
    return context.remembered("lifecycle", bucket.address, lambda: _lifecycle(bucket, context))


def _lifecycle(bucket: Instance, context: Context) -> Lifecycle:
    linked = context.relations.companions(bucket, LIFECYCLE, "bucket")
    places = [(companion, "rule") for companion in linked.sure]
    if inline_counts(bucket, "lifecycle_rule", LIFECYCLE, context):
        places.append((bucket, "lifecycle_rule"))
    rules: list[Rule] = []
    disabled, still_open = 0, [reason for _, reason in linked.perhaps[:1]]
    for place, name in places:
        value = place.get(name) if place.type == LIFECYCLE else context.argument(place, name)  # never computed there
        if place.value.is_unknown:
            still_open.append(f"-target excludes {place.address} from this plan")
        elif value.is_unknown:
            still_open.append(f"known after apply: {place.address}.{name}")
        for number, raw in enumerate(value.items()):
            reader = _Reader(place, (name, number), raw, context)
            if reader.off():
                disabled += 1
            else:
                rules.append(reader.rule(f"{place.address}.{name}[{number}]"))
    return Lifecycle(tuple(rules), disabled, tuple(place.address for place, _ in places), tuple(still_open))


def versioned(bucket: Instance, context: Context) -> bool | None:
    """Whether the bucket keeps versions; None where that is known only after apply."""
    linked = context.relations.companions(bucket, VERSIONING, "bucket")
    states = [context.argument(v, "versioning_configuration", 0, "status") for v in linked.sure]
    if inline_counts(bucket, "versioning", VERSIONING, context):
        states.append(context.argument(bucket, "versioning", 0, "enabled"))
    if any(state.raw in ("Enabled", True) for state in states):
        return True
    return None if linked.perhaps or any(state.is_unknown for state in states) else False


def identifier_read(origin: Origin, name: str) -> str | None:
    """What a reference to a bucket of this name reads: its name, its ARN, or another attribute (None)."""
    attribute = (origin.attribute or ("",))[0]
    return f"arn:aws:s3:::{name}" if attribute == "arn" else name if attribute in ("id", "bucket") else None


def inline_counts(bucket: Instance, block: str, companion: str, context: Context) -> bool:
    """Whether the bucket's own block is in force: set by the configuration, or found on the real bucket and kept.

    The block is computed too: a refreshed state repeats there what a companion resource made, also one that this plan deletes.
    """
    value = bucket.get(block)
    if value.is_unset:
        return False
    if context.may_be_set(bucket, block) and bucket.configured(block):
        return True
    if value.is_unknown:
        return context.may_be_set(bucket, block)
    deleted = context.once(_deleted)
    names = (bucket.get(attribute).text for attribute in ("id", "bucket", "name", "arn"))
    return "create" in bucket.actions or not any((companion, name) in deleted for name in names if name)


def _deleted(context: Context) -> set[tuple[str, str]]:
    """The types that the plan deletes resources of, each with the names that they bore, or that they gave in an argument."""
    return {(kind, text) for kind, before in context.plan.deleted for text in before.values() if isinstance(text, str)}


class _Reader:
    """Reads one rule, in either shape: `raw`, which stands at `path` of `place`."""

    def __init__(self, place: Instance, path: Path, raw: Value, context: Context) -> None:
        self._place, self._path, self._raw, self._context = place, path, raw, context
        self._open: list[str] = []

    def off(self) -> bool:
        """Only `status = "Enabled"` (or, on the bucket itself, `enabled = true`) puts a rule in force; what is unknown may."""
        states = [self._raw.get(key) for key in ("status", "enabled")]
        return not any(state.is_unknown or state.raw in ("Enabled", True) for state in states)

    def rule(self, name: str) -> Rule:
        self._open = [f"{name}.{key}" for key in ("status", "enabled") if self._at(key).is_unknown]
        on = not self._open
        prefix, said_prefix = self._prefix()
        days = self._at("expiration", 0, "days").number or None
        moves = days is None and any(True for _ in self._blocks("transition", "days"))  # what expires need not move
        dated = not self._unset("expiration", 0, "date") or any(True for _ in self._blocks("transition", "date"))
        said = self._context.display_value(self._place, *self._path, "expiration", 0, "days").strip('"') if days else ""
        narrow, noncurrent = self._is_narrow(), self._noncurrent()
        return Rule(
            self._name() or name, on, prefix, narrow, days, moves, dated, noncurrent, tuple(self._open), said, said_prefix
        )

    def _name(self) -> str | None:
        """The rule's id, as a message may show it."""
        text = self._raw.get("id").text
        return text and self._context.redactor.public(text, self._place, *self._path, "id")

    def _prefix(self) -> tuple[str, str]:
        """What the keys of its objects begin with, and the same for a message."""
        found = "", ""
        for path in ((), *_FILTERS):
            text = self._at(*path, "prefix").text
            if text:
                found = text, self._context.redactor.public(text, self._place, *self._path, *path, "prefix")
        return found

    def _is_narrow(self) -> bool:
        keys = ("tag", "tags", "object_size_greater_than", "object_size_less_than")
        return not all([self._unset("tags"), *(self._unset(*path, key) for path in _FILTERS for key in keys)])

    def _noncurrent(self) -> bool:
        expires = ("noncurrent_version_expiration", 0)
        found = [self._at(*expires, key).number for key in ("noncurrent_days", "days")]
        moves = any(True for key in ("noncurrent_days", "days") for _ in self._blocks("noncurrent_version_transition", key))
        return any(found) or moves

    def _blocks(self, name: str, key: str) -> Iterator[Value]:
        """The blocks in which `key` is set; 0 days counts, as it does for a transition."""
        for number in range(len(self._at(name).items())):
            if not self._unset(name, number, key, zero=False):
                yield self._at(name, number)

    def _unset(self, *path: str | int, zero: bool = True) -> bool:
        value = self._at(*path)
        return value.is_unset or (zero and value.raw == 0)

    def _at(self, *path: str | int) -> Value:
        value = self._raw.get(*path)
        if value.is_unknown:
            value = self._context.argument(self._place, *self._path, *path)
        if value.is_unknown:
            self._open.append(f"{self._place.address}.{'.'.join(str(step) for step in (*self._path, *path))}")
        return value
