"""One type for several values, as Terraform finds it for the elements of a list and the arguments of coalesce.

Strings, numbers and bools become strings where they meet; tuples of one length agree element by element, objects of the same names
attribute by attribute, and others become lists and maps of one type. A plain list may be a list or a tuple, a dict a map or an
object: both readings are worked out, and where they differ there is no answer. A null takes the type of what it stands beside.
"""

from __future__ import annotations

from typing import NamedTuple

from planproof.functions.set_value import SetValue
from planproof.functions.values import (
    FunctionError,
    Json,
    NotComputable,
    as_text,
    key,
    kind,
    measured,
    set_of,
    too_deep,
)


class Type(NamedTuple):
    """A type: `of` is string, number, bool, null, list, set, map, tuple or object; `parts` are those of its elements."""

    of: str
    parts: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()


NULL = Type("null")
_PRIMITIVE = ("string", "number", "bool")
_COLLECTION = {"tuple": "list", "object": "map"}


def common(values: list[Json]) -> list[Json]:
    """The values, converted to one type. Raises FunctionError, NotComputable."""
    measured(values)
    if len({kind(value) for value in values}) == 1 and not isinstance(values[0], (list, dict)):
        return values
    readings = [_reading(values, collections) for collections in (False, True)]
    if readings[0] is None and readings[1] is None:
        raise FunctionError("values have no type in common")
    if readings[0] is None or readings[1] is None or key(readings[0]) != key(readings[1]):
        raise NotComputable("a result depends on whether values are lists or tuples, maps or objects")
    return readings[0]


def converted(value: Json, like: list[Json]) -> Json:
    """The value as the type of `like`, the elements of a collection. Raises FunctionError, NotComputable."""
    measured([value, like])
    types = [type_of(element, True) for element in like]
    target = unified(types) or NULL
    return value if target == NULL else convert(value, target)


def _reading(values: list[Json], collections: bool) -> list[Json] | None:
    """The values by one reading of their types; None where there is no type in common."""
    found = unified([type_of(value, collections) for value in values])
    return None if found is None else [convert(value, found) for value in values]


def type_of(value: Json, collections: bool, depth: int = 0) -> Type:
    """The type; with `collections`, lists and maps wherever the elements are of one type."""
    too_deep(depth)
    of = kind(value)
    if of not in ("list", "set", "map"):
        return Type(of)
    names = tuple(sorted(value)) if of == "map" else ()
    parts = tuple(type_of(part, collections, depth + 1) for part in ([value[name] for name in names] or value))
    told = [part for part in dict.fromkeys(parts) if part != NULL]
    if of == "set" or (collections and len(told) < 2):
        return Type(of, tuple(told[:1]) or (NULL,))
    return Type("object" if of == "map" else "tuple", parts, names)


def unified(types: list[Type]) -> Type | None:
    """The type that all can be converted to; None where there is none. Raises NotComputable."""
    told = [found for found in dict.fromkeys(types) if found != NULL]
    if NULL in types and any(found.of not in _PRIMITIVE for found in told):
        raise NotComputable("a null stands beside lists or objects")
    if len(told) < 2:
        return told[0] if told else NULL
    kinds = {found.of for found in told}
    if kinds <= set(_PRIMITIVE):
        return Type("string") if "string" in kinds else None
    if len(kinds) > 1:
        return _mixed(told, kinds)
    if told[0].of in ("tuple", "object"):
        return _structural(told)
    return _collection(told[0].of, [part for found in told for part in found.parts])


def _mixed(types: list[Type], kinds: set[str]) -> Type | None:
    if kinds not in ({"list", "tuple"}, {"map", "object"}):
        if "set" in kinds and kinds <= {"set", "list", "tuple"}:
            raise NotComputable("sets stand beside lists")
        return None
    inner = [found for found in types if found.of in _COLLECTION]
    outer = [part for found in types if found.of not in _COLLECTION for part in found.parts]
    gathered = _collection(_COLLECTION[inner[0].of], [part for found in inner for part in found.parts])
    found = gathered and _collection(gathered.of, [*outer, *gathered.parts])
    if found is None and "object" in kinds:
        raise NotComputable("maps stand beside objects of several types")
    return found


def _structural(types: list[Type]) -> Type | None:
    first = types[0]
    if any(len(found.parts) != len(first.parts) or found.names != first.names for found in types):
        return _collection(_COLLECTION[first.of], [part for found in types for part in found.parts])
    parts = [unified([found.parts[at] for found in types]) for at in range(len(first.parts))]
    known = tuple(part for part in parts if part is not None)
    return Type(first.of, known, first.names) if len(known) == len(parts) else None


def _collection(of: str, parts: list[Type]) -> Type | None:
    part = unified(parts)
    return None if part is None else Type(of, (part,))


def convert(value: Json, target: Type) -> Json:
    """The value as one of the type. Raises FunctionError."""
    if value is None or target == NULL:
        return value
    if target.of in _PRIMITIVE:
        if target.of == "string":
            return as_text(value)
        if kind(value) != target.of:
            raise FunctionError(f"a {target.of} is required")
        return value
    if isinstance(value, dict) and target.of in ("map", "object"):
        types = (
            dict(zip(target.names, target.parts, strict=True)) if target.of == "object" else dict.fromkeys(value, target.parts[0])
        )
        return {name: convert(element, types[name]) for name, element in value.items()}
    if isinstance(value, list) and target.of in ("list", "set", "tuple"):
        parts = target.parts if target.of == "tuple" else target.parts * len(value)
        found = [convert(element, part) for element, part in zip(value, parts, strict=True)]
        return set_of(found) if isinstance(value, SetValue) or target.of == "set" else found
    raise FunctionError("a value is of another type")
