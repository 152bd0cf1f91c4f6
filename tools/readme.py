"""Writes the generated parts of README.md: real output, and the two configurations side by side.

    python tools/readme.py [--check]

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. Checkov has to be installed, as one part is its own output.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import whole_reports as whole
from planproof.check import Check
from planproof.registry import all_checks
from planproof.verdict import Finding, Report, Verdict

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
REVIEW = "fixtures/bad/review/plan.json"
CHECKOV = ("--external-checks-dir", "checks", "--framework", "terraform_plan", "--skip-download", "--compact", "--quiet")
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Which failure mode of the review each check is about.
MODES = {
    1: "Logs kept indefinitely, or not long enough",
    2: "MFA required from machines, or not from people",
    3: "Outputs that do not match the contract",
    4: "Bucket names that can be deployed only once",
    5: "Versioning only on S3",
    6: "Unauthorized access alerts no one",
    7: "Names and tags without a convention",
    8: "prevent_destroy everywhere, or a destroy that deletes the logs",
    9: "No tests, or tests without assertions",
}
LATER = "Beyond the review"
_MODE_OF = {10: 7, 11: 2, 12: 1, 13: 6, 14: 4, 15: 8}


def mode_of(check: Check) -> int | None:
    """None if the review had no such failure mode."""
    number = int(check.id.rpartition("_")[2])
    return _MODE_OF.get(number, number if number in MODES else None)


def comparison() -> str:
    """A row for each check: what it says of the review's configuration, and of the ideal one."""
    review, ideal = whole.report(whole.REVIEW / "plan.json"), whole.report(whole.IDEAL / "plan.json")
    lines = ["| failure mode | check | the review's configuration | the ideal one |", "|---|---|---|---|"]
    shown = set()
    for check in sorted(all_checks(), key=lambda c: (mode_of(c) or len(MODES) + 1, int(c.id.rpartition("_")[2]))):
        mode = mode_of(check)
        label = "" if mode in shown else f"{mode}. {MODES[mode]}" if mode else LATER
        shown.add(mode)
        lines.append(f"| {label} | {_link(check)} | {_cell(review, check)} | {_cell(ideal, check)} |")
    return "\n".join(lines)


def _link(check: Check) -> str:
    page = f"docs/checks/{check.id}.md"
    return f"[{check.id}]({page})" if (ROOT / page).exists() else check.id


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


def report() -> str:
    """What our own command prints of the review's configuration: the checks of the highest severity, and the count."""
    lines = _run("-m", "planproof", "check", REVIEW).splitlines()
    shown = next(number for number, line in enumerate(lines) if number and re.match(r"  CKV_PLAN_\d+  (?!HIGH)", line))
    return _console(f"planproof check {REVIEW}", "\n".join([*lines[:shown], "  ...", "", lines[-1]]))


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


PARTS: dict[str, Callable[[], str]] = {"comparison": comparison, "report": report, "checkov": checkov}


def render(text: str) -> str:
    """The text with its generated parts made anew."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}\n{part[3]}", text)


def main() -> int:
    text = README.read_text(encoding="utf-8")
    made = render(text)
    if "--check" in sys.argv:
        if made != text:
            print("README.md is out of date: run `make generate`", file=sys.stderr)
        return int(made != text)
    README.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
