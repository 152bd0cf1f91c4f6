"""Gives each failure of a report what makes it pass, for reports that show patches. A report may be public: what is secret is not in it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property

from planproof.context import Context
from planproof.errors import PlanproofError, SyntaxProblem
from planproof.fix.hunks import hunks, replacements
from planproof.fix.patches import Change, Patch, changes, diff, failures, patches
from planproof.source.excerpt import hidden
from planproof.syntax.blocks import TopBlock, top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.hcl import parse
from planproof.syntax.nodes import Attribute, Literal, Node
from planproof.text.paths import patched_from
from planproof.verdict import Fix, Report

MAX_FIXES = 50
"""Different patches of one check in a report. Each is made and compared for itself."""
WITHHELD = "the patch would show a value that Terraform keeps secret; planproof fix prints it"
UNSHOWN = "the patch has characters that a report does not show; planproof fix prints it"
TOO_MANY = f"the report shows only {MAX_FIXES} patches of a check; planproof fix writes all of them"
_CONTEXT = 3  # lines around a hunk
_SHORTEST = 3  # shorter texts stand in too many words
_PUBLIC = ("alias", "default_tags", "region", "version")  # of a provider: no plan says what else is secret
_STATE = ("backend", "cloud")  # blocks of `terraform` that no plan holds


def with_fixes(report: Report, context: Context) -> Report:
    """The report with a fix for each failure, if the source is a folder; else the report as it is."""
    if context.source is None or context.source.root is None or not failures(report, with_advice=True):
        return report
    try:
        found = patches(report, context, with_advice=True)
        fixes = Fixes(context)
        by_finding = {id(patch.finding): fixes.of(patch) for patch in found}
    except PlanproofError as error:
        return report._replace(warnings=(*report.warnings, f"{report.plan}: there are no patches: {error}"))
    except Exception as error:  # the findings are told all the same; the text may hold a value of the plan
        problem = f"{report.plan}: there are no patches: internal error ({type(error).__name__}); please report it"
        return report._replace(warnings=(*report.warnings, problem))
    return report._replace(findings=tuple(one._replace(fix=by_finding.get(id(one))) for one in report.findings))


class Fixes:
    """What a report tells of each patch. Instances of one block share a patch, which is made once."""

    def __init__(self, context: Context) -> None:
        self._context, self._made, self._counts = context, dict[tuple[object, ...], Fix](), Counter[str]()
        self._secrets = [text for text in _sensitive(context) if len(text) >= _SHORTEST]

    def of(self, patch: Patch) -> Fix:
        if patch.why_not or not patch.edits:
            return Fix(why_not=self._context.redactor.redact(patch.why_not))
        if patch.edits not in self._made:
            of_check = patch.finding.check_id
            if self._counts[of_check] >= MAX_FIXES:
                return Fix(why_not=TOO_MANY)
            self._counts[of_check] += 1
            self._made[patch.edits] = self._make(patch)
        fix = self._made[patch.edits]
        return fix._replace(notes=patch.notes) if fix.diff else fix

    def _make(self, patch: Patch) -> Fix:
        source = self._context.source
        assert source is not None
        assert source.root is not None
        made = changes([patch])
        text = diff(made, patched_from(source.root))
        if self._tells_secret(text) or any(map(self._shows_hidden, made)):
            return Fix(why_not=WITHHELD)
        if any(unicodedata.category(c)[0] == "C" and c not in "\r\n\t" for c in text):
            return Fix(why_not=UNSHOWN)
        parts = [part for change in made for part in replacements(change, source.display_path(change.file))]
        return Fix(tuple(parts), text)

    def _tells_secret(self, text: str) -> bool:
        return self._context.redactor.redact(text) != text or any(secret in text for secret in self._secrets)

    def _shows_hidden(self, change: Change) -> bool:
        """Whether what Terraform keeps secret stands on a line that the diff shows."""
        if change.before is None:
            return False
        file = SourceFile(change.file, change.before)
        shown = [(hunk.line - _CONTEXT, hunk.line + len(hunk.old) - 1 + _CONTEXT) for hunk in hunks(change)]
        try:
            secret = [(node.line, file.position(node.end)[0]) for node in self._hidden(file)]
        except SyntaxProblem:
            return True
        return any(first <= end and begin <= last for first, last in shown for begin, end in secret)

    def _hidden(self, file: SourceFile) -> Iterator[Node]:
        """What Terraform keeps secret in a file. Raises SyntaxProblem."""
        if file.path.endswith(".tfvars"):
            yield from (each for name, each in parse(file).attributes.items() if self._is_secret(name) or _is_text(each))
        for top in top_blocks(file):
            yield from hidden(top.block.body, self._keeps(top))

    def _keeps(self, top: TopBlock) -> Callable[[str], bool]:
        """Whether an argument of a block, or a block in it, is kept secret."""
        if top.type == "provider":
            return lambda name: name not in _PUBLIC
        if top.type == "terraform":
            return lambda name: name in _STATE
        if top.type == "variable":
            is_secret = self._is_secret("".join(top.labels[:1]))
            return lambda name: name == "default" and is_secret
        marked = self._marked.get(".".join(("data", *top.labels) if top.type == "data" else top.labels), set())
        return marked.__contains__

    def _is_secret(self, variable: str) -> bool:
        found = self._context.plan.variables.get(variable)
        return found is not None and found.is_sensitive

    @cached_property
    def _marked(self) -> dict[str, set[str]]:
        """The arguments that the plan marks sensitive, by the address of a resource in its module."""
        found: dict[str, set[str]] = {}
        for instance in self._context.plan.instances:
            if instance.value.is_sensitive:
                names = {name for name in instance.value.names() if instance.get(name).is_sensitive}
                found.setdefault(instance.local_address, set()).update(names)
        return found


def _is_text(setting: Attribute) -> bool:
    """Whether a variable is set to more than a number or a truth value: such files are often kept out of the repository."""
    return not (isinstance(setting.expression, Literal) and not isinstance(setting.expression.value, str))


def _sensitive(context: Context) -> Iterator[str]:
    """The texts that the plan marks sensitive."""
    pending = [instance.value for instance in context.plan.instances if instance.value.is_sensitive]
    pending += [variable for variable in context.plan.variables.values() if variable.is_sensitive]
    while pending:
        value = pending.pop()
        if not value.is_sensitive or not value.is_known:
            continue
        if isinstance(value.raw, str):
            yield value.raw
        elif isinstance(value.raw, dict):
            pending += [value.get(name) for name in value.raw]
        elif isinstance(value.raw, list):
            pending += [value.get(number) for number in range(len(value.raw))]
