"""In which region an instance is made: by its own `region` argument (AWS provider 6), else by its provider's."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from planproof.evaluation.expressions import Expressions
from planproof.plan.model import Instance, Plan


class Regions:
    """The regions and the account of one plan."""

    def __init__(self, plan: Plan, expressions: Expressions) -> None:
        self._plan, self._expressions = plan, expressions
        self._of_provider: dict[str, Hashable] = {}

    def same(self, one: Instance, other: Instance) -> bool | None:
        """Whether both are made in one region; None if the plan does not tell."""
        if (
            not one.configured("region")
            and not other.configured("region")
            and self._plan.provider_key(one) == self._plan.provider_key(other)
        ):
            return True
        first, second = self.of(one), self.of(other)
        if first == second:
            return True
        return False if isinstance(first, str) and isinstance(second, str) else None

    def name(self, instance: Instance) -> str | None:
        """The region's name, if the plan tells it."""
        found = self.of(instance)
        return found if isinstance(found, str) else None

    @cached_property
    def account(self) -> str | None:
        """The account that the plan is made for, if a data source looked it up and there is just one."""
        data = (d.get("account_id").text for d in self._plan.data_sources if d.type == "aws_caller_identity")
        found = {account for account in data if account}
        return next(iter(found)) if len(found) == 1 else None

    def of(self, instance: Instance) -> Hashable:
        """The region's name, or what stands for one that is not known: equal for two instances only if their regions are."""
        own = instance.get("region")
        if own.text and "region" in instance.value.names():
            return own.text
        if instance.configured("region"):
            result = self._expressions.argument(instance, "region")
            return result.text or ("argument", result.all_origins) if result is not None else ("of", instance.address)
        key = self._plan.provider_key(instance)
        if key not in self._of_provider:
            self._of_provider[key] = self._find(key)
        return self._of_provider[key]

    def _find(self, key: str) -> Hashable:
        provider = self._plan.provider(key)
        expression = provider.expression("region")
        if expression is None:
            return ("provider", "the environment's")
        if "constant_value" in expression and not expression.get("references"):
            return str(expression["constant_value"])
        if provider.raw.get("module_address"):
            return ("provider", key)
        result = self._expressions.of_plan(expression)
        origins = result.all_origins
        known = self._expressions.value(origins[0]).text if len(origins) == 1 else None
        return known or ("argument", origins)
