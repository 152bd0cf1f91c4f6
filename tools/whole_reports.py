"""What all checks together say of the two configurations that the README compares: the review's and the ideal one.

python tools/whole_reports.py      writes fixtures/bad/review/expected.json (read the difference before committing it)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "checks"))

from planproof.engine import evaluate  # noqa: E402  (needs the path above)
from planproof.policy.model import Policy  # noqa: E402
from planproof.verdict import Finding, Report, Verdict  # noqa: E402

REVIEW, IDEAL = ROOT / "fixtures" / "bad" / "review", ROOT / "fixtures" / "good" / "ideal"
EXPECTED = REVIEW / "expected.json"


def report(plan: Path) -> Report:
    """By the bundled policy, with the source that lies beside the plan."""
    return evaluate(plan, Policy.default())


def wanting(found: Report) -> list[dict[str, str]]:
    """All findings but PASS, in order, without what is worded for people."""
    rest = (f for f in found.findings if f.verdict is not Verdict.PASS)
    return sorted((_short(finding) for finding in rest), key=lambda f: (int(f["check_id"].rpartition("_")[2]), *f.values()))


def _short(finding: Finding) -> dict[str, str]:
    return {
        "check_id": finding.check_id,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "code": finding.code,
    }


def main() -> int:
    lines = ",\n".join(f"    {json.dumps(finding)}" for finding in wanting(report(REVIEW / "plan.json")))
    EXPECTED.write_text(f'{{\n  "findings": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
