"""What a check may look at: the plan, the policy and the source, and what is worked out of them once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from planproof.plan.model import Instance, Module, Plan
from planproof.plan.redaction import Redactor
from planproof.plan.references import References
from planproof.plan.relations import Relations
from planproof.plan.value import Json, Value
from planproof.policy.model import Policy
from planproof.source.arguments import argument, may_be_set
from planproof.source.blocks import Block, ModuleSource
from planproof.source.evaluator import Evaluator, InstanceEvaluator
from planproof.source.expressions import Expression, expanded
from planproof.source.model import Source


class Context:
    """What a check may look at. Everything in it is built at most once for a plan, when it is first asked for."""

    def __init__(self, plan: Plan, policy: Policy, source: Source | None = None) -> None:
        self.plan, self.policy, self.source = plan, policy, source
        self._shared: dict[object, Any] = {}

    @cached_property
    def references(self) -> References:
        return References(self.plan, self.source)

    @cached_property
    def redactor(self) -> Redactor:
        return Redactor(self.plan, self.references)

    @cached_property
    def relations(self) -> Relations:
        return Relations(self.plan, self.references, self.argument, self._read_of)

    @cached_property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.plan, self.source)

    @cached_property
    def _instance_evaluator(self) -> InstanceEvaluator:
        return InstanceEvaluator(self.plan, self.source)

    def _read_of(self, instance: Instance, name: str) -> Instance | None:
        return self._instance_evaluator.instance(instance, name) if self.source else None

    def settings(self, name: str) -> Mapping[str, Any]:
        """A check's section of the policy."""
        return self.policy.settings(name)

    def module_source(self, module: Module) -> ModuleSource | None:
        """The source of a module, if there is one."""
        return self.source.of(module) if self.source else None

    def source_block(self, instance: Instance) -> Block | None:
        """The block of the instance in the source, if there is one."""
        return self.source.block_of(instance) if self.source else None

    def argument(self, instance: Instance, *path: str | int) -> Value:
        """The attribute at `path`; one that is unknown only because nobody set it is null."""
        value = instance.get(*path)
        if not value.is_unknown:
            return value
        return argument(instance, path, self.source_block(instance), self._is_settled(instance))

    def may_be_set(self, instance: Instance, *path: str | int) -> bool:
        """Whether the configuration sets the argument; True also where that cannot be told."""
        return may_be_set(instance, path, self.source_block(instance), self._is_settled(instance))

    def _is_settled(self, instance: Instance) -> Callable[[Json], bool]:
        scope = self.references.scope(instance)
        return lambda expression: self.references.is_settled(expression, scope)

    def expanded(self, expression: Expression, module: Module) -> str:
        """The text of an expression, with the module's locals written out."""
        source = self.module_source(module)
        return expanded(expression, source.locals if source else {})

    def display_value(self, instance: Instance, *path: str | int) -> str:
        """A value for a message. What a variable was given from outside is named, not shown."""
        return self.redactor.display_value(instance, *path)

    def once(self, build: Callable[[Context], Any]) -> Any:
        """What `build` makes of this context, made once: for facts about the whole plan that many subjects need."""
        if build not in self._shared:
            self._shared[build] = build(self)
        return self._shared[build]

    def memory(self, name: str) -> dict[Any, Any]:
        """What the code of that name remembers of this plan; empty at first."""
        found: dict[Any, Any] = self._shared.setdefault(name, {})
        return found
