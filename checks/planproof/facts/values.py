"""A value as a fact: what is known and may be shown, and where the rest is."""

from __future__ import annotations

from typing import Any

from planproof.plan.value import Value

Json = Any


def public(value: Value) -> Json:
    """The value, with null in the place of each part that is sensitive. What is not known is null or absent, as in the plan."""
    if value.sensitive_mask is True:
        return None
    return _public(value.raw, value.sensitive_mask) if value.sensitive_mask else value.raw


def _public(raw: Json, mask: Json) -> Json:
    if not mask or mask is True:
        return None if mask is True else raw
    if isinstance(raw, dict) and isinstance(mask, dict):
        return {key: _public(part, mask.get(key)) for key, part in raw.items()}
    if isinstance(raw, list) and isinstance(mask, list):
        return [_public(part, mask[number] if number < len(mask) else None) for number, part in enumerate(raw)]
    return raw


def marked(mask: Json) -> list[str]:
    """The paths that a mask marks, as a policy writes them: `rule.0.expiration`. Empty for a value that is marked as a whole, too."""
    found: list[str] = []
    pending: list[tuple[str, Json]] = [("", mask)]
    while pending:
        path, part = pending.pop()
        if part is True and path:
            found.append(path)
        elif isinstance(part, dict):
            pending += [(f"{path}.{key}" if path else key, inner) for key, inner in part.items() if inner]
        elif isinstance(part, list):
            pending += [(f"{path}.{number}", inner) for number, inner in enumerate(part) if inner]
    return sorted(found)
