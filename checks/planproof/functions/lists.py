"""Functions of lists and sets: https://developer.hashicorp.com/terraform/language/functions/alltrue and others."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

from planproof.functions.set_value import SetValue
from planproof.functions.strings import clusters
from planproof.functions.unify import common
from planproof.functions.values import (
    MAX_ITEMS,
    FunctionError,
    Json,
    NotComputable,
    as_bool,
    as_text,
    bounded,
    elements,
    exact,
    key,
    kind,
    measured,
    number,
    number_of,
    place,
    present,
    sequence,
    set_of,
    texts,
    too_deep,
    whole,
)

_MOST_OF_RANGE = 1_024  # Terraform's own


def alltrue(values: Json) -> Json:
    found = [as_bool(value) for value in elements(values)]
    return all(found)


def anytrue(values: Json) -> Json:
    found = [as_bool(value) for value in elements(values)]
    return any(found)


def chunklist(values: Json, size: Json) -> Json:
    found, most = common(elements(values)), whole(size)
    if most < 0:
        raise FunctionError("the size is negative")
    return [found[at : at + most] for at in range(0, len(found), most)] if most else [found] if found else []


def coalesce(*values: Json) -> Json:
    """The first that is neither null nor an empty string, as one of the type that all have in common."""
    if not values:
        raise FunctionError("at least one argument is required")
    for value in common(list(values)):
        if value is not None and value != "":
            return value
    raise FunctionError("all arguments are null or empty")


def coalescelist(*values: Json) -> Json:
    if not values:
        raise FunctionError("at least one argument is required")
    found = [sequence(value) for value in values if value is not None]
    for value in found:
        if value:
            return value
    raise FunctionError("all arguments are null or empty")


def compact(values: Json) -> Json:
    return [value for value in texts(values) if value]


def concat(*values: Json) -> Json:
    """Lists come to one of the type that all have in common, tuples stay as they are."""
    if not values:
        raise FunctionError("at least one argument is required")
    found = [element for value in values for element in sequence(value)]
    bounded(len(found), MAX_ITEMS)
    return _as_lists(found, [list(value) for value in values])


def _as_lists(found: list[Json], values: list[list[Json]]) -> list[Json]:
    """The elements, where they are the same whether the values are lists or tuples. Raises NotComputable."""
    try:
        alike = all(key(common(value)) == key(value) for value in values)
        different = alike and key(common(found)) != key(found)
    except FunctionError:
        different = not all(values)
    if different:
        raise NotComputable("a result depends on whether values are lists or tuples, maps or objects")
    return found


def contains(values: Json, value: Json) -> Json:
    if value is None:
        raise NotComputable("versions of Terraform differ in whether a null is looked for")
    return place(_members(values), value) is not None


def _members(values: Json) -> list[Json]:
    """The elements of a list, tuple or set, where their order does not matter."""
    if not isinstance(present(values), list):
        raise FunctionError("an argument must be a list, a tuple or a set")
    return list(values)


def distinct(values: Json) -> Json:
    found: dict[object, Json] = {}
    for value in common(elements(values)):
        found.setdefault(key(value), value)
    return list(found.values())


def element(values: Json, index: Json) -> Json:
    found, at = sequence(values), whole(index)
    if not found:
        raise FunctionError("the list is empty")
    if at < 0:
        raise NotComputable("versions of Terraform differ in what a negative index means")
    return found[at % len(found)]


def flatten(values: Json) -> Json:
    found: list[Json] = []
    measured(values)
    _flatten(elements(values), found, 0)
    return found


def _flatten(values: list[Json], found: list[Json], depth: int) -> None:
    too_deep(depth)
    for value in values:
        if isinstance(value, list):
            _flatten(elements(value), found, depth + 1)
        else:
            found.append(value)


def index(values: Json, value: Json) -> Json:
    present(value)
    at = place(sequence(values), value)
    if at is None:
        raise FunctionError("the list does not hold the value")
    return at


def length(value: Json) -> Json:
    if isinstance(present(value), str):
        return len(clusters(value))
    if not isinstance(value, (list, dict)):
        raise FunctionError("an argument must be a string or a collection")
    return len(value)


def matchkeys(values: Json, keys: Json, searched: Json) -> Json:
    """The values at whose places the keys are among those searched."""
    found, names, wanted = common(elements(values)), elements(keys), elements(searched)
    if len(found) != len(names):
        raise FunctionError("there are not as many keys as values")
    alike = [key(value) for value in common([*common(names), *common(wanted)])]
    members = set(alike[len(names) :])
    return [value for value, name in zip(found, alike, strict=False) if name in members]


def one(values: Json) -> Json:
    found = _members(values)
    if len(found) > 1:
        raise FunctionError("the list has more than one element")
    return found[0] if found else None


def range_(*limits: Json) -> Json:
    """From 0 to an end, from a start to an end, or by a step."""
    given = [exact(number(limit)) for limit in limits]
    if not 1 <= len(given) <= 3:
        raise FunctionError("one, two or three arguments are required")
    start, end = given[:2] if len(given) > 1 else (Fraction(0), given[0])
    step = given[2] if len(given) > 2 else Fraction(1 if end >= start else -1)
    if not step:
        raise FunctionError("the step is zero")
    if (end - start) * step < 0:
        raise FunctionError("the step leads away from the end")
    if math.ceil((end - start) / step) > _MOST_OF_RANGE:
        raise FunctionError("the range has more than 1024 elements")
    if start.denominator == step.denominator == 1:
        return list(range(int(start), math.ceil(end), int(step)))
    found = []
    while (end - start) * step > 0:
        found.append(number_of(start))
        start = exact(number_of(start + step))
    if len(found) > _MOST_OF_RANGE:
        raise FunctionError("the range has more than 1024 elements")
    return found


def reverse(values: Json) -> Json:
    return elements(values)[::-1]


def setproduct(*sets: Json) -> Json:
    """All ways to take an element of each; a list if there is no set among them."""
    if len(sets) < 2:
        raise FunctionError("at least two arguments are required")
    found = [common(_members(values)) for values in sets]
    bounded(math.prod(map(len, found)) * len(found), MAX_ITEMS)
    rows = [list(row) for row in product(*found)]
    return set_of(rows) if any(isinstance(values, SetValue) for values in sets) else rows


def setintersection(*sets: Json) -> Json:
    first, *others = _sets(sets)
    keys = [{key(value) for value in values} for values in others]
    return set_of(value for value in first if all(key(value) in members for members in keys))


def setsubtract(left: Json, right: Json) -> Json:
    first, second = _sets((left, right))
    members = {key(value) for value in second}
    return set_of(value for value in first if key(value) not in members)


def setunion(*sets: Json) -> Json:
    return set_of(value for values in _sets(sets) for value in values)


def _sets(sets: tuple[Json, ...]) -> list[list[Json]]:
    """The elements of each, all converted to one type."""
    if not sets:
        raise FunctionError("at least one argument is required")
    found = [common(_members(values)) for values in sets]
    alike = iter(common([value for values in found for value in values]))
    return [[next(alike) for _ in values] for values in found]


def slice_(values: Json, start: Json, end: Json) -> Json:
    found, low, high = sequence(values), whole(start), whole(end)
    if not 0 <= low <= high <= len(found):
        raise FunctionError("the indices do not lie within the list, or not in order")
    return found[low:high]


def sort(values: Json) -> Json:
    found = texts(values)
    if None in found:
        raise FunctionError("an element is null")
    return sorted(value for value in found if value is not None)


# --- conversions ---


def tobool(value: Json) -> Json:
    return as_bool(value)


def tolist(value: Json) -> Json:
    return None if value is None else common(elements(value))


def tomap(value: Json) -> Json:
    if value is None:
        return None
    if kind(value) != "map":
        raise FunctionError("an argument must be a map or an object")
    return dict(zip(value, common(list(value.values())), strict=True))


def toset(value: Json) -> Json:
    return None if value is None else set_of(common(_members(value)))


def tostring(value: Json) -> Json:
    return as_text(value)
