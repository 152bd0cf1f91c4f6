"""The bundled profiles, and how a policy is laid over the one that it extends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from planproof.policy import bundled

DEFAULT = "secure-logs"
"""The profile that holds if none is named. It extends no other."""
PROFILES = tuple(sorted(bundled.POLICIES))


@cache
def bundled_data(name: str) -> Mapping[str, Any]:
    """What the file of a bundled profile says."""
    loaded = json.loads(bundled.POLICIES[name])
    assert isinstance(loaded, dict)
    return loaded


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps merge by key, everything else replaces."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
