"""What a check may look at: the plan, the policy and the source, and what is worked out of them once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from planproof.evaluation.arguments import Arguments
from planproof.evaluation.evaluator import Budget
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Origins
from planproof.evaluation.partial_plan import LeftOut
from planproof.evaluation.redaction import Redactor
from planproof.evaluation.regions import Regions
from planproof.evaluation.relations import Relations
from planproof.evaluation.result import Result, origins_of
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Value
from planproof.policy.model import Policy
from planproof.source.model import Source

_T = TypeVar("_T")

_MOST_TRIED, _TRIED_FOR_INSTANCE = 40_000, 5
"""What is tried for one purpose in one plan, as each filter with each alarm: this many, or so many for each instance."""


class Context:
    """What a check may look at. Everything in it is built at most once for a plan, when it is first asked for."""

    def __init__(self, plan: Plan, policy: Policy, source: Source | None = None) -> None:
        self.plan, self.policy = plan, policy
        self.source = source.read_by(plan.is_of_opentofu) if source else None
        self._shared: dict[object, Any] = {}
        self._for_assumptions = Budget()

    @cached_property
    def expressions(self) -> Expressions:
        return Expressions(self.plan, self.source)

    @cached_property
    def arguments(self) -> Arguments:
        return Arguments(self.expressions)

    @cached_property
    def regions(self) -> Regions:
        return Regions(self.plan, self.expressions)

    @cached_property
    def left_out(self) -> LeftOut:
        return LeftOut(self.plan, self.expressions)

    @cached_property
    def relations(self) -> Relations:
        return Relations(self.plan, self.expressions, self.argument, self.regions, self.left_out)

    @cached_property
    def redactor(self) -> Redactor:
        return Redactor(self.plan, self.origins, self.assuming if self.source else None)

    def settings(self, name: str) -> Mapping[str, Any]:
        """A check's section of the policy."""
        return self.policy.settings(name)

    def argument(self, instance: Instance, *path: str | int) -> Value:
        """The attribute at `path`; one that is unknown only because nobody set it is null."""
        return self.arguments.value(instance, *path)

    def may_be_set(self, instance: Instance, *path: str | int) -> bool:
        """Whether the configuration sets the argument; True also if that cannot be told."""
        return self.arguments.may_be_set(instance, *path)

    def evaluated(self, instance: Instance, *path: str | int) -> Result | None:
        """What the expression of an argument comes to, and what it was made of; None if the block does not set it."""
        return self.expressions.argument(instance, *path)

    def origins(self, instance: Instance, *path: str | int) -> Origins:
        """What an argument is made of; a value that draws on nothing is a constant; empty if the block does not set it."""
        return origins_of(self.evaluated(instance, *path))

    def assuming(self, given: Mapping[str, Any]) -> Expressions:
        """The expressions as they would be with other values of root variables, by name, and of `terraform.workspace`."""
        return Expressions(self.plan, self.source, given, self._for_assumptions)

    def display_value(self, instance: Instance, *path: str | int) -> str:
        """A value for a message. A text that a variable was given from outside is named, not shown."""
        return self.redactor.display_value(instance, *path)

    def once(self, build: Callable[[Context], Any]) -> Any:
        """What `build` makes of this context, made once: for facts about the whole plan that many subjects need."""
        if build not in self._shared:
            self._shared[build] = build(self)
        return self._shared[build]

    def tries(self, what: str, count: int = 1) -> str:
        """Counts what is tried, such as "pairs of metric filter and alarm": empty, or the sentence that says that no more are."""
        tried = self.memory("tried")
        tried[what] = tried.get(what, 0) + count
        most = max(_MOST_TRIED, _TRIED_FOR_INSTANCE * len(self.plan.instances))
        return "" if tried[what] <= most else f"more than {most:,} {what} are candidates, and planproof checks no more"

    def remembered(self, name: str, key: Hashable, find: Callable[[], _T]) -> _T:
        """What `find` comes to, found once for each key of that name."""
        known: dict[Hashable, _T] = self.memory(name)
        if key not in known:
            known[key] = find()
        return known[key]

    def memory(self, name: str) -> dict[Any, Any]:
        """What the code of that name remembers of this plan; empty at first."""
        found: dict[Any, Any] = self._shared.setdefault(name, {})
        return found
