"""What a remedy works with: a failure, the block at fault, the block's instances, and what else the module has."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Sequence
from functools import cached_property, lru_cache
from typing import Any

from planproof.context import Context
from planproof.errors import SourceError, SyntaxProblem
from planproof.fix.edits import Edit
from planproof.fix.places import ModuleFiles, NotMechanical, Place
from planproof.plan.model import Instance, Module
from planproof.registry import all_checks
from planproof.syntax.nodes import Node
from planproof.text.paths import from_here, repository
from planproof.verdict import PLAN, Finding

Remedy = Callable[["Job"], Sequence[Edit]]
"""Gives the edits that make a failure pass. Raises NotMechanical."""


class Bench:
    """What the remedies of one plan share: the context, and the files of its modules."""

    def __init__(self, context: Context, failures: Sequence[Finding], judged: Container[str]) -> None:
        if context.source is None or context.source.root is None:
            raise SourceError(
                "the source is not a folder, so there is nothing to edit; provide the folder of the .tf files (--source)"
            )
        self.context, self.failures, self.root = context, failures, context.source.root
        self._judged = judged
        self.by_address = {instance.address: instance for instance in context.plan.instances}
        self.by_block: dict[str, list[Instance]] = {}
        for instance in context.plan.instances:
            self.by_block.setdefault(instance.local_address, []).append(instance)
        self.codes: dict[tuple[str, str], set[str]] = {}
        """The codes of the failures by check and subject."""
        for finding in failures:
            self.codes.setdefault((finding.check_id, finding.subject), set()).add(finding.code)
        self.edits: list[Edit] = []
        """Those that are made for other failures; empty while the first are worked out."""
        self.awaiting: set[int] = set()
        """The failures, by `id`, whose remedy needs to know the edits for all others."""
        self.memory: dict[Any, Any] = {}
        """What a remedy works out once for all failures."""
        self._files: dict[tuple[str, ...], ModuleFiles] = {}

    def is_outside(self, file: str) -> bool:
        """Whether a file is not in the source folder, all links followed."""
        return not os.path.realpath(file).startswith(os.path.join(os.path.realpath(self.root), ""))

    def _shares_repository(self, file: str) -> bool:
        mine = repository(os.path.realpath(self.root))
        return mine is not None and repository(os.path.dirname(file)) == mine

    def files_of(self, module: Module) -> ModuleFiles:
        """The files of a module. Raises NotMechanical if they are not this configuration's to edit."""
        if module.path not in self._files:
            self._files[module.path] = self._read(module)
        return self._files[module.path]

    def judges(self, check: str) -> bool:
        """Whether a check, by its key, is among those of this run."""
        return _ids()[check] in self._judged

    def alike(self, module: Module) -> list[Module]:
        """All instances of a module, by whichever call."""
        return self._alike.get(self._file(module), [module])

    @cached_property
    def _alike(self) -> dict[str, list[Module]]:
        """The instances of each module by its first file."""
        found: dict[str, list[Module]] = {}
        pending = [self.context.plan.root]
        while pending:
            module = pending.pop()
            found.setdefault(self._file(module), []).append(module)
            pending += [each for by_key in module.children.values() for each in by_key.values()]
        return found

    def _file(self, module: Module) -> str:
        """The first file of a module; its address if it has none here."""
        try:
            return self.files_of(module).first.file.path
        except NotMechanical:
            return module.address

    def _read(self, module: Module) -> ModuleFiles:
        name = f"module {'.'.join(module.path)}" if module.path else "the configuration"
        try:
            source = self.context.source.of(module) if self.context.source else None
            root = self.context.source.module(()) if self.context.source else None
        except SourceError as error:
            raise NotMechanical(str(error)) from None
        if root is not None and not root.tops and not root.problems:
            raise NotMechanical(f"{from_here(self.root)} has no .tf files; provide the folder of the root module (--source)")
        if source is None:
            raise NotMechanical(f"the source of {name} is not in the folder; change it where it is kept")
        if source.problems:
            raise NotMechanical(f"the source cannot be read: {source.problems[0]}")
        for path in {top.file.path for top in source.tops}:
            real = os.path.realpath(path)
            if self.is_outside(real) and not self._shares_repository(real):
                raise NotMechanical(
                    f"the files of {name} are neither in the source folder nor in its git repository; change them where they are kept"
                )
            if f"{os.sep}.terraform{os.sep}" in real:
                raise NotMechanical(f"{name} is installed from a registry or repository; change it there, or its arguments")
        return ModuleFiles(source)


class Job:
    """A failure to mend."""

    def __init__(self, finding: Finding, bench: Bench) -> None:
        self.finding, self.bench, self.context = finding, bench, bench.context
        self.notes: list[str] = []

    @property
    def instance(self) -> Instance:
        found = self.bench.by_address.get(self.finding.subject)
        if found is None:
            raise NotMechanical(f"{self.finding.subject} is not a resource of the plan")
        return found

    @property
    def others(self) -> list[Edit]:
        """The edits that are made for other failures. As long as they are not all known, this one is worked out again."""
        self.bench.awaiting.add(id(self.finding))
        return self.bench.edits

    @cached_property
    def place(self) -> Place:
        """The block at fault."""
        return self.place_of(self.instance)

    def place_of(self, instance: Instance) -> Place:
        """The block of an instance. Raises NotMechanical."""
        local = instance.local_address.split(".")
        return self.block(instance.module, *(local if local[0] == "data" else ("resource", *local)))

    def block(self, module: Module, *labels: str) -> Place:
        """A block of a module. Raises NotMechanical."""
        try:
            return self.bench.files_of(module).place(*labels)
        except SyntaxProblem as error:
            raise NotMechanical(f"the block cannot be read: {error}") from None

    def given(self, module: Module, name: str) -> tuple[Module, Node] | None:
        """What the call of a module gives to a variable, and the module of the call; None if it gives nothing, or nothing calls it."""
        if module.parent is None:
            return None
        found = self.block(module.parent, "module", module.name).argument(name)
        return (module.parent, found.expression) if found else None

    @cached_property
    def siblings(self) -> list[Instance]:
        """All instances of the block at fault, by whichever call of its module."""
        me, file = self.instance, self.place.top.file.path
        return [i for i in self.bench.by_block[me.local_address] if i.module.path == me.module.path or self._file_of(i) == file]

    def _file_of(self, instance: Instance) -> str:
        try:
            return self.place_of(instance).top.file.path
        except NotMechanical:
            return ""

    def fails(self, check: str, instance: Instance, *codes: str) -> bool:
        """Whether another check, by its key, fails for an instance."""
        found = self.bench.codes.get((_ids()[check], instance.address), set())
        return bool(found.intersection(codes) if codes else found)

    @cached_property
    def failing(self) -> list[Instance]:
        """Those of them that fail for the same reason."""
        check, code = self.finding.check_id, self.finding.code
        return [i for i in self.siblings if code in self.bench.codes.get((check, i.address), ())]

    def remembered(self, key: Any, find: Callable[[], Any]) -> Any:
        """What is the same for all failures of the plan, worked out once."""
        if key not in self.bench.memory:
            self.bench.memory[key] = find()
        return self.bench.memory[key]

    def settings(self, check: str) -> Any:
        return self.context.settings(check)

    @property
    def is_plan_wide(self) -> bool:
        return self.finding.subject == PLAN


@lru_cache(maxsize=1)
def _ids() -> dict[str, str]:
    """The id of each check by its key."""
    return {check.key: check.id for check in all_checks()}
