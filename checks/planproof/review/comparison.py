"""Two plans beside each other: outputs that differ, controls that one has and the other lacks, failure modes that only one has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from planproof.context import Context
from planproof.evaluation.origin import deciding
from planproof.formats.common import rules_of
from planproof.plan.model import Plan
from planproof.review.document import Block, Bullets, Code, Heading, Paragraph, Prose, Table
from planproof.review.modes import MODES, mode_of
from planproof.verdict import Report, Standing, listed

_MOST_TYPES = 30


class Side(NamedTuple):
    """The report of a plan, and its context."""

    report: Report
    context: Context

    @property
    def plan(self) -> Plan:
        return self.context.plan


def compared(mine: Side, other: Side) -> Iterator[Block]:
    yield Heading(2, f"Beside {other.report.plan}")
    yield Paragraph([_prose(mine, other)])
    modes = [mode for mode in MODES if _standing(mine, mode=mode) or _standing(other, mode=mode)]
    yield Table(
        ("Failure mode", "This plan", other.report.plan),
        [
            ([f"{mode}. {MODES[mode]}"], [_word(_standing(mine, mode=mode))], [_word(_standing(other, mode=mode))])
            for mode in modes
        ],
    )
    yield from _outputs(mine, other)
    yield from _controls(mine, other)
    yield from _resources(mine, other)


def _prose(mine: Side, other: Side) -> str:
    """Which failure modes only one of them has, and which both."""
    failing = [{mode for mode in MODES if _standing(side, mode=mode) is Standing.FAIL} for side in (mine, other)]
    only_mine, only_other, both = failing[0] - failing[1], failing[1] - failing[0], failing[0] & failing[1]
    said = []
    if only_mine:
        said.append(f"Only this plan has {_listed(only_mine)}.")
    if only_other:
        said.append(f"Only the other plan has {_listed(only_other)}.")
    if both:
        said.append(f"Both have {_listed(both)}.")
    return " ".join(said) or "Neither plan has any of the failure modes."


def _listed(modes: set[int]) -> str:
    return f"failure mode{'s' * (len(modes) > 1)} {listed(sorted(modes), len(MODES))}"


def _standing(side: Side, mode: int | None = None, check: str | None = None) -> Standing | None:
    """The worst that is found of a mode, or of a check; None if there is nothing to judge."""
    found = {f.standing for f in side.report.findings if (mode_of(f.check_id) == mode if mode else f.check_id == check)}
    return next((standing for standing in Standing if standing in found), None)


def _word(standing: Standing | None) -> str:
    return standing.value if standing else "nothing to judge"


def _outputs(mine: Side, other: Side) -> Iterator[Block]:
    names = sorted({*mine.plan.outputs, *other.plan.outputs})
    rows: list[list[Prose]] = []
    for name in names:
        exported = [_exports(side, name) for side in (mine, other)]
        if exported[0] != exported[1]:
            rows.append([[Code(name)], *([Code(text)] if text else ["no such output"] for text in exported)])
    if rows:
        yield Heading(3, "Outputs that differ")
        yield Table(("Output", "This plan", other.report.plan), rows)


def _exports(side: Side, name: str) -> str:
    """What an output exports, without the names that people gave: `aws_kms_key.arn`; nothing if there is no such output."""
    if name not in side.plan.outputs:
        return ""
    origins = deciding(side.context.expressions.output(name).all_origins)
    found = {".".join([origin.type, *(origin.attribute or ())]) if origin.type else origin.display_name for origin in origins}
    return ", ".join(sorted(text for text in found if text)) or "a constant"


def _controls(mine: Side, other: Side) -> Iterator[Block]:
    """The checks of which the two have another verdict."""
    rules = rules_of([mine.report, other.report])
    rows: list[tuple[Prose, Prose, Prose]] = []
    for check_id, rule in rules.items():
        verdicts = [_standing(side, check=check_id) for side in (mine, other)]
        if verdicts[0] is not verdicts[1]:
            rows.append(([f"{rule.name} (", Code(check_id), ")"], [_word(verdicts[0])], [_word(verdicts[1])]))
    if rows:
        yield Heading(3, "Controls that differ")
        yield Table(("Control", "This plan", other.report.plan), rows)


def _resources(mine: Side, other: Side) -> Iterator[Block]:
    """The types of which one plan has more than the other."""
    counts = [Counter(instance.type for instance in side.plan.managed) for side in (mine, other)]
    lacks, extra = counts[1] - counts[0], counts[0] - counts[1]
    items: list[Prose] = []
    if lacks:
        items.append(["Only the other plan has ", *_types(lacks), "."])
    if extra:
        items.append(["Only this plan has ", *_types(extra), "."])
    if items:
        yield Heading(3, "Resources without a counterpart")
        yield Bullets(items)


def _types(counts: Counter[str]) -> list[str | Code]:
    found: list[str | Code] = []
    for kind, number in sorted(counts.items())[:_MOST_TYPES]:
        found += [", " if found else "", f"{number} " if number > 1 else "", Code(kind)]
    return [*found, f" and {len(counts) - _MOST_TYPES} types more"] if len(counts) > _MOST_TYPES else found
