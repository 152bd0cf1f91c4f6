"""The patches of a plan's failures: for each the edits that make it pass, or the sentence that says why no mechanical remedy is right.

context = Context(plan, policy, source)
found = patches(evaluate_in(context), context)
print(diff(changes(found), patched_from(source.root)))
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from planproof.context import Context
from planproof.errors import SourceError
from planproof.fix.edits import Edit, Overlap, applied, fitting
from planproof.fix.ignored import refuse_inert
from planproof.fix.job import Bench, Job
from planproof.fix.layout import aligned
from planproof.fix.places import NotMechanical
from planproof.fix.remedies.table import remedy_of
from planproof.source.files import MAX_FILE_BYTES, regular
from planproof.text.paths import from_here, link_to
from planproof.verdict import Finding, Report, Standing


class Patch(NamedTuple):
    """What `fix` does about a failure: edits, or why there are none. `notes` say what a person still has to decide or do."""

    finding: Finding
    edits: tuple[Edit, ...] = ()
    why_not: str = ""
    notes: tuple[str, ...] = ()


class Change(NamedTuple):
    """A file before and after, both without the byte order mark that it may begin with; `before` is None where there was none."""

    file: str
    before: str | None
    after: str
    mark: str = ""


def failures(report: Report, with_advice: bool = False) -> list[Finding]:
    """What a patch is for, in the order of the report."""
    return [f for f in report.findings if f.standing is Standing.FAIL or (with_advice and f.standing is Standing.ADVISORY)]


def patches(report: Report, context: Context, with_advice: bool = False) -> list[Patch]:
    """A patch for each failure of the report, in its order. The edits of all of them fit together. Raises SourceError where the context
    has no source folder."""
    wanted = failures(report, with_advice)
    bench = Bench(context, wanted, {finding.check_id for finding in report.findings})
    found = [_patch(finding, bench) for finding in wanted]
    for is_last in (False, True):
        bench.edits = [edit for patch in found for edit in patch.edits]
        found = [
            _patch(each.finding, bench) if (id(each.finding) in bench.awaiting if is_last else each.why_not) else each
            for each in found
        ]
    return _fitting(found)


def _fitting(found: list[Patch]) -> list[Patch]:
    """The patches, without the edits of those that change what an earlier one changes. Only files with such edits are looked at in turn."""
    by_file: dict[str, list[Edit]] = {}
    for patch in found:
        for edit in patch.edits:
            by_file.setdefault(edit.file, []).append(edit)
    kept: dict[str, list[Edit]] = {file: [] for file, edits in by_file.items() if not _fit(edits)}
    for number, patch in enumerate(found):
        in_doubt = [edit for edit in patch.edits if edit.file in kept]
        if in_doubt and not all(_fit([*kept[edit.file], *in_doubt]) for edit in in_doubt):
            found[number] = Patch(patch.finding, (), _OVERLAP)
        else:
            for edit in in_doubt:
                kept[edit.file].append(edit)
    return found


_OVERLAP = "another fix changes the same lines; apply that one, plan again and run planproof fix again"


def _fit(edits: Iterable[Edit]) -> bool:
    try:
        fitting(edits)
    except Overlap:
        return False
    return True


def _patch(finding: Finding, bench: Bench) -> Patch:
    job = Job(finding, bench)
    try:
        remedy = remedy_of(finding)
        edits = tuple(fitting(remedy(job)))
        refuse_inert(job, edits)
        _look_at_files(job, {edit.file for edit in edits})
    except NotMechanical as reason:
        return Patch(finding, (), str(reason))
    except Exception as error:  # of a remedy that did not foresee a plan: the others still count, and its text may hold a value
        return Patch(finding, (), f"the remedy failed ({type(error).__name__}); please report it")
    return Patch(
        finding,
        edits,
        "" if edits else "nothing in the source is at fault by itself; the page of the check says what to do",
        tuple(job.notes),
    )


def _look_at_files(job: Job, files: Iterable[str]) -> None:
    """Tells of files that others may use. Raises NotMechanical for those that git does not patch."""
    for file in sorted(files):
        link = link_to(file, job.bench.root)
        if link:
            raise NotMechanical(f"{link} is a link, and what it leads to may serve others too; change that, or replace the link")
        if job.bench.is_outside(file):
            folder = from_here(os.path.dirname(file))
            job.notes.append(f"the patch changes {folder}, which others may use too; apply it in the root of the git repository")


def changes(found: Iterable[Patch]) -> list[Change]:
    """What the patches make of each file, in the layout of `terraform fmt`. Raises SourceError."""
    by_file: dict[str, list[Edit]] = {}
    for edit in fitting(edit for patch in found for edit in patch.edits):
        by_file.setdefault(edit.file, []).append(edit)
    return [_change(file, edits) for file, edits in sorted(by_file.items())]


def _change(file: str, edits: list[Edit]) -> Change:
    whole = read_exactly(file) if os.path.lexists(file) else None
    before = None if whole is None else whole.removeprefix(_MARK)
    text, changed = applied(before or "", edits)
    return Change(file, before, aligned(text, changed), _MARK if whole != before else "")


_MARK = "\ufeff"


def read_exactly(file: str) -> str:
    """The text of a file as its bytes are. Raises SourceError if they are not UTF-8."""
    try:
        return regular(file, file, MAX_FILE_BYTES).decode("utf-8")
    except UnicodeDecodeError:
        raise SourceError(f"{file} is not UTF-8, so it is not edited; convert it first") from None


def diff(found: Iterable[Change], root: str | os.PathLike[str]) -> str:
    """The changes as a unified diff, whose paths begin in the folder `root`; `patched_from` gives the one that `git apply` needs."""
    top = os.path.realpath(root)
    by_name = {Path(os.path.relpath(os.path.realpath(change.file), top)).as_posix(): change for change in found}
    return "".join(_of_file(change, name) for name, change in sorted(by_name.items()))


def changed_lines(change: Change) -> list[str]:
    """The lines that a change takes out (`-`) and adds (`+`), without those of which only the blanks change: they may hold anything."""
    from difflib import ndiff

    found = [line for line in ndiff(_lines(change.before or ""), _lines(change.after)) if line[0] in "+-"]
    kept: list[str] = []
    for line in found:
        sign, text = line[0], line[2:].rstrip("\n")
        other = "-" if sign == "+" else "+"
        if text.strip() and not any(each[0] == other and each[2:].split() == text.split() for each in found):
            kept.append(f"{sign} {text}")
    return kept


def _of_file(change: Change, name: str) -> str:
    from difflib import unified_diff

    before, after = (_lines(f"{change.mark}{text}") for text in (change.before or "", change.after))
    hunks = list(unified_diff(before, after))[2:]
    if not hunks:
        return ""
    tab = "\t" if " " in name else ""  # which ends a name with blanks
    is_new = change.before is None
    head = [f"diff --git a/{name} b/{name}\n", *(["new file mode 100644\n"] if is_new else [])]
    head += [f"--- {'/dev/null' if is_new else f'a/{name}{tab}'}\n", f"+++ b/{name}{tab}\n"]
    return "".join([*head, *(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in hunks)])


def _lines(text: str) -> list[str]:
    """The lines with their ends, as git counts them."""
    *whole, rest = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([rest] if rest else [])]
