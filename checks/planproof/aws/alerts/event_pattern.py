"""The event patterns of EventBridge rules.

    pattern = compile({"source": ["aws.s3"], "detail": {"errorCode": [{"prefix": "AccessDenied"}]}})
    pattern.matches(envelope(cloudtrail_record))

By what AWS documents, and where that is silent by the engine that AWS published:
- https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
- https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
- https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
- https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
- https://github.com/aws/event-ruler

Every field that the pattern names has to match, and any one of a field's values is enough. Where the event has a list, any of its
elements will do; fields below a list of objects have to match in the same element. `exists` looks at leaves alone: a field that
holds an object does not exist, nor does an empty list. A dot in a field's name leads one level down, in the pattern and in the
event, and what is said last of one field is what counts, inside and outside of `$or` too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from planproof.aws.alerts.event_operators import RESERVED, Json, Test, comparison
from planproof.errors import PatternError

# Far deeper than any event; EventBridge has a limit too.
_DEEPEST = 100
# The alternatives that the lists of all $or make together: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
_MOST_ALTERNATIVES = 1000
_CLOUDTRAIL = "AWS API Call via CloudTrail"
_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
}


class EventPattern(NamedTuple):
    """A compiled pattern."""

    document: Mapping[str, Json]
    alternatives: tuple[_Field, ...]

    def matches(self, event: Mapping[str, Json]) -> bool:
        """Whether the rule fires for an event: the whole of it, with `source` and `detail`."""
        return self.holds(undotted(event))

    def holds(self, event: Mapping[str, Json]) -> bool:
        """The same of an event whose names have no dots (`undotted`)."""
        return any(alternative.holds(event, event) for alternative in self.alternatives)

    @property
    def size(self) -> int:
        """How many fields it asks for, those of each alternative of an $or counted."""
        return sum(alternative.size for alternative in self.alternatives)


def compile(document: Mapping[str, Json] | str) -> EventPattern:
    """The pattern, from its JSON text or what that reads as. Raises PatternError for what EventBridge would refuse."""
    if isinstance(document, str):
        document = _read(document)
    if not isinstance(document, Mapping):
        raise PatternError("an event pattern is a JSON object")
    alternatives: list[_Alternative] = [{}]
    try:
        _object(document, (), alternatives)
    except RecursionError:
        raise PatternError("an event pattern is nested too deeply") from None
    return EventPattern(document, tuple(_tree(alternative) for alternative in alternatives))


def envelope(record: Mapping[str, Json]) -> dict[str, Json]:
    """The event that EventBridge makes of a CloudTrail record."""
    return {
        "version": "0",
        "id": record.get("eventID", ""),
        "detail-type": _DETAIL_TYPES.get(str(record.get("eventType")), _CLOUDTRAIL),
        "source": "aws." + str(record.get("eventSource", "")).removesuffix(".amazonaws.com"),
        "account": record.get("recipientAccountId", ""),
        "time": record.get("eventTime", ""),
        "region": record.get("awsRegion", ""),
        "resources": [],
        "detail": record,
    }


def is_delivered(record: Mapping[str, Json], state: str = "ENABLED") -> bool:
    """Whether a rule in this state gets to see a CloudTrail record at all. Management calls that only read (`Get`, `List`, `Describe`)
    reach a rule in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS alone:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html"""
    if state == "DISABLED":
        return False
    reads = record.get("managementEvent") is True and record.get("readOnly") is True
    named = str(record.get("eventName")).startswith(("Get", "List", "Describe"))
    return state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" or not (reads and named)


# ---- matching

Path = tuple[str, ...]


class _Values(NamedTuple):
    """What a field's value may be: tests of a leaf, and whether the field's absence will do."""

    tests: tuple[Test, ...]
    absent: bool


class _Field(NamedTuple):
    """A field of the pattern: its own values, and the fields below it, which all have to match in one and the same object."""

    path: Path
    values: _Values | None
    below: tuple[tuple[str, _Field], ...]

    @property
    def size(self) -> int:
        return 1 + sum(field.size for _, field in self.below)

    def holds(self, value: Json, event: Json) -> bool:
        return self._has_value(value, event) and self._has_fields(value, event)

    def _has_value(self, value: Json, event: Json) -> bool:
        if self.values is None or any(test(leaf) for leaf in _leaves(value) for test in self.values.tests):
            return True
        return self.values.absent and next(_at(event, self.path), None) is None

    def _has_fields(self, value: Json, event: Json) -> bool:
        return not self.below or any(
            all(field.holds(each.get(name, _MISSING), event) for name, field in self.below) for each in _objects(value)
        )


_MISSING = object()
_NOTHING: Mapping[str, Json] = {}


def _objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """The objects that fields below may be found in: one without fields where there is none."""
    found = False
    for each in _flat(value):
        if isinstance(each, Mapping):
            found = True
            yield each
    if not found:
        yield _NOTHING


def _leaves(value: Json) -> Iterator[Json]:
    return (each for each in _flat(value) if each is not _MISSING and not isinstance(each, Mapping))


def _flat(value: Json) -> Iterator[Json]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending.extend(reversed(each))
        else:
            yield each


def _at(event: Json, path: Path) -> Iterator[tuple[Json]]:
    """The leaves at a path, through every list on the way, each in a tuple of its own."""
    found = [event]
    for name in path:
        found = [each[name] for value in found for each in _flat(value) if isinstance(each, Mapping) and name in each]
    return ((leaf,) for value in found for leaf in _leaves(value))


def undotted(value: Json) -> Json:
    """The event with every field whose name has a dot as a field of a field. What is said twice is a list of both."""
    if isinstance(value, list):
        return [undotted(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    plain = {name: undotted(below) for name, below in value.items() if "." not in name}
    for dotted in (name for name in value if "." in name):
        name, _, rest = dotted.partition(".")
        below = undotted({rest: value[dotted]})
        plain[name] = [plain[name], below] if name in plain else below
    return plain


# ---- compiling

# The fields of a pattern, by their whole path; each $or makes alternatives of them.
_Alternative = dict[Path, _Values]


def _read(text: str) -> Json:
    def constant(name: str) -> None:
        raise PatternError(f"an event pattern cannot contain {name}")

    try:
        return json.loads(text, parse_constant=constant)
    except PatternError:
        raise
    except ValueError:
        raise PatternError("an event pattern is not valid JSON") from None
    except RecursionError:
        raise PatternError("an event pattern is nested too deeply") from None


def _object(document: Mapping[str, Json], path: Path, alternatives: list[_Alternative], in_or: bool = False) -> None:
    """Adds the fields of an object to each of the alternatives, of which an $or makes more."""
    if not document:
        raise PatternError("an event pattern contains an empty object")
    for name, below in document.items():
        inner = (*path, *name.split("."))
        if len(inner) > _DEEPEST:
            raise PatternError("an event pattern is nested too deeply")
        if name == "$or":
            _or(below, path, alternatives)
        elif in_or and name in RESERVED:
            raise PatternError(f'"{name}" cannot be a field inside $or')
        elif isinstance(below, Mapping):
            _object(below, inner, alternatives, in_or)
        elif isinstance(below, list):
            values = _values(below)
            for alternative in alternatives:
                alternative[inner] = values
        else:
            raise PatternError("every field of an event pattern must be an object or a list of values")


def _or(choices: Json, path: Path, alternatives: list[_Alternative]) -> None:
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(choice, Mapping) for choice in choices):
        raise PatternError("$or must be a list of at least two objects")
    before = list(alternatives)
    alternatives.clear()
    for choice in choices:
        more = [dict(alternative) for alternative in before]
        _object(choice, path, more, in_or=True)
        alternatives.extend(more)
        if len(alternatives) > _MOST_ALTERNATIVES:
            raise PatternError(f"the $or of an event pattern expands to more than {_MOST_ALTERNATIVES:,} alternatives")


def _tree(alternative: _Alternative) -> _Field:
    """The fields of one alternative, each below the one that it is a field of."""
    children: dict[Path, dict[str, None]] = {}
    for path in alternative:
        for length in range(len(path)):
            children.setdefault(path[:length], {})[path[length]] = None

    def field(path: Path) -> _Field:
        below = tuple((name, field((*path, name))) for name in children.get(path, ()))
        return _Field(path, alternative.get(path), below)

    return field(())


def _values(values: list[Json]) -> _Values:
    if not values:
        raise PatternError("a field of an event pattern contains an empty list")
    absent = any(isinstance(value, Mapping) and value.get("exists") is False for value in values)
    return _Values(tuple(comparison(value) for value in values), absent)
