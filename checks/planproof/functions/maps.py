"""Functions of maps and objects: https://developer.hashicorp.com/terraform/language/functions/keys and others."""

from __future__ import annotations

from planproof.functions.unify import converted
from planproof.functions.values import FunctionError, Json, NotComputable, key, kind, mapping, sequence, text, texts


def keys(values: Json) -> Json:
    return sorted(mapping(values))


def values_(values: Json) -> Json:
    return [value for _, value in sorted(mapping(values).items())]


def lookup(values: Json, name: Json, *default: Json) -> Json:
    """A default becomes one of the map's type, and stays as it is beside an object."""
    found, wanted = mapping(values), text(name)
    if len(default) > 1:
        raise FunctionError("two or three arguments are required")
    if default and found and not _may_stay(default[0], list(found.values())):
        raise NotComputable("a result depends on whether the first argument is a map or an object")
    if wanted in found:
        return found[wanted]
    if not default:
        raise FunctionError("the map does not hold the name")
    return default[0]


def _may_stay(default: Json, elements: list[Json]) -> bool:
    """Whether the default is the same as an element of a map with such elements."""
    if len({kind(element) for element in elements} - {"null"}) > 1:
        return True
    try:
        return bool(key(converted(default, elements)) == key(default))
    except FunctionError:
        return False


def merge(*maps: Json) -> Json:
    found: dict[str, Json] = {}
    for values in maps:
        found |= {} if values is None else mapping(values)
    return found


def zipmap(names: Json, values: Json) -> Json:
    found, elements = texts(names), sequence(values)
    if len(found) != len(elements):
        raise FunctionError("there are not as many names as values")
    known = [name for name in found if name is not None]
    if len(known) != len(found):
        raise FunctionError("a name is null")
    return dict(zip(known, elements, strict=True))
