"""How a configuration says which environment it is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from planproof.context import Context
from planproof.plan.origin import Kind, Origin


def environment_in(origins: Iterable[Origin], context: Context) -> str | None:
    """The name by which the origins vary from environment to environment (`var.environment`, `terraform.workspace`), or None.

    It is a root variable that the policy names, one whose value carries an environment's name as a word, or the workspace.
    """
    settings = context.policy.section("environments")
    for origin in flat(origins):
        if origin.kind is Kind.NAMED and origin.name == "terraform.workspace" and settings["workspace"]:
            return origin.name
        if origin.kind is Kind.VARIABLE and (origin.name in settings["variables"] or _carries_name(origin, context)):
            return f"var.{origin.name}"
    return None


def flat(origins: Iterable[Origin]) -> Iterator[Origin]:
    """The origins, and what the keys among them come from."""
    for origin in origins:
        yield origin
        yield from flat(origin.within)


def _carries_name(origin: Origin, context: Context) -> bool:
    text = context.references.value(origin).text
    names = {str(name).lower() for name in context.policy.section("environments")["names"]}
    return text is not None and not names.isdisjoint(re.split(r"[^a-z0-9]+", text.lower()))
