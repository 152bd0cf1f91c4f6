"""Closes the loop of `planproof fix`: plan, fix, plan again with the real Terraform, judge again.

    python tools/fix_loop.py [--planner COMMAND [--locked VERSION]] [--around DIR] [--verbose] [--publish] [FOLDER ...]

FOLDER is a configuration, or a folder of such; by default fixtures/bad. Each is copied, planned, fixed in place and planned again. The loop
is closed if each patched finding passes, no other verdict is worse, `terraform fmt` finds nothing to change that it did not find before, and
a second fix finds nothing to do. Terraform itself validates what it plans. `--planner` is a command that is called as `COMMAND DIR OUT.json`
instead of Terraform with the AWS provider. `--locked` is the version of the AWS provider by which it plans; the copy gets the lock file that
`terraform init` would leave. With `--around`, DIR is copied as a whole, as modules in it are called by `../`. --publish writes the table of docs/fix.md.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "checks"), str(ROOT / "tools")]

import fixtures  # noqa: E402
from planproof.context import Context  # noqa: E402
from planproof.engine import evaluate_in, find_policy  # noqa: E402
from planproof.errors import PlanproofError  # noqa: E402
from planproof.fix.patches import Patch, changes, patches  # noqa: E402
from planproof.plan.model import Plan  # noqa: E402
from planproof.source.model import Source  # noqa: E402
from planproof.verdict import PLAN, Finding, Report, Verdict  # noqa: E402

PAGE = ROOT / "docs" / "fix.md"
GUARD = "CKV_PLAN_8"  # which judges most types only if they set prevent_destroy
LOCK = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{}"\n}}\n'
BEGIN, END = "<!-- generated: loop -->\n", "<!-- end -->"
Planner = Callable[[Path], Path]
"""From a folder to its plan."""


class Round(NamedTuple):
    """What became of one configuration: its patches, what is wrong with the loop, and why it could not be tried."""

    name: str
    found: tuple[Patch, ...] = ()
    problems: tuple[tuple[Patch | None, str], ...] = ()
    skipped: str = ""


def configurations(folders: Iterable[Path]) -> list[Path]:
    """The root modules in the folders: what has .tf files and is called by no other, as far as names tell."""
    found: list[Path] = []
    for folder in folders:
        places = sorted({file.parent for file in folder.rglob("*.tf") if ".terraform" not in file.parts})
        found += [
            p for p in places if not any(other in p.parents for other in places) and (p == folder or "modules" not in p.parts)
        ]
    return found


def round_of(folder: Path, name: str, planner: Planner, locked: str = "", around: Path | None = None) -> Round:
    """One time around. `around` is the folder to copy."""
    with tempfile.TemporaryDirectory() as temporary:
        copied = Path(temporary) / "configuration"
        shutil.copytree(around or folder, copied, ignore=_IGNORED, symlinks=True)
        work = copied / folder.relative_to(around or folder)
        if locked:
            (work / ".terraform.lock.hcl").write_text(LOCK.format(locked), encoding="utf-8")
        policy = find_policy(_policy(folder))
        try:
            plan = Plan.load(planner(work))
            source = Source.open(work)
            context = Context(plan, policy, source)
            before = evaluate_in(context)
            first = patches(before, context)
        except (PlanproofError, RuntimeError) as error:
            return Round(name, skipped=_last(error))
        unformatted, declared = _unformatted(work), _variables(source)
        for change in changes(first):
            Path(change.file).parent.mkdir(exist_ok=True, parents=True)
            Path(change.file).write_text(change.after, encoding="utf-8", newline="")
        problems: list[tuple[Patch | None, str]] = [
            (None, f"terraform fmt would change {file}") for file in _unformatted(work) - unformatted
        ]
        try:
            source = Source.open(work)
            decided = "".join(f'{name} = "dev"\n' for name in sorted(_variables(source) - declared))
            (work / "targets").unlink(missing_ok=True)  # a resource that the patch adds is none
            (work / "decided.auto.tfvars").write_text(decided, encoding="utf-8")
            context = Context(Plan.load(planner(work)), policy, source)
            after = evaluate_in(context)
            second = patches(after, context)
        except (PlanproofError, RuntimeError) as error:
            return Round(name, tuple(first), ((None, f"no second plan: {_last(error)}"),))
        problems += _judged(before, after, first)
        problems += [(patch, patch.why_not) for patch in first if patch.why_not.startswith("the remedy failed")]
        # What an incomplete plan did not show, the next may.
        hidden = {_key(patch.finding) for patch in first if patch.why_not and not plan.is_complete}
        problems += [
            (None, f"a second fix patches {_name(patch.finding)}")
            for patch in second
            if patch.edits and _key(patch.finding) not in hidden
        ]
        return Round(name, tuple(first), tuple(problems))


_IGNORED = shutil.ignore_patterns(".git", ".terraform*", "plan.json", "*.tfplan")


def _policy(folder: Path) -> Any:
    """The policy of the folder, what the expectation of a fixture changes of the bundled one, or that."""
    if (folder / "policy.yaml").exists():
        return str(folder / "policy.yaml")
    expected = folder / "expected.json"
    own = json.loads(expected.read_text(encoding="utf-8")).get("policy", {}) if expected.exists() else {}
    return {"extends": "secure-logs", **own}


def _variables(source: Source) -> set[str]:
    """Those of the root module that have no default."""
    module = source.module(())
    tops = module.tops if module else ()
    return {top.labels[0] for top in tops if top.type == "variable" and "default" not in top.block.body.attributes}


def _last(error: Exception) -> str:
    """What Terraform says in the end."""
    return " ".join(line.strip() for line in str(error).strip().split("\n")[-12:] if line.strip())


def _unformatted(folder: Path) -> set[str]:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    return set(done.stdout.split("\n")) - {""}


def _key(finding: Finding) -> tuple[str, str, str, str]:
    about = finding.evidence[0] if finding.subject == PLAN and finding.evidence else ""
    return finding.check_id, finding.subject, finding.code, about


def _judged(before: Report, after: Report, first: Iterable[Patch]) -> Iterator[tuple[Patch | None, str]]:
    """What is not as it must be after the fix."""
    now = {_key(finding): finding for finding in after.findings}
    rank = [Verdict.PASS, Verdict.SKIP, Verdict.UNKNOWN, Verdict.FAIL]
    worst: dict[tuple[str, str], Verdict] = {}
    for finding in before.findings:
        at = (finding.check_id, finding.subject)
        worst[at] = max(worst.get(at, Verdict.PASS), finding.verdict, key=rank.index)
    known = {finding.subject for finding in before.findings}
    left = {(p.finding.check_id, p.finding.subject) for p in first if p.why_not}
    seen = {(finding.check_id, finding.subject) for finding in after.findings}
    for patch in first:
        finding = patch.finding
        at = (finding.check_id, finding.subject)
        again = [f for f in after.findings if (f.check_id, f.subject) == at and f.verdict is not Verdict.PASS]
        if patch.edits and (_key(finding) in now or (again and at not in left)):
            yield (
                patch,
                f"{_name(finding)} is {again[0].verdict.value} ({again[0].code}): {again[0].reason}" if again else _name(finding),
            )
        elif patch.edits and at not in seen and finding.check_id != GUARD:
            yield patch, f"{_name(finding)} is not judged any more"
    patched = {(p.finding.check_id, p.finding.subject) for p in first if p.edits}
    for finding in after.findings:
        at = (finding.check_id, finding.subject)
        is_new = finding.subject not in known and finding.subject != PLAN
        least = Verdict.UNKNOWN if is_new else Verdict.PASS  # of a new resource, as of its owner, not all may be known
        if at not in patched and rank.index(finding.verdict) > rank.index(worst.get(at, least)):
            yield None, f"{_name(finding)} is worse: {finding.verdict.value}: {finding.reason}"


def _name(finding: Finding) -> str:
    return f"{finding.check_id} {finding.subject} ({finding.code})"


def table(rounds: Iterable[Round]) -> str:
    """Reason code by reason code: how many were patched, in how many configurations with a closed loop, and why others were left."""
    patched: dict[tuple[str, str], int] = defaultdict(int)
    closed: dict[tuple[str, str], int] = defaultdict(int)
    left: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in rounds:
        open_ = {(p.finding.check_id, p.finding.code) for p, _ in each.problems if p}
        is_open = any(p is None for p, _ in each.problems)
        for patch in each.found:
            code = (patch.finding.check_id, patch.finding.code)
            if patch.edits:
                patched[code] += 1
                closed[code] += not is_open and code not in open_
            else:
                left[code].append(patch.why_not)
    rows = ["| check | reason code | patched | loop closed | left | why |", "|---|---|---|---|---|---|"]
    for check, code in sorted({*patched, *left}, key=lambda at: (int(at[0].rpartition("_")[2]), at[1])):
        at = (check, code)
        why = "; ".join(sorted({_general(reason) for reason in left[at]}))
        rows.append(f"| [{check}](checks/{check}.md) | `{code}` | {patched[at]} | {closed[at]} | {len(left[at])} | {why} |")
    return "\n".join(rows) + "\n"


_ADDRESS = re.compile(r"(?:module\.\w+(?:\[[^]]*\])?\.)*(aws_\w+)\.\w+(?:\[[^]]*\])?")
_EXPRESSION = re.compile(r"(?<=is built from )\S.*|(?<=^force_destroy is )\S.*|(?<=the output )\w+$")


def _general(reason: str) -> str:
    """A reason without the addresses and expressions in it."""
    said = _ADDRESS.sub(r"\1", reason.partition(";")[0])
    return _EXPRESSION.sub("...", said).replace("|", "\\|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "fixtures" / "bad"])
    parser.add_argument("--planner", type=shlex.split)
    parser.add_argument("--locked", default="", metavar="VERSION")
    parser.add_argument("--around", type=Path, metavar="DIR")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    rounds: list[Round] = []
    with (
        nullcontext() if options.planner else fixtures.running_provider() as environment,
        tempfile.TemporaryDirectory() as temporary,
    ):

        def planner(folder: Path) -> Path:
            made = Path(temporary) / "plan.json"
            if options.planner:
                done = subprocess.run([*options.planner, folder, made], capture_output=True, text=True, check=False)
                if done.returncode:
                    raise RuntimeError(done.stderr or done.stdout)
            else:
                made.write_text(json.dumps(fixtures.plan(folder, environment)), encoding="utf-8")
            return made

        for given in options.folders:
            for folder in configurations([given.resolve()]):
                each = round_of(
                    folder,
                    str(folder.relative_to(given.resolve().parent)),
                    planner,
                    options.locked,
                    options.around and options.around.resolve(),
                )
                rounds.append(each)
                _tell(each, options.verbose)
    text = table(rounds)
    print(text)
    tried = [each for each in rounds if not each.skipped]
    open_ = [each for each in tried if each.problems]
    print(f"{len(tried)} configurations, {len(tried) - len(open_)} loops closed, {len(rounds) - len(tried)} not tried")
    if options.publish:
        head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{text}{END}{rest.partition(END)[2]}", encoding="utf-8")
    return int(bool(open_))


def _tell(each: Round, is_verbose: bool) -> None:
    done = sum(bool(patch.edits) for patch in each.found)
    print(f"{each.name}: {each.skipped or f'{done} of {len(each.found)} patched'}", flush=True)
    for _, problem in each.problems:
        print(f"  open: {problem}", flush=True)
    for patch in each.found if is_verbose else ():
        if patch.why_not:
            print(f"  left: {_name(patch.finding)}: {patch.why_not}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
