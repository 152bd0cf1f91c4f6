"""Writes the patch that makes failures pass: a unified diff for `git apply`, or with --write the files themselves. What no mechanical
remedy is right for is listed with the reason. Nothing outside of the source folder is changed but local modules in the same git repository.

  planproof fix plan.json --source . > fix.patch && git apply fix.patch
  planproof fix plan.json --source . --write      edit the files; git's tree must be clean
  planproof fix plan.json --source . --check CKV_PLAN_1,CKV_PLAN_8
  planproof fix plan.json --suggest-in pr.diff -o suggestions.json      suggestions for a review on GitHub"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from planproof.baseline import Baseline
from planproof.cli import inputs
from planproof.cli.exit_codes import FAILED, OK
from planproof.cli.options import add_narrowing, add_policy, add_selection
from planproof.cli.output_files import write_files, write_text
from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.errors import CommandError
from planproof.fix.patches import Change, Patch, changes, diff, patches
from planproof.source.files import MAX_TOTAL_BYTES, regular
from planproof.text.escaping import json_text, one_line
from planproof.text.paths import patched_from
from planproof.verdict import Report


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON, a saved plan (tfplan), or - for standard input")
    parser.add_argument("--source", metavar="DIR", help="the folder of the .tf files (default: what is beside the plan)")
    add_policy(parser)
    add_selection(parser)
    add_narrowing(parser)
    parser.add_argument("--write", action="store_true", help="edit the files instead of printing the patch")
    parser.add_argument("--force", action="store_true", help="with --write: even if git's tree is not clean, or there is no git")
    parser.add_argument(
        "--suggest-in",
        metavar="DIFF",
        help="write a review for GitHub with suggestions, as JSON, on the lines of DIFF, the diff of the pull request",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the patch to this file (default: standard output)")


def run(options: argparse.Namespace) -> int:
    if options.write and options.output:
        raise CommandError("--write edits the files, so there is no patch for --output; choose one of them")
    if options.write and options.suggest_in:
        raise CommandError("--write edits the files, and --suggest-in leaves that to the pull request; choose one of them")
    policy = find_policy(options.policy)
    plan, source = inputs.read_one(options.plan, options.source, "fix each")
    scope = inputs.Scope(
        baseline=Baseline.find(options.baseline),
        only_changes=options.only_changes,
        only=tuple(options.check),
        skipped=tuple(options.skip_check),
    )
    fix = worked_out(Context(plan, policy, source), scope)
    if options.write:
        write(fix, options.force)
    elif options.suggest_in:
        write_text(_suggestions(options.suggest_in, fix), options.output)
    else:
        write_text(fix.diff, options.output)
    _tell(fix, options.write)
    return FAILED if fix.left else OK


_INCOMPLETE = (
    "the plan is incomplete (-target or deferred changes); plan again without -target to see the resources that the patch adds"
)


class Worked(NamedTuple):
    """What is done about the failures of a plan."""

    context: Context
    report: Report
    patches: list[Patch]
    changes: list[Change]

    @property
    def root(self) -> Path:
        source = self.context.source
        return source.root if source and source.root else Path()

    @property
    def diff(self) -> str:
        return diff(self.changes, patched_from(self.root))

    @property
    def left(self) -> list[Patch]:
        return [patch for patch in self.patches if patch.why_not]


def worked_out(context: Context, scope: inputs.Scope) -> Worked:
    """Advice is taken where its checks are selected. Raises PlanproofError."""
    report = evaluate_in(context, **scope.arguments())
    found = patches(report, context, with_advice=bool(scope.only))
    return Worked(context, report, found, changes(found))


def _suggestions(file: str, fix: Worked) -> str:
    from planproof.fix.suggestions import review, shown_by

    text = regular(file, file, MAX_TOTAL_BYTES).decode("utf-8", "replace")
    return json_text(review(fix.patches, fix.context, shown_by(text))) + "\n"


def _tell(fix: Worked, is_written: bool) -> None:
    """On standard error, as the patch may be on standard output."""
    found, made, left = fix.patches, fix.changes, fix.left
    done = len(found) - len(left)
    say = "fixed" if is_written else "the patch fixes"
    lines = [f"{say} {done} of {len(found)} failures in {len(made)} file{'s' * (len(made) != 1)}"]
    lines += [f"left: {p.finding.check_id} {p.finding.subject} ({p.finding.code}): {p.why_not}" for p in left]
    notes = [] if fix.context.plan.is_complete or not made else [_INCOMPLETE]
    lines += [f"note: {note}" for note in dict.fromkeys([*notes, *(note for patch in found for note in patch.notes)])]
    for line in lines:
        print(one_line(line), file=sys.stderr)


def write(fix: Worked, is_forced: bool) -> None:
    """Edits the files, all or none. Raises CommandError."""
    root, files = fix.root, [(change.file, f"{change.mark}{change.after}") for change in fix.changes]
    if not is_forced:
        _refuse_unclean(root, [file for file, _ in files if os.path.exists(file)])
    for file, _ in files:
        os.makedirs(os.path.dirname(file), exist_ok=True)
    write_files([(file, [text]) for file, text in files])


def _refuse_unclean(root: Path, files: Sequence[str]) -> None:
    """Only what git can take back is edited: tracked files, without changes of their own. Others beside them, such as the plan, may be."""
    for folder in dict.fromkeys([root, *(Path(file).parent for file in files)]):
        status = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
        if status is None:
            raise CommandError(
                f"{folder} is not in a git repository, so an edit could not be taken back; use --force to edit anyway"
            )
        if status.strip():
            raise CommandError(f"git's tree has changes in {folder}; commit or stash them first, or use --force")
    for file in files:
        if _git(Path(file).parent, "ls-files", "--error-unmatch", "--", os.path.basename(file)) is None:
            raise CommandError(
                f"{file} is not in git, so an edit could not be taken back; add and commit it first, or use --force"
            )


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints in the folder; None if there is no git, or it refuses."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, *arguments], cwd=root, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout
