"""How a configuration says which environment it is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from planproof.context import Context
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Kind, Origin

_DEEPEST = 10  # objects in one another, in the value of a variable


def environment_in(origins: Iterable[Origin], context: Context) -> str | None:
    """The name by which the origins vary from environment to environment (`var.environment`, `terraform.workspace`), or None.

    It is a root variable, or a part of one, that the policy names, one whose value carries an environment's name as a word, or the
    workspace.
    """
    settings = context.policy.section("environments")
    for origin in origins:
        if origin.kind is Kind.NAMED and origin.name == "terraform.workspace" and settings["workspace"]:
            return origin.name
        if origin.kind is Kind.VARIABLE and (_is_named(origin, settings["variables"]) or _carries_name(origin, context)):
            return f"var.{origin.name}"
    return None


def _is_named(origin: Origin, variables: Iterable[str]) -> bool:
    return origin.name in variables or (origin.attribute or ("",))[-1] in variables


def varies(context: Context, ask: Callable[[Expressions], object], origins: Iterable[Origin]) -> str | None:
    """The name of the environment if an answer is not the same in all of the policy's environments, or is False; None if it is the
    same, or does not ask for the environment. What cannot be worked out (None) varies if the environment is among what it is made of."""
    name = environment_in(origins, context)
    if name is None:
        return None
    answers = {ask(expressions) for expressions in (context.expressions, *context.once(environments))}
    return name if len(answers) > 1 or answers & {False, None} else None


def environments(context: Context) -> tuple[Expressions, ...]:
    """The expressions as they are in each environment that the policy names. Use as `context.once(environments)`."""
    settings = context.policy.section("environments")
    names = [str(name) for name in settings["names"]]
    return tuple(context.assuming(_given(name, names, settings, context)) for name in names)


def _given(environment: str, names: list[str], settings: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The root variables as an environment would have them."""
    given: dict[str, Any] = {"terraform.workspace": environment} if settings["workspace"] else {}
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, names))})(?![^\W_])", re.IGNORECASE)
    for name, value in context.plan.variables.items():
        raw = _renamed(value.raw, pattern, environment, settings["variables"])
        if name in settings["variables"] and raw == value.raw and not isinstance(raw, (dict, list)):
            raw = environment
        if raw != value.raw:
            given[name] = raw
    return given


def _renamed(raw: Any, pattern: re.Pattern[str], environment: str, variables: Iterable[str], depth: int = _DEEPEST) -> Any:
    """A value with another environment's name in it, and under the keys that the policy names; a list of names is none."""
    if isinstance(raw, str):
        return pattern.sub(environment, raw)
    if not isinstance(raw, dict) or not depth:
        return raw
    found = {key: _renamed(value, pattern, environment, variables, depth - 1) for key, value in raw.items()}
    unchanged = [key for key in found if key in variables and found[key] == raw[key] and isinstance(raw[key], str)]
    return {**found, **dict.fromkeys(unchanged, environment)}


def _carries_name(origin: Origin, context: Context) -> bool:
    text = context.expressions.value(origin).text
    names = {str(name).lower() for name in context.policy.section("environments")["names"]}
    return text is not None and not names.isdisjoint(re.split(r"[^a-z0-9]+", text.lower()))
