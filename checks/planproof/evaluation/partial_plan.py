"""What the configuration has and this plan leaves out: `-target`, or deferred changes. Modules and single instances too."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.evaluation.expressions import Expressions
from planproof.evaluation.resources import keys_of, subjects_of
from planproof.evaluation.result import EvaluationError
from planproof.plan.addresses import index_text
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.value import Key

_MOST_MODULES = 10_000


class LeftOut:
    """Stand-ins for the resources that an incomplete plan leaves out: of none of them is anything known but its configuration."""

    def __init__(self, plan: Plan, expressions: Expressions) -> None:
        self._plan, self._expressions = plan, expressions
        self._by_type: dict[str, list[Instance]] | None = None

    def of_type(self, kind: str) -> list[Instance]:
        if self._by_type is None:
            self._by_type = {}
            for instance in [] if self._plan.is_complete else self._all():
                self._by_type.setdefault(instance.type, []).append(instance)
        return self._by_type.get(kind, [])

    def _all(self) -> Iterator[Instance]:
        for module in self._modules():
            prefix = f"{module.address}." if module.address else ""
            for local, config in module.config.resources.items():
                if config.raw.get("mode") != "managed":
                    continue
                for key in self._missing(module, local):
                    address = f"{prefix}{local}{index_text(key)}"
                    raw = {**config.raw, "address": address, "values": None, "index": key}
                    yield Instance(raw, module, {"after_unknown": True})

    def _modules(self) -> Iterator[Module]:
        """All instances of all modules that the configuration makes, as far as their keys can be told."""
        pending, seen = [self._plan.root], 0
        while pending and seen < _MOST_MODULES:
            module = pending.pop()
            seen += 1
            yield module
            for name in module.config.calls:
                pending.extend(self._called(module, name))

    def _called(self, module: Module, name: str) -> list[Module]:
        try:
            found = self._expressions.called(module, name).raw
        except EvaluationError:
            return []
        known = [subject for subject in subjects_of(found) if isinstance(subject, Module)]
        return known or list(module.children.get(name, {}).values())

    def _missing(self, module: Module, local: str) -> list[Key]:
        """The keys of the instances that are not in the plan; None stands for one whose key cannot be told."""
        there = module.resources.get(local, {})
        repetition = self._expressions.repetition(module, local)
        if repetition.raw is None:
            return [] if there else [None]
        keys = keys_of(repetition)
        return [None] if keys is None else [key for key in keys if key not in there]
