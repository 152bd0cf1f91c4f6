"""Engines that evaluate Rego: OPA itself, and a second opinion that is stricter about order."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import pytest

Json = Any


Policies = str | Mapping[str, str]
"""One text, or several by the names of their files."""


def opa(policy: Policies, rules: Mapping[str, str], plan: Json, data: Json) -> dict[str, Json]:
    """What the rules come to: by name, the value of each reference."""
    from opa_bindings import OpaEngine

    with OpaEngine() as engine:
        for file, text in _named(policy).items():
            engine.add_policy(file, text)
        for name, value in data.items():
            engine.add_data(value, name)
        return {name: engine.eval_query(f"x = {rule}", input=plan)[0]["x"] for name, rule in rules.items()}


def regorus(policy: Policies, rules: Mapping[str, str], plan: Json, data: Json) -> dict[str, Json]:
    from regorus import Engine

    engine = Engine()
    for file, text in _named(policy).items():
        engine.add_policy(file, text)
    engine.add_data(data)
    engine.set_input(plan)
    return {name: engine.eval_rule(rule) for name, rule in rules.items()}


def _named(policy: Policies) -> Mapping[str, str]:
    return {"policy.rego": policy} if isinstance(policy, str) else policy


def _needs(module: str) -> pytest.MarkDecorator:
    is_here = importlib.util.find_spec(module) is not None
    return pytest.mark.skipif(not is_here, reason=f"there is no {module} here (make fast installs it where there is a wheel)")


ENGINES = [pytest.param(opa, marks=_needs("opa_bindings")), pytest.param(regorus, marks=_needs("regorus"))]
