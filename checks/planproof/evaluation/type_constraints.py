"""What a variable's `type` makes of the value that it is given.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from planproof.evaluation.operators import as_number, number
from planproof.evaluation.result import EvaluationError, Result, Undetermined, as_string, items_of, member, set_of
from planproof.syntax.nodes import Call, Literal, Node, ObjectNode, Template, TupleNode, Variable


def converted(given: Result, constraint: Node) -> Result:
    """The value as its type has it: a set without doubles, an object with its optional attributes. What does not fit stays as it is,
    as Terraform would have refused it."""
    try:
        return _converted(given, constraint)
    except (EvaluationError, OverflowError):
        return given


def _converted(given: Result, constraint: Node) -> Result:
    if isinstance(constraint, Template):
        constraint = constraint.unwrapped
    if given.raw is None or isinstance(given.raw, Undetermined):
        return given
    if isinstance(constraint, Variable):
        return _primitive(given, constraint.name)
    if isinstance(constraint, Literal) and isinstance(constraint.value, str):  # "string", as old configurations write it
        return _primitive(given, constraint.value)
    if not isinstance(constraint, Call) or not constraint.arguments:
        return given
    inner = constraint.arguments[0]
    if constraint.name in ("list", "set") and isinstance(given.raw, list):
        return _sequence(given, inner, constraint.name == "set")
    if constraint.name == "map" and isinstance(given.raw, dict):
        return Result({key: _converted(member(given, key), inner) for key in given.raw}, given.origins)
    if constraint.name == "object" and isinstance(inner, ObjectNode) and isinstance(given.raw, dict):
        return Result(_object(given, inner), given.origins)
    if constraint.name == "tuple" and isinstance(inner, TupleNode) and isinstance(given.raw, list):
        items = zip(items_of(given) or (), inner.items, strict=False)
        return Result([_converted(item, node) for item, node in items], given.origins)
    return given


def _primitive(given: Result, name: str) -> Result:
    raw = given.raw
    if name == "string" and isinstance(raw, (bool, int, float)):
        return Result(as_string(raw), given.origins)
    if name == "number" and isinstance(raw, str):
        return Result(as_number(number(raw)), given.origins)
    if name == "bool" and raw in ("true", "false"):
        return Result(raw == "true", given.origins)
    return given


def _sequence(given: Result, inner: Node, is_set: bool) -> Result:
    items = [_converted(item, inner) for item in items_of(given) or ()]
    return Result(set_of(items) if is_set else items, given.origins)


def _object(given: Result, constraint: ObjectNode) -> dict[str, Result]:
    """The attributes that the type has: those that are optional are null, or their default, if they are not given."""
    found: dict[str, Result] = {}
    for key, node in constraint.items:
        name = key.value if isinstance(key, Literal) else key.text
        is_optional = isinstance(node, Call) and node.name == "optional"
        inner = node.arguments[0] if isinstance(node, Call) and is_optional else node
        value = member(given, str(name)) if str(name) in given.raw else Result(None)
        if value.raw is None and isinstance(node, Call) and is_optional and len(node.arguments) > 1:
            value = _default(node.arguments[1])
        found[str(name)] = _converted(value, inner)
    return found


def _default(node: Node) -> Result:
    """The default of an optional attribute, which is a constant."""
    if isinstance(node, Literal):
        return Result(node.value)
    if isinstance(node, TupleNode):
        return Result([_default(item) for item in node.items])
    if isinstance(node, ObjectNode):
        return Result({str(key.value if isinstance(key, Literal) else key.text): _default(value) for key, value in node.items})
    if isinstance(node, Call) and node.name in ("tolist", "toset", "tomap") and node.arguments:
        return _default(node.arguments[0])
    return Result(None)
