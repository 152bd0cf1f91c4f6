"""What an expression comes to: a value that is known, known in part, or undetermined, with what it was made of.

`raw` of a Result is one of

- a text, number, truth value or None (null): known;
- a list, a `SetValue` or a dict: its members are Results, or plain JSON, whose origins are the container's;
- `Text`: a text of which parts are not known; `Encoded`: the text that a function such as jsonencode makes of a structure;
- `OpenObject`: an object that may have more members than those that are told;
- `Reference`: a resource, data source or module instance as a whole, whose attributes are read when they are asked for;
- `UNDETERMINED`: the plan and the source do not tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from planproof.evaluation.origin import Kind, Origin, Origins, Through, by, united
from planproof.functions.set_value import SetValue

Json = Any
MOST_PARTS = 200
MOST_TEXT = 20_000  # characters of a text that is known in part
MOST_ITEMS = 20_000


class EvaluationError(ValueError):
    """Terraform would refuse the expression; `try` and `can` catch it. `origins` are of what it was refused for."""

    def __init__(self, text: str, origins: Origins = ()) -> None:
        super().__init__(text)
        self.origins = origins


class Undetermined:
    """The one object UNDETERMINED."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDETERMINED"


UNDETERMINED = Undetermined()
REFUSED = Undetermined()
"""Undetermined, since Terraform would refuse the expression: what was asked cannot be."""


class Result:
    """A value and its origins; see the module. Never edited."""

    __slots__ = ("_measure", "origins", "raw")

    def __init__(self, raw: Any, origins: Origins = (), measure: tuple[int, int] | None = None) -> None:
        self.raw, self.origins, self._measure = raw, origins, measure

    @property
    def measure(self) -> tuple[int, int]:
        """How many parts it has, each counted as often as it stands in it, and how deep they lie. Walks what it has not yet measured."""
        if self._measure is None:
            self._measure = _measured(self.raw)
        return self._measure

    @property
    def is_determined(self) -> bool:
        return not isinstance(self.raw, Undetermined)

    @property
    def text(self) -> str | None:
        """The text, if it is a text that is known."""
        return self.raw if isinstance(self.raw, str) else None

    @property
    def all_origins(self) -> Origins:
        """Those of its parts too, in the order in which they are written."""
        if type(self.raw) in _WITHOUT_PARTS:
            return tuple(dict.fromkeys(self.origins)) if len(self.origins) > 1 else self.origins
        found: dict[Origin, None] = {}
        pending = [self]
        while pending:
            part = pending.pop()
            found.update(dict.fromkeys(part.origins))
            if isinstance(part.raw, Reference) and isinstance(part.raw.subject, Origin):
                found[part.raw.subject] = None
            if not isinstance(part.raw, (Text, Encoded)):  # those have the origins of their parts as their own
                pending.extend([member for member in _members(part.raw) if isinstance(member, Result)][::-1])
        return tuple(found)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names that would decide what is not known of it."""
        return tuple(dict.fromkeys(name for part in unknown_parts(self) for o in part.origins if (name := o.display_name)))

    def by(self, through: Through) -> Result:
        return Result(self.raw, by(self.origins, through), self._measure) if self.origins else self

    def along(self, origins: Origins) -> Result:
        """The same, chosen by what has these origins."""
        return Result(self.raw, united(self.origins, by(origins, Through.CHOICE)), self._measure) if origins else self

    def __repr__(self) -> str:
        return f"<Result {type(self.raw).__name__} {list(self.origins)}>"


class Text:
    """A text whose parts are known (str) or not (Result), the known ones apart from each other."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[str | Result, ...]) -> None:
        self.parts = parts


class Encoded:
    """The text that a function (jsonencode, yamlencode) makes of a value that is known in part."""

    __slots__ = ("function", "value")

    def __init__(self, function: str, value: Result) -> None:
        self.function, self.value = function, value


class OpenObject:
    """An object of which some members are told; `rest` decides whether there are others, and may replace them."""

    __slots__ = ("entries", "rest")

    def __init__(self, entries: Mapping[str, Any], rest: Result) -> None:
        self.entries, self.rest = entries, rest


class Reference:
    """A resource, data source or module instance as a whole: `member` reads an attribute or output of it, `names` lists those."""

    __slots__ = ("member", "names", "subject")

    def __init__(self, subject: Any, member: Callable[[str], Result], names: Callable[[], Iterable[str]]) -> None:
        self.subject, self.member, self.names = subject, member, names


class Instances(dict[Any, Result]):
    """The instances of a resource with `for_each`, by key; `origin` is the resource as a whole."""

    origin: Origin


class Counted(list[Result]):
    """The instances of a resource with `count`; `origin` is the resource as a whole."""

    origin: Origin


_WITHOUT_PARTS = frozenset({bool, float, int, str, type(None), Undetermined})
NULL = Result(None)


def undetermined(origins: Origins = ()) -> Result:
    return Result(UNDETERMINED, origins, (1, 0))


def _members(raw: Any) -> Iterable[Any]:
    if type(raw) in _WITHOUT_PARTS:
        return ()
    if isinstance(raw, dict):
        return raw.values()
    if isinstance(raw, list):
        return raw
    if isinstance(raw, Text):
        return raw.parts
    if isinstance(raw, Encoded):
        return (raw.value,)
    return (*raw.entries.values(), raw.rest) if isinstance(raw, OpenObject) else ()


def _measured(raw: Any) -> tuple[int, int]:
    parts, depth = 1 + len(raw) // 1000 if isinstance(raw, str) else 1, 0
    for member in _members(raw):
        inner = member.measure if isinstance(member, Result) else _measured(member)
        parts, depth = parts + inner[0], max(depth, inner[1] + 1)
    return parts, depth


def unknown_parts(result: Result) -> Iterator[Result]:
    """The parts, at any depth, that are not known."""
    pending = [result]
    while pending:
        part = pending.pop()
        if isinstance(part.raw, (Undetermined, Reference)):
            yield part
        pending.extend([member for member in _members(part.raw) if isinstance(member, Result)][::-1])


def is_known(result: Result) -> bool:
    """Whether all of it is known."""
    return next(unknown_parts(result), None) is None and not isinstance(result.raw, (Text, Encoded, OpenObject))


def plain(result: Result) -> Json:
    """The value as plain JSON (with SetValue for sets). Raises ValueError if some of it is not known."""
    return _plain(result)


def _plain(part: Any) -> Json:
    raw = part.raw if isinstance(part, Result) else part
    if isinstance(raw, dict):
        return {key: _plain(value) for key, value in raw.items()}
    if isinstance(raw, SetValue):
        return SetValue([_plain(value) for value in raw])
    if isinstance(raw, list):
        return [_plain(value) for value in raw]
    if raw is None or isinstance(raw, (str, int, float, bool)):
        return raw
    raise ValueError("not known")


def member(container: Result, key: Any) -> Result:
    """The attribute, element or output under a key. Raises EvaluationError if what is there has none of that name."""
    raw = container.raw
    if isinstance(raw, Reference):
        return raw.member(str(key)).along(container.origins)
    if isinstance(raw, dict):
        name = _key_text(key)
        if name not in raw:
            raise EvaluationError("the member does not exist")
        return _part(container, raw[name], name)
    if isinstance(raw, list):
        index = _index(key, len(raw))
        return _part(container, raw[index], None)
    if isinstance(raw, OpenObject):
        found = raw.entries.get(_key_text(key))
        return found if isinstance(found, Result) else raw.rest if found is None else Result(found, container.origins)
    if isinstance(raw, Undetermined):
        return Result(UNDETERMINED, tuple(o.part(str(key)) if isinstance(key, str) else o for o in container.origins))
    raise EvaluationError("the value has no members")


def _part(container: Result, value: Any, name: str | None) -> Result:
    if isinstance(value, Result):
        return value.along(container.origins)
    return Result(value, tuple(o.part(name) for o in container.origins) if name is not None else container.origins)


def _key_text(key: Any) -> str:
    return as_string(key) if not isinstance(key, str) else key


def _index(key: Any, length: int) -> int:
    if isinstance(key, str) and key.isdecimal():
        key = int(key)
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    if isinstance(key, bool) or not isinstance(key, int) or not 0 <= key < length:
        raise EvaluationError("the index is out of range")
    return key


def entries(result: Result) -> list[tuple[Result, Result]] | None:
    """Keys and members of a collection as `for` goes through it, or None if they cannot be told. Raises EvaluationError."""
    raw = result.raw
    if isinstance(raw, dict):
        own = by(result.origins, Through.AS_IS)
        return [(Result(key, own), _part(result, raw[key], key)) for key in sorted(raw)]
    if isinstance(raw, SetValue):
        return [(item, item) for item in (_part(result, value, None) for value in raw)]
    if isinstance(raw, list):
        return [(Result(number), _part(result, value, None)) for number, value in enumerate(raw)]
    if isinstance(raw, Reference):
        return [(Result(name), raw.member(name)) for name in sorted(raw.names())]
    if isinstance(raw, (Undetermined, OpenObject)):
        return None
    raise EvaluationError("the value is not a collection")


def items_of(result: Result | None) -> list[Result] | None:
    """The elements of a list or set, each with its origins; None if it is none, or cannot be told."""
    if result is None or not isinstance(result.raw, list):
        return None
    return [value for _, value in entries(result) or ()]


def set_of(items: list[Result]) -> SetValue:
    """The set of these elements: of texts and numbers each once, in the order of their texts."""
    if all(isinstance(item.raw, (str, int, float)) for item in items):
        distinct = {as_string(item.raw): item for item in reversed(items)}
        items = [distinct[key] for key in sorted(distinct)]
    return SetValue(items)


def as_string(raw: Any) -> str:
    """A known value as a text. Raises EvaluationError if it is none."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, (int, float)):
        return number_text(raw)
    raise EvaluationError("the value is not a string")


def number_text(number: float) -> str:
    """A number as Terraform writes it: `1`, `0.25`, never with an exponent."""
    if isinstance(number, int) or number.is_integer():
        return str(int(number))
    text = repr(number)
    return text if "e" not in text else f"{number:.20f}".rstrip("0")


def joined(parts: Iterable[str | Result]) -> Result:
    """One text of several; each Result is a value that stands in it."""
    found: list[str | Result] = []
    origins: list[Origins] = []
    for part in parts:
        if isinstance(part, str):
            found.append(part)
            continue
        origins.append(by(part.origins, Through.TEXT))
        if isinstance(part.raw, Text):
            found.extend(part.raw.parts)
        elif part.is_determined and not isinstance(part.raw, (Encoded, Reference, dict, list, OpenObject)):
            if part.raw is None:
                raise EvaluationError("a string contains null")
            found.append(as_string(part.raw))
        else:
            found.append(part)
    made_of = united(*origins)
    merged = _merged(found)
    if len(parts := list(parts)) == 1 and isinstance(parts[0], Result):  # a text of one value is that value
        made_of = parts[0].origins
    if len(merged) > MOST_PARTS or sum(len(part) for part in merged if isinstance(part, str)) > MOST_TEXT * 50:
        return undetermined(made_of)
    if all(isinstance(part, str) for part in merged):
        return Result("".join(part for part in merged if isinstance(part, str)), made_of)
    return Result(Text(tuple(merged)), made_of)


def _merged(parts: Iterable[str | Result]) -> list[str | Result]:
    """Known parts side by side become one."""
    found: list[str | Result] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return found


def text_parts(result: Result) -> tuple[str | Result, ...]:
    """The parts of a text: itself where it is known or not known at all."""
    if isinstance(result.raw, Text):
        return result.raw.parts
    if isinstance(result.raw, (str, int, float, bool)):
        return (as_string(result.raw),)
    return (result,)


def same_value(one: Any, other: Any) -> bool:
    """Equality, as far as the provider keeps types apart: it may hold a number as a text, and sorts sets."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return one is other or one == other or (not isinstance(one, (dict, list)) and str(one).lower() == str(other).lower())


def filled(result: Result, stand_in: Callable[[Result], str | None]) -> Json:
    """The value as plain JSON with a text in the place of each part that is not known; `jsonencode` is written out. Raises ValueError
    if `stand_in` has none for a part."""
    return _filled(result, stand_in)


def _filled(part: Any, stand_in: Callable[[Result], str | None]) -> Json:
    raw = part.raw if isinstance(part, Result) else part
    if isinstance(raw, dict):
        return {key: _filled(value, stand_in) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_filled(value, stand_in) for value in raw]
    if isinstance(raw, Text):
        return "".join(p if isinstance(p, str) else str(_filled(p, stand_in)) for p in raw.parts)
    if isinstance(raw, Encoded) and raw.function == "jsonencode":
        return json.dumps(_filled(raw.value, stand_in))
    if raw is None or isinstance(raw, (str, int, float, bool)):
        return raw
    text = stand_in(part) if isinstance(part, Result) else None
    if text is None:
        raise ValueError("not known")
    return text


def through_function(arguments: Iterable[Result]) -> Origins:
    """What a function draws on: all that its arguments do."""
    return by(united(*(argument.all_origins for argument in arguments)), Through.FUNCTION)


def origins_of(result: Result | None) -> Origins:
    """The origins of a result; a value that draws on nothing is a constant."""
    if result is None:
        return ()
    found = result.all_origins
    return found if found or not is_known(result) else (Origin(Kind.CONSTANT, constant=plain(result)),)
