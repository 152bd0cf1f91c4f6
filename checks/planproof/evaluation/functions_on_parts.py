"""Functions of which the arguments are known in part, or whose results hand their arguments on as they are.

`concat`, `merge`, `one`, `lookup` and their like keep the origins of each member; `format` and `join` make texts that are known in
part; `lower`, `replace` and their like change a text part by part. Every other function wants arguments that are wholly known
(planproof.functions). https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planproof.evaluation.function_costs import cost as cost
from planproof.evaluation.functions_on_texts import ON_TEXTS, Arguments
from planproof.evaluation.origin import Kind, Origin, Origins, Through, by, united
from planproof.evaluation.result import (
    MOST_ITEMS,
    NULL,
    Encoded,
    EvaluationError,
    OpenObject,
    Reference,
    Result,
    Text,
    Undetermined,
    as_string,
    entries,
    is_known,
    items_of,
    member,
    plain,
    set_of,
    through_function,
    undetermined,
)
from planproof.evaluation.samples import on_samples
from planproof.functions.table import FUNCTIONS
from planproof.functions.values import FunctionError, NotComputable
from planproof.plan.value import MISSING


def call(name: str, arguments: Arguments) -> Result:
    """What a function makes of its arguments. Raises EvaluationError if Terraform would refuse the call."""
    try:
        on_parts = _ON_PARTS.get(name)
        made = on_parts(arguments) if on_parts else None
        if made is not None:
            return made
        function = FUNCTIONS.get(name)
        if function is None:
            return undetermined(through_function(arguments))
        if not all(map(is_known, arguments)):
            return on_samples(function, arguments, through_function(arguments))
        return Result(function(*map(plain, arguments)), through_function(arguments))
    except FunctionError as error:
        raise EvaluationError(str(error), through_function(arguments)) from None
    except NotComputable:
        return undetermined(through_function(arguments) or (Origin(Kind.CONSTANT, constant=MISSING, name=f"{name}()"),))
    except (TypeError, IndexError):  # a number of arguments that the function does not take
        raise EvaluationError(f"{name} does not take these arguments") from None


# --- collections ---


def _concat(arguments: Arguments) -> Result | None:
    lists = [items_of(argument) for argument in arguments]
    if any(items is None for items in lists):
        return None
    return _list([item for items in lists for item in items or ()])


def _list(items: list[Any], origins: Origins = ()) -> Result:
    return Result(items, origins) if len(items) <= MOST_ITEMS else undetermined(origins)


def _flatten(arguments: Arguments) -> Result | None:
    found: list[Result] = []
    pending = list(arguments[:1])
    while pending and len(found) <= MOST_ITEMS:
        item = pending.pop()
        inner = items_of(item)
        if inner is not None:
            pending += reversed(inner)
        elif isinstance(item.raw, Undetermined) and not _is_scalar_attribute(item):
            return None
        else:
            found.append(item)
    return _list(found)


def _is_scalar_attribute(item: Result) -> bool:
    """Whether what is not known is surely no list: an identifier of a resource."""
    return len(item.origins) == 1 and (item.origins[0].attribute or ("",))[-1] in ("id", "arn", "name", "bucket", "key_id", "url")


def _compact(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0]) if len(arguments) == 1 else None
    if items is None:
        return None
    return _list([item for item in items if item.raw is not None and item.raw != ""])


def _merge(arguments: Arguments) -> Result | None:
    """Later objects win; one that is not wholly known may replace what the earlier ones say."""
    found: dict[str, Any] = {}
    origins: list[Origins] = []
    rest: list[Origins] = []
    for argument in arguments:
        raw = argument.raw
        if raw is None:
            continue
        if isinstance(raw, (Undetermined, OpenObject)):
            unsure = raw.rest if isinstance(raw, OpenObject) else argument
            rest.append(unsure.origins)
            found = dict.fromkeys(found, undetermined(unsure.origins))
        told = raw.entries if isinstance(raw, OpenObject) else raw
        if isinstance(raw, Reference):
            told = {name: raw.member(name) for name in raw.names()}
        if isinstance(told, dict):
            origins.append(by(argument.origins, Through.CHOICE))
            found.update({key: _member(argument, told, key) for key in told})
        elif not isinstance(raw, Undetermined):
            raise EvaluationError("merge needs objects")
    if rest:
        return Result(OpenObject(found, undetermined(united(*rest))), united(*origins))
    return Result(found, united(*origins))


def _member(argument: Result, told: Any, key: str) -> Result:
    value = told[key]
    return value if isinstance(value, Result) else Result(value, tuple(o.part(key) for o in argument.origins))


def _keys(arguments: Arguments) -> Result | None:
    if not isinstance(arguments[0].raw, dict):
        return None
    return Result(sorted(arguments[0].raw), arguments[0].origins)


def _values(arguments: Arguments) -> Result | None:
    found = entries(arguments[0]) if isinstance(arguments[0].raw, dict) else None
    return _list([value for _, value in found]) if found is not None else None


def _length(arguments: Arguments) -> Result | None:
    raw = arguments[0].raw
    if isinstance(raw, (dict, list)):
        return Result(len(raw), by(arguments[0].all_origins, Through.FUNCTION))
    return None


def _lookup(arguments: Arguments) -> Result | None:
    if len(arguments) < 2 or not isinstance(arguments[1].raw, str) or not isinstance(arguments[0].raw, dict):
        return None
    if arguments[1].raw in arguments[0].raw:
        return member(arguments[0], arguments[1].raw).along(arguments[1].origins)
    if len(arguments) < 3:
        raise EvaluationError("lookup finds no key with that name")
    return arguments[2].along(arguments[1].origins)


def _element(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    if items is None or not isinstance(arguments[1].raw, (int, float, str)):
        return None
    if not items:
        raise EvaluationError("element of an empty list")
    return items[int(arguments[1].raw) % len(items)].along(arguments[1].origins)


def _slice(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    if items is None or not all(isinstance(a.raw, int) for a in arguments[1:]):
        return None
    start, end = arguments[1].raw, arguments[2].raw
    if not 0 <= start <= end <= len(items):
        raise EvaluationError("slice is out of range")
    return _list(items[start:end])


def _one(arguments: Arguments) -> Result | None:
    if arguments[0].raw is None:
        return NULL
    items = items_of(arguments[0])
    if items is None:
        return None
    if len(items) > 1:
        raise EvaluationError("one needs a list with at most one element")
    return items[0] if items else Result(None, by(arguments[0].origins, Through.CHOICE))


def _coalesce(arguments: Arguments) -> Result | None:
    for number, argument in enumerate(arguments):
        if isinstance(argument.raw, Undetermined) or _may_be_empty(argument):
            if all(o.instance is not None and o.is_itself for o in argument.origins) and argument.origins:
                return argument  # an attribute that the provider makes up is neither null nor empty
            return undetermined(united(*(a.all_origins for a in arguments[number:])))
        if argument.raw is not None and argument.raw != "":
            return argument
    raise EvaluationError("coalesce finds nothing")


def _may_be_empty(argument: Result) -> bool:
    return isinstance(argument.raw, Text) and not any(isinstance(part, str) for part in argument.raw.parts)


def _coalescelist(arguments: Arguments) -> Result | None:
    for argument in arguments:
        items = items_of(argument)
        if items is None and argument.raw is not None:
            return None
        if items:
            return argument
    raise EvaluationError("coalescelist finds nothing")


def _zipmap(arguments: Arguments) -> Result | None:
    keys, values = (items_of(argument) for argument in arguments)
    if keys is None or values is None or not all(isinstance(key.raw, str) for key in keys):
        return None
    if len(keys) != len(values):
        raise EvaluationError("zipmap needs lists of the same length")
    origins = united(*(key.origins for key in keys))
    return Result({key.raw: value for key, value in zip(keys, values, strict=True)}, origins)


def _setproduct(arguments: Arguments) -> Result | None:
    lists = [items_of(argument) for argument in arguments]
    found: list[list[Result]] = [[]]
    for items in lists:
        if items is None or len(found) * len(items) > MOST_ITEMS:
            return None
        found = [[*head, item] for head in found for item in items]
    return _list([Result(list(row)) for row in found])


def _tolist(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    return Result(list(items), ()) if items is not None else None


def _toset(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    return Result(set_of(items)) if items is not None else None


def _reverse(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    return _list(items[::-1]) if items is not None else None


def _distinct(arguments: Arguments) -> Result | None:
    items = items_of(arguments[0])
    if items is None or not all(isinstance(item.raw, str) for item in items):
        return None
    first = {item.raw: item for item in reversed(items)}
    return _list([item for item in items if first[item.raw] is item])


def _same(arguments: Arguments) -> Result | None:
    return arguments[0] if len(arguments) == 1 else None


def _tomap(arguments: Arguments) -> Result | None:
    return arguments[0] if len(arguments) == 1 and isinstance(arguments[0].raw, (dict, OpenObject)) else None


def _tostring(arguments: Arguments) -> Result | None:
    raw = arguments[0].raw
    if isinstance(raw, (bool, int, float)):
        return Result(as_string(raw), arguments[0].origins)
    return arguments[0] if raw is None or isinstance(raw, (str, Text, Undetermined, Encoded)) else None


def _contains(arguments: Arguments) -> Result | None:
    """True if a known element is the value, whatever the others are."""
    items, wanted = items_of(arguments[0]), arguments[1].raw
    if items is None or not isinstance(wanted, str) or not any(isinstance(i.raw, str) and i.raw == wanted for i in items):
        return None
    return Result(True, through_function(arguments))


_ON_PARTS: dict[str, Callable[[Arguments], Result | None]] = {
    **ON_TEXTS,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": _same,
    "one": _one,
    "reverse": _reverse,
    "sensitive": _same,
    "setproduct": _setproduct,
    "slice": _slice,
    "tolist": _tolist,
    "tomap": _tomap,
    "toset": _toset,
    "tostring": _tostring,
    "values": _values,
    "zipmap": _zipmap,
}
