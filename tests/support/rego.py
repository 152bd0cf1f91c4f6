"""Engines that evaluate Rego: OPA itself, and a second opinion that is stricter about order."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import pytest

Json = Any


Ask = Callable[[Mapping[str, str], Json], dict[str, Json]]
"""What references come to for an input, by the names that they are given."""


def opa(modules: Mapping[str, str], data: Json) -> Ask:
    """OPA with modules and data, compiled once. What a builtin refuses is an error here, and not undefined as in `opa eval`."""
    from opa_bindings import OpaEngine

    engine = OpaEngine()
    for name, text in modules.items():
        engine.add_policy(name, text)
    for name, value in data.items():
        engine.add_data(value, name)
    return lambda rules, plan: engine.eval_query("; ".join(f"{name} = {rule}" for name, rule in rules.items()), input=plan)[0]


def regorus(modules: Mapping[str, str], data: Json) -> Ask:
    from regorus import Engine

    engine = Engine()
    for name, text in modules.items():
        engine.add_policy(name, text)
    engine.add_data(data)

    def ask(rules: Mapping[str, str], plan: Json) -> dict[str, Json]:
        one = engine.clone()
        one.set_input(plan)
        return {name: one.eval_rule(rule) for name, rule in rules.items()}

    return ask


def _needs(module: str) -> pytest.MarkDecorator:
    is_here = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not is_here, reason=f"there is no {module} here (make fast installs it where there is a wheel)")


ENGINES = [pytest.param(opa, marks=_needs("opa_bindings")), pytest.param(regorus, marks=_needs("regorus"))]
