"""Writes the generated parts of the README and of pages of the docs: real output, and the two configurations side by side.

    python tools/readme.py [--check]

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. Checkov has to be installed, as one part is its own output.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import whole_reports as whole
from planproof.check import Check
from planproof.registry import all_checks
from planproof.review.modes import MODES, mode_of
from planproof.verdict import Finding, Report, Verdict

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "checkov.md", ROOT / "docs" / "review.md")
REVIEW = "fixtures/bad/review/plan.json"
CHECKOV = ("--external-checks-dir", "checks", "--framework", "terraform_plan", "--skip-download", "--compact", "--quiet")
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LATER = "Beyond the review"


def modes() -> str:
    """A row for each failure mode: the checks that find it."""
    lines = ["| failure mode of the review | what the checks require |", "|---|---|"]
    for mode, checks in _by_mode():
        listed = "; ".join(f"{check.name} ({_link(check, 'docs/checks')})" for check in checks)
        lines.append(f"| {_label(mode)} | {listed} |")
    return "\n".join(lines)


def comparison() -> str:
    """A row for each check: what it says of the review's configuration, and of the ideal one."""
    review, ideal = whole.report(whole.REVIEW / "plan.json"), whole.report(whole.IDEAL / "plan.json")
    lines = ["| failure mode | check | the review's configuration | the ideal one |", "|---|---|---|---|"]
    for mode, checks in _by_mode():
        for check in checks:
            label = _label(mode) if check is checks[0] else ""
            lines.append(f"| {label} | {_link(check, 'checks')} | {_cell(review, check)} | {_cell(ideal, check)} |")
    return "\n".join(lines)


def _by_mode() -> Iterator[tuple[int | None, list[Check]]]:
    """The failure modes in their order, each with its checks; last, without a number, the checks beyond the review."""
    checks = sorted(all_checks(), key=lambda check: int(check.id.rpartition("_")[2]))
    for mode in (*MODES, None):
        of_it = [check for check in checks if mode_of(check.id) == mode]
        if of_it:
            yield mode, of_it


def _label(mode: int | None) -> str:
    return f"{mode}. {MODES[mode]}" if mode else LATER


def _link(check: Check, folder: str) -> str:
    exists = (ROOT / "docs" / "checks" / f"{check.id}.md").exists()
    return f"[{check.id}]({folder}/{check.id}.md)" if exists else check.id


def _cell(report: Report, check: Check) -> str:
    """The worst verdict, with the reason of its first finding, and how many more there are."""
    found = [finding for finding in report.findings if finding.check_id == check.id]
    if not found:
        return "nothing to judge"
    worst = next(v for v in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.SKIP, Verdict.PASS) if v in {f.verdict for f in found})
    of_it = [finding for finding in found if finding.verdict is worst]
    more = f" (and {len(of_it) - 1} more)" if len(of_it) > 1 else ""
    return f"**{worst.value}** {_said(of_it[0])}{more}"


def _said(finding: Finding) -> str:
    text = re.sub(r"[|*<]", lambda mark: "&lt;" if mark[0] == "<" else f"\\{mark[0]}", finding.reason)
    return text if finding.subject == "plan" else f"`{finding.subject}`: {text}"


def checkov() -> str:
    """What Checkov prints of it: the counts, and the records of two checks."""
    ids = "CKV_PLAN_1,CKV_PLAN_3"
    printed = _run("-m", "checkov.main", *CHECKOV, "-c", ids, "-f", REVIEW)
    return _console(f"checkov {' '.join(CHECKOV)} -c {ids} -f {REVIEW}", printed)


def _console(command: str, printed: str) -> str:
    return f"```console\n$ {command}\n{printed.strip()}\n```"


def _run(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks"), "NO_COLOR": "1", "COLUMNS": "130"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 1:  # this configuration fails, and nothing else may be wrong
        raise RuntimeError(f"exit code {done.returncode} of {' '.join(arguments)}: {done.stderr or done.stdout}")
    return "\n".join(line.rstrip().expandtabs(4) for line in done.stdout.splitlines())


PARTS: dict[str, Callable[[], str]] = {"comparison": comparison, "checkov": checkov, "modes": modes}


def render(text: str) -> str:
    """The text with its generated parts made anew."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)


def main() -> int:
    stale = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        made = render(text)
        if made != text:
            stale.append(str(page.relative_to(ROOT)))
            if "--check" not in sys.argv:
                page.write_text(made, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"out of date: {', '.join(stale)}; run `make generate`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
