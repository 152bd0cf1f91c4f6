"""IAM policy documents as JSON: the text, or a structure with unknown texts in it, as a `planproof.aws.iam.language.Document`.

Policies are untrusted input: what is too large, too deep or no policy at all is a document with a `problem`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from planproof.aws.iam.language import Condition, Document, Principal, Statement, Text, Unknown, Who, principal

MAX_BYTES = 64 * 1024  # AWS's own limits are below
MAX_DEPTH = 30
MAX_STATEMENTS = 500


def as_list(raw: Any) -> list[Any]:
    """A string or object that stands where a list may stand, as a list of one."""
    return raw if isinstance(raw, list) else [raw] if raw is not None else []


class _Malformed(ValueError):
    """What makes a text no policy."""


def parsed(text: str) -> Document:
    """The document of a known text."""
    if len(text) > MAX_BYTES:
        return _malformed(f"longer than {MAX_BYTES // 1024} KiB")
    try:
        return document_of(loads(text))
    except RecursionError:
        return _malformed("nested too deeply")
    except ValueError as error:
        return _malformed(str(error) if isinstance(error, _Malformed) else "not JSON")


def _malformed(what: str) -> Document:
    return Document(problem=f"not a policy that AWS accepts: {what}", malformed=True)


def loads(text: str) -> Any:
    """The JSON of a policy; ValueError where it is none, or too deep."""
    loaded = json.loads(text, object_pairs_hook=_without_repeated_keys, parse_constant=_no_constant)
    pending = [(loaded, 0)]
    while pending:
        part, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise _Malformed("nested too deeply")
        pending += [
            (inner, depth + 1) for inner in (part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
        ]
    return loaded


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Malformed("an element is given twice")
    return found


def _no_constant(name: str) -> None:
    raise _Malformed(f"{name} is not JSON")


def document_of(raw: Any) -> Document:
    """The document that a structure is, in which each text may be an Unknown."""
    try:
        if not isinstance(raw, dict):
            raise _Malformed("not an object")
        statements = as_list(raw.get("Statement"))
        if len(statements) > MAX_STATEMENTS:
            raise _Malformed(f"more than {MAX_STATEMENTS} statements")
        known = [s for s in statements if not isinstance(s, Unknown)]
        unread = tuple(f"known after apply: {s.what}" for s in statements if isinstance(s, Unknown))
        return Document(tuple(_statement(s, n) for n, s in enumerate(known, 1)), undetermined=unread)
    except _Malformed as error:
        return _malformed(str(error))


_ELEMENTS = {"Sid", "Effect", "Condition", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"}


def _statement(raw: Any, number: int) -> Statement:
    if not isinstance(raw, dict):
        raise _Malformed(f"statement {number} is not an object")
    if not raw.keys() <= _ELEMENTS:
        raise _Malformed(f"statement {number} has an element that does not exist in a policy")
    effect = raw.get("Effect")
    if isinstance(effect, str):
        effect = effect.capitalize()  # IAM takes `allow` too, whatever its pages say: AWS's own Account Factory has such a role
    if not isinstance(effect, Unknown) and effect not in ("Allow", "Deny"):
        raise _Malformed(f"statement {number} has neither Effect Allow nor Deny")
    inverted = {name: f"Not{name}" in raw for name in ("Principal", "Action", "Resource")}
    if any(name in raw and inverted[name] for name in inverted):
        raise _Malformed(f"statement {number} has both an element and its Not form")
    element = {name: raw.get(f"Not{name}" if inverted[name] else name) for name in inverted}
    sid = raw.get("Sid")
    return Statement(
        sid=sid if isinstance(sid, (str, Unknown)) else "",
        effect=effect,
        principals=tuple(_principals(element["Principal"], number)),
        not_principals=inverted["Principal"],
        actions=_texts(element["Action"], number),
        not_actions=inverted["Action"],
        resources=_texts(element["Resource"], number),
        not_resources=inverted["Resource"],
        conditions=tuple(_conditions(raw.get("Condition"), number)),
    )


def _principals(raw: Any, number: int) -> Iterator[Principal]:
    if isinstance(raw, Unknown):
        yield Principal(Who.UNSURE, raw)
    elif isinstance(raw, str) and raw != "*":
        raise _Malformed(f"statement {number} has a Principal that is neither * nor an object")
    elif isinstance(raw, str):
        yield Principal(Who.ANYONE, raw)
    elif isinstance(raw, dict):
        yield from (principal(kind, text) for kind, ids in raw.items() for text in _texts(ids, number))
    elif raw is not None:
        raise _Malformed(f"statement {number} has a Principal that is neither * nor an object")


def _conditions(raw: Any, number: int) -> Iterator[Condition]:
    if isinstance(raw, Unknown):
        yield Condition(raw, raw, ())
        return
    if raw is not None and not isinstance(raw, dict):
        raise _Malformed(f"statement {number} has a Condition that is not an object")
    for operator, keys in (raw or {}).items():
        if isinstance(keys, Unknown):
            yield Condition(operator, keys, ())
        elif not isinstance(keys, dict):
            raise _Malformed(f"statement {number} has a condition operator without keys")
        else:
            yield from (Condition(operator, key, _texts(values, number)) for key, values in keys.items())


def _texts(raw: Any, number: int) -> tuple[Text, ...]:
    """A string or a list of them; numbers and booleans are the strings that AWS takes them for."""
    found: list[Text] = []
    for part in as_list(raw):
        if isinstance(part, (str, Unknown)):
            found.append(part)
        elif isinstance(part, bool):
            found.append("true" if part else "false")
        elif isinstance(part, (int, float)):
            found.append(str(part))
        else:
            raise _Malformed(f"statement {number} has an object or null instead of a string")
    return tuple(found)
