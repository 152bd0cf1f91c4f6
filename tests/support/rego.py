"""Engines that evaluate Rego: OPA itself, and a second opinion that is stricter about order."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Json = Any


Policies = str | Mapping[str, str]
"""One text, or several by the names of their files."""


Ask = Callable[[Mapping[str, str], Json], dict[str, Json]]
"""What references come to for an input, by the names that they are given."""


def compiled_opa(policy: Policies, data: Json) -> Ask:
    """OPA, compiled once. What a builtin function refuses is an error here, and not undefined as in `opa eval`."""
    from opa_bindings import OpaEngine

    engine = OpaEngine()
    for file, text in _named(policy).items():
        engine.add_policy(file, text)
    for name, value in data.items():
        engine.add_data(value, name)
    return lambda rules, plan: engine.eval_query("; ".join(f"{name} = {rule}" for name, rule in rules.items()), input=plan)[0]


def compiled_regorus(policy: Policies, data: Json) -> Ask:
    from regorus import Engine

    engine = Engine()
    for file, text in _named(policy).items():
        engine.add_policy(file, text)
    engine.add_data(data)

    def ask(rules: Mapping[str, str], plan: Json) -> dict[str, Json]:
        one = engine.clone()
        one.set_input(plan)
        return {name: one.eval_rule(rule) for name, rule in rules.items()}

    return ask


def opa(policy: Policies, rules: Mapping[str, str], plan: Json, data: Json) -> dict[str, Json]:
    """What the rules come to: by name, the value of each reference."""
    return compiled_opa(policy, data)(rules, plan)


def regorus(policy: Policies, rules: Mapping[str, str], plan: Json, data: Json) -> dict[str, Json]:
    return compiled_regorus(policy, data)(rules, plan)


def _named(policy: Policies) -> Mapping[str, str]:
    return {"policy.rego": policy} if isinstance(policy, str) else policy


def _needs(module: str) -> pytest.MarkDecorator:
    is_here = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not is_here, reason=f"there is no {module} here (make fast installs it where there is a wheel)")


ENGINES = [pytest.param(opa, marks=_needs("opa_bindings")), pytest.param(regorus, marks=_needs("regorus"))]
COMPILED = [pytest.param(compiled_opa, marks=_needs("opa_bindings")), pytest.param(compiled_regorus, marks=_needs("regorus"))]
