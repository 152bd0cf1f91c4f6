"""Compares what planproof makes of each argument and output with what Terraform made of it.

    python tools/differential.py FOLDER...              # each has a plan.json and the configuration that it was made from
    python tools/differential.py --pairs FILE.tsv       # a plan and the folder of its configuration on each line

Every argument and root output that the plan knows and the source writes is worked out again from the source, and compared. Prints the counts and every
difference; ends with 1 if there is one. What a provider is known to change on the way is in `same`, and nothing else is let pass.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from planproof.errors import CommandError, PlanproofError
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.result import Result, is_known, plain
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Value
from planproof.source.model import Source

Json = Any
Path_ = tuple[str | int, ...]


class Difference(NamedTuple):
    """An argument of which the source gives another value than the plan."""

    plan: str
    argument: str
    ours: Json
    terraform: Json

    def __str__(self) -> str:
        ours, terraform = (json.dumps(value, ensure_ascii=False, default=str)[:200] for value in (self.ours, self.terraform))
        return f"{self.plan}: {self.argument}\n  ours       {ours}\n  terraform  {terraform}"


class Comparison:
    """What came of all arguments: `counts` by outcome, and the differences."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(compared=0, equal=0, different=0, undetermined=0)
        self.differences: list[Difference] = []

    def add(self, plan: Path, source: Path) -> None:
        """Compares one plan with its source. Raises PlanproofError."""
        loaded = Plan.load(plan)
        expressions = Expressions(loaded, Source.open(source).read_by(loaded.is_of_opentofu))
        for instance in loaded.instances:
            if instance.config is None or expressions.body(instance) is None:
                self.counts["without source"] += len(instance.value.names())
                continue
            for path in leaves(instance.config.expressions):
                self._argument(str(plan), expressions, instance, path)
        for name, output in loaded.outputs.items():
            result = expressions.output(name)
            self._count(outcome_of(result, output.value, (name,)), str(plan), f"output.{name}", result, output.value)

    def _argument(self, plan: str, expressions: Expressions, instance: Instance, path: Path_) -> None:
        result, value = expressions.argument(instance, *path), instance.get(*path)
        outcome = outcome_of(result, value, path)
        if result is None and outcome == "different" and _may_lack(expressions, instance, path):
            outcome = FILLED_IN
        self._count(outcome, plan, ".".join([instance.address, *map(str, path)]), result, value)

    def _count(self, outcome: str, plan: str, argument: str, result: Result | None, value: Value) -> None:
        self.counts[outcome] += 1
        if outcome in ("equal", "different"):
            self.counts["compared"] += 1
        if outcome == "different":
            self.differences.append(Difference(plan, argument, plain(result) if result else None, value.raw))


FILLED_IN = "not set, or null, and filled in by the provider"


def outcome_of(result: Result | None, value: Value, path: Path_) -> str:
    """Why an argument is not compared, or what came of it."""
    if value.is_unknown or value.has_unknown:
        return "known after apply"
    if "timeouts" in path or str(path[-1]).endswith("_wo"):
        return "never in a plan"  # write-only arguments, and times that are Terraform's own business
    if result is None:
        return "not set" if value.is_unset else "different"
    if not is_known(result):
        return "undetermined"
    ours = plain(result)
    if is_empty(ours):
        return "equal" if value.is_unset else FILLED_IN
    return "equal" if same(ours, value.raw) else "different"


def _may_lack(expressions: Expressions, instance: Instance, path: Path_) -> bool:
    """Whether one of several blocks does not set the argument: in a set, the plan's order is not the configuration's."""
    blocks = expressions.nested(instance, *(step for step in path[:-1] if isinstance(step, str))) or []
    return any(path[-1] not in block.body.attributes for block in blocks)


def leaves(expressions: Mapping[str, Json], prefix: Path_ = ()) -> Iterator[Path_]:
    """The paths of the arguments that a block sets, those of its nested blocks among them."""
    for name, expression in expressions.items():
        if isinstance(expression, list):
            for number, block in enumerate(expression):
                if isinstance(block, dict):
                    yield from leaves(block, (*prefix, name, number))
        elif isinstance(expression, dict):
            is_leaf = not expression or "references" in expression or "constant_value" in expression
            yield from [(*prefix, name)] if is_leaf else leaves(expression, (*prefix, name, 0))


def is_empty(value: Json) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def same(ours: Json, terraform: Json) -> bool:
    """Whether both are one value: as it is, as a provider's types have it, hashed, as `user_data` is, or in lower case, as the time of
    a maintenance is."""
    if as_the_provider_has_it(ours) == as_the_provider_has_it(terraform):
        return True
    if not isinstance(ours, str) or not isinstance(terraform, str):
        return False
    return terraform in (hashlib.sha1(ours.encode()).hexdigest(), ours.lower() if _WEEKLY.match(ours) else ours)


_WEEKLY = re.compile(r"\w{3}:\d\d:\d\d-\w{3}:\d\d:\d\d$")


def as_the_provider_has_it(value: Json) -> Json:
    """A number and a truth value are texts; sets have no order and no doubles, and plan JSON does not tell them from lists; JSON text
    is what it says; an attribute of a block that has no value is not there, or has its type's empty one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if float(value).is_integer() else str(value)
    if isinstance(value, dict):
        found = {key: as_the_provider_has_it(each) for key, each in value.items()}
        return {key: each for key, each in found.items() if each not in (None, "", "false", [], {})}
    if isinstance(value, list):
        distinct = {json.dumps(found := as_the_provider_has_it(each), sort_keys=True): found for each in value}
        return [distinct[key] for key in sorted(distinct)]
    return _as_json(value) if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value


def _as_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def pairs_of(folders: Iterable[Path], lists: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Each plan with the folder of its configuration. Raises CommandError."""
    for folder in folders:
        yield folder / "plan.json", folder
    for file in lists:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            plan, *source = line.split("\t")
            if not source:
                raise CommandError(f"{file}:{number}: write a plan, a tab, and the folder of its configuration")
            yield Path(plan), Path(source[0])


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Compares our values with Terraform's.")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--pairs", action="append", default=[], type=Path)
    given = parser.parse_args(words)
    comparison = Comparison()
    for plan, source in pairs_of(given.folders, given.pairs):
        try:
            comparison.add(plan, source)
        except PlanproofError as error:
            print(error)
            comparison.counts["plans that cannot be read"] += 1
    print(*comparison.differences, sep="\n")
    print(*(f"{count:>8} {outcome}" for outcome, count in comparison.counts.items()), sep="\n")
    return 1 if comparison.differences else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, PlanproofError) as problem:
        sys.exit(f"differential: {problem}")
