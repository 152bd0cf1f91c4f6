"""jsonencode and jsondecode, byte for byte: https://developer.hashicorp.com/terraform/language/functions/jsonencode."""

from __future__ import annotations

import json
import re
from typing import Any

from planproof.functions.values import (
    FunctionError,
    Json,
    NotComputable,
    bounded,
    elements,
    is_number,
    measured,
    normal,
    number_text,
    parse_number,
    text,
    too_deep,
)

_ESCAPED = re.compile(r'[\x00-\x1f"\\<>&\u2028\u2029]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def jsonencode(value: Json) -> Json:
    return json_of(value)


def jsondecode(string: Json) -> Json:
    source = text(string)
    bounded(len(source))
    _nesting(source)
    try:
        found = json.loads(
            source, object_pairs_hook=_object, parse_int=parse_number, parse_float=parse_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and source[error.pos] in "]}":
            raise NotComputable("the text is JSON with a bracket behind it") from None
        raise FunctionError("the text is not JSON") from None
    return _normal(found)


def json_of(value: Json) -> str:
    """The value as Terraform writes it: names in order, and <, >, & and two line separators escaped. Raises NotComputable."""
    measured(value)
    parts: list[str] = []
    _write(value, parts, 0)
    bounded(sum(map(len, parts)))
    return "".join(parts)


def _write(value: Json, parts: list[str], depth: int) -> None:
    too_deep(depth)
    if isinstance(value, str):
        parts.append(_quoted(value))
    elif isinstance(value, list):
        parts.append("[")
        for at, element in enumerate(elements(value)):
            parts.append("," if at else "")
            _write(element, parts, depth + 1)
        parts.append("]")
    elif isinstance(value, dict):
        parts.append("{")
        for at, name in enumerate(sorted(value)):
            parts.append(("," if at else "") + _quoted(name) + ":")
            _write(value[name], parts, depth + 1)
        parts.append("}")
    else:
        parts.append(number_text(value) if is_number(value) else {None: "null", True: "true", False: "false"}[value])


def _quoted(value: str) -> str:
    return '"' + _ESCAPED.sub(_escape, value) + '"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {normal(name): value for name, value in pairs}
    if len(found) != len(pairs):
        raise NotComputable("an object of JSON has a name twice")
    return found


def _normal(value: Any) -> Any:
    """With all strings as Terraform keeps them."""
    if isinstance(value, list):
        return [_normal(element) for element in value]
    if isinstance(value, dict):
        return {name: _normal(element) for name, element in value.items()}
    return normal(value) if isinstance(value, str) else value


def _constant(_: str) -> Any:
    raise FunctionError("the text is not JSON")


def _nesting(source: str) -> None:
    """Raises NotComputable where brackets stand too deep, those in strings among them."""
    depth = 0
    for bracket in re.findall(r"[\[{\]}]", source):
        depth += 1 if bracket in "[{" else -1
        too_deep(depth)
