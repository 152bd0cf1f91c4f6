"""What each mutant of a good fixture changes, and whether it may: the rows of build/mutation, and the pages themselves.

The ideal configuration is judged by every check, each other fixture by its own; all without source, as a mutant changes plan JSON alone.
The two checks that read source have mutants of that (`source_mutants`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from planproof.check import Check
from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks
from planproof.text.wildcards import matches
from support.depends import DEPENDS
from support.mutants import ELSEWHERE, bare, mutants
from support.repository import ROOT, policy_of
from support.source_mutants import GOOD, source_rows
from support.survivors import REASONS, USUAL

IDEAL = GOOD / "ideal"
FOLDERS = [IDEAL, *sorted(file.parent for file in GOOD.glob("*/*/expected.json"))]
PAGES = ROOT / "build" / "mutation"
INDEX = ROOT / "build" / "mutation.md"
NOT_JUDGED = "not judged"

Verdicts = dict[tuple[str, str], set[tuple[str, str]]]


def reasons_of(check: Check) -> dict[str, str]:
    return REASONS.get(check.id, USUAL)


class Row(NamedTuple):
    """One mutant by one check. `changed` holds `FAIL no_lifecycle aws_s3_bucket.logs`, for each subject whose verdict is another one."""

    fixture: str
    place: str
    operator: str
    kind: str
    changed: tuple[str, ...]

    @property
    def names(self) -> tuple[str, str]:
        return f"{self.kind} {self.operator}", f"{self.fixture} {self.place} {self.operator}"

    def may_change(self, check: Check) -> bool:
        return any(matches(glob, self.kind) for glob in DEPENDS[check.id])

    def reason(self, check: Check) -> str | None:
        """The glob that says why nothing changes."""
        return next((glob for glob in reasons_of(check) if any(matches(glob, name) for name in self.names)), None)


def rows_of(check: Check) -> list[Row]:
    """Of all mutants that the check judges."""
    found = [row for folder in FOLDERS if folder == IDEAL or folder.parent.name == check.key for row in _rows(folder)]
    rows = [row._replace(changed=_of(check, row.changed)) for row in found]
    return rows + [Row(*row) for row in source_rows(check)]


def _of(check: Check, changed: Iterable[str]) -> tuple[str, ...]:
    return tuple(said.removeprefix(f"{check.id} ") for said in changed if said.startswith(f"{check.id} "))


@cache
def _rows(folder: Path) -> list[Row]:
    """`changed` begins with the check's id here."""
    policy, checks = policy_of(folder), checks_of(folder)
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    base, there = _verdicts(document, policy, checks)
    found = []
    for mutant in mutants(document):
        now, left = _verdicts(mutant.plan, policy, checks)
        name = str(folder.relative_to(GOOD))
        found.append(Row(name, mutant.place, mutant.operator, mutant.kind, _changes(base, now, there, left)))
    return found


def checks_of(folder: Path) -> tuple[Check, ...]:
    """Those that judge a fixture."""
    return tuple(check for check in all_checks() if folder == IDEAL or check.key == folder.parent.name)


def _verdicts(document: Any, policy: Policy, checks: tuple[Check, ...]) -> tuple[Verdicts, set[str]]:
    """Those of each check and subject, and the addresses of all that is in the plan."""
    plan = Plan.load(document)
    report = evaluate(plan, policy, checks=checks)
    assert report.errors == ()
    found: Verdicts = defaultdict(set)
    for finding in report.findings:
        found[finding.check_id, finding.subject].add((finding.verdict.value, finding.code))
    return found, {instance.address for instance in plan.instances}


def _changes(base: Verdicts, now: Verdicts, there: set[str], left: set[str]) -> tuple[str, ...]:
    """Of a subject that is gone, nothing; one that was moved keeps its verdict. Several instances that change alike are one."""
    back = {s.replace(ELSEWHERE, "", 1): s for _, s in now if ELSEWHERE in s and s.replace(ELSEWHERE, "", 1) not in left}
    stay = (left | back.keys()) & there | {"plan"}
    subjects = {(check, subject) for check, subject in (*base, *now) if subject in stay}
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for check, subject in subjects:
        before, after = base.get((check, subject), set()), now.get((check, back.get(subject, subject)), set())
        if {verdict for verdict, _ in before} != {verdict for verdict, _ in after}:
            found[check, bare(subject)][subject] = ", ".join(sorted(map(" ".join, after - before))) or NOT_JUDGED
    said = []
    for (check, name), outcomes in found.items():
        instances = {subject for other, subject in subjects if other == check and bare(subject) == name}
        alike = instances == outcomes.keys() and len(set(outcomes.values())) == 1
        said += [f"{check} {outcome} {name if alike else subject}" for subject, outcome in outcomes.items()]
    return tuple(sorted(set(said)))


# --- pages -------------------------------------------------------------------------------------------------------------

_HEAD = """\
# Proof by mutation

Written by `make test`.

From the plan of the ideal configuration and of every good fixture, each argument that a resource sets, in nested blocks and in documents
of JSON too, is deleted, set to null, made unknown, given another constant, and linked to a sibling of what it refers to; each block is
deleted; each resource is dropped, given `count = 0`, and moved to a module of its own; each output is dropped, made a constant, relinked,
and marked sensitive. Of what is read from source, each setting and each test is changed in turn (`tests/support/mutants.py`,
`tests/support/source_mutants.py`).

A check's verdicts depend on what is listed at the top of its page, by the specification and not by what the code does
(`tests/support/depends.py`). No other mutant may change a verdict of it; what does depend on it and changes nothing has its reason
(`tests/support/survivors.py`). What is made unknown never fails. Both lanes give the same verdicts for every one of these plans.

"""


def pages(rows: dict[str, list[Row]]) -> dict[Path, str]:
    """The text of each page; `rows` are those of each check, by its key."""
    checks = {check.key: check for check in all_checks()}
    texts = {PAGES / f"{key}.md": _page(checks[key], rows[key]) for key in rows}
    lines = [
        _HEAD + "| check | mutants | change a verdict | change none, with a reason | do not concern it |",
        "| --- | --: | --: | --: | --: |",
    ]
    for key in rows:
        changed, kept, other = _parts(checks[key], rows[key])
        counts = " | ".join(str(len(part)) for part in (rows[key], changed, kept, other))
        lines.append(f"| [{checks[key].id} {key}](mutation/{key}.md) | {counts} |")
    return {INDEX: "\n".join(lines) + "\n", **texts}


def _parts(check: Check, rows: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    changed = [row for row in rows if row.changed]
    same = [row for row in rows if not row.changed]
    return changed, [row for row in same if row.may_change(check)], [row for row in same if not row.may_change(check)]


def _page(check: Check, rows: list[Row]) -> str:
    lines = [f"# Mutants of {check.id} {check.key}", "", "Written by `make test`; [what this is](../mutation.md).", ""]
    lines += ["Its verdicts depend on " + ", ".join(f"`{glob}`" for glob in DEPENDS[check.id]) + "."]
    for fixture in dict.fromkeys(row.fixture for row in rows):
        changed, kept, other = _parts(check, [row for row in rows if row.fixture == fixture])
        if not changed and not kept:
            continue
        lines += [
            "",
            f"## {fixture}",
            "",
            f"{len(changed)} change a verdict, {len(kept)} change none, {len(other)} do not concern it.",
        ]
        lines += _table(
            ("what", "how", "verdicts that change"), ((row.place, row.operator, "; ".join(row.changed)) for row in changed)
        )
        reasons = ((row.place, row.operator, reasons_of(check).get(row.reason(check) or "", "")) for row in kept)
        lines += _table(("what", "how", "why nothing changes"), reasons)
    return "\n".join(lines) + "\n"


def _table(head: tuple[str, str, str], rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """One line for all operators on a place that come to the same."""
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place, operator, outcome in rows:
        grouped[place, outcome].append(operator)
    lines = ["", f"| {' | '.join(head)} |", "| --- | --- | --- |"]
    lines += [f"| `{place}` | {', '.join(operators)} | {outcome} |" for (place, outcome), operators in grouped.items()]
    return lines if grouped else []


def without_reason(check: Check, rows: list[Row]) -> list[Row]:
    """The mutants that concern the check, change nothing, and have no reason."""
    return [row for row in _parts(check, rows)[1] if row.reason(check) is None]


def left_over(check: Check, rows: list[Row]) -> list[str]:
    """The reasons that no mutant needs."""
    used = {row.reason(check) for row in _parts(check, rows)[1]}
    return [glob for glob in REASONS.get(check.id, ()) if glob not in used]
