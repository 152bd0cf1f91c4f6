"""What a check is: a declaration and a pure function.

    @check(id="CKV_PLAN_12", name="...", severity="MEDIUM", category="LOGGING", types=("aws_cloudwatch_log_group",))
    def log_group_retention(group: Instance, context: Context) -> Outcome: ...

The function is given one subject at a time (or the plan, where `types` is PLAN_WIDE) and answers with outcomes. It reads the
plan, the policy and the source through the context, changes nothing, and knows nothing of Checkov.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from planproof.arguments import argument, may_be_set
from planproof.hcl import Expression, expanded
from planproof.links import Links
from planproof.outside import Redactor
from planproof.partial import Evaluator, InstanceEvaluator
from planproof.plan import Instance, Json, Module, Plan, Value
from planproof.policy import Policy
from planproof.references import References
from planproof.source import Block, ModuleSource, Source
from planproof.verdict import SEVERITIES, Outcome

PLAN_WIDE: tuple[str, ...] = ()
"""For `types`: the subject is the plan itself."""
ANY_TYPE: tuple[str, ...] = ("*",)
"""For `types`: every managed resource, of those that `applies` admits."""

LISTED_TYPES: tuple[str, ...] = ("*listed",)
"""For `types`: those that `types` in the check's section of the policy lists, or has as keys with something other than null."""
CATEGORIES = (
    "LOGGING",
    "ENCRYPTION",
    "GENERAL_SECURITY",
    "NETWORKING",
    "IAM",
    "BACKUP_AND_RECOVERY",
    "CONVENTION",
    "SECRETS",
    "KUBERNETES",
    "APPLICATION_SECURITY",
    "SUPPLY_CHAIN",
    "API_SECURITY",
)
"""Those of Checkov's that fit a plan."""
_ID = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9]+_[0-9]+")


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
    def links(self) -> Links:
        return Links(self.plan, self.references, self.argument, self._read_of)

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


Judge = Callable[[Any, Context], Outcome | Iterable[Outcome]]


class Check(NamedTuple):
    """A check: `id` (CKV_...), `name` (one line: what holds when it passes), `severity` (one of SEVERITIES), `category`
    (one of Checkov's), `types` (the resource types of its subjects, PLAN_WIDE, ANY_TYPE or LISTED_TYPES), the function, and `applies`,
    which says whether an instance of those types is a subject."""

    id: str
    name: str
    severity: str
    category: str
    types: tuple[str, ...]
    judge: Judge
    applies: Callable[[Instance, Context], bool] | None = None
    key: str = ""
    """The check's section in the policy: the function's name."""
    problem: str = ""
    """Why its file cannot be loaded; then it fails whatever the plan is."""

    @property
    def is_plan_wide(self) -> bool:
        return self.types == PLAN_WIDE

    def subjects(self, context: Context) -> Iterable[Instance]:
        if self.types == ANY_TYPE:
            found = context.plan.managed
        else:
            found = context.plan.of_type(*(self._listed(context) if self.types == LISTED_TYPES else self.types))
        return found if self.applies is None else [i for i in found if self.applies(i, context)]

    def _listed(self, context: Context) -> list[str]:
        types = context.settings(self.key)["types"]
        return [kind for kind in types if not isinstance(types, Mapping) or types[kind] is not None]


def check(
    *,
    id: str,
    name: str,
    severity: str,
    category: str,
    types: tuple[str, ...],
    applies: Callable[[Instance, Context], bool] | None = None,
) -> Callable[[Judge], Check]:
    """Declares the decorated function a check. Raises ValueError where the declaration would come to nothing."""
    if not _ID.fullmatch(id):
        raise ValueError(f"the id of a check looks like CKV_ACME_1, not {id!r}")
    if severity not in SEVERITIES:
        raise ValueError(f"{id}: the severity is one of {', '.join(SEVERITIES)}, not {severity!r}")
    if category not in CATEGORIES:
        raise ValueError(f"{id}: the category is one of {', '.join(CATEGORIES)}, not {category!r}")
    if not isinstance(types, tuple):
        raise ValueError(f"{id}: types is a tuple of resource types, such as ('aws_s3_bucket',)")

    def declare(judge: Judge) -> Check:
        return Check(id, name, severity, category, types, judge, applies, judge.__name__)

    return declare
