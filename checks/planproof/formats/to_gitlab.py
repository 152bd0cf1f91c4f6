"""Code Quality of GitLab: a JSON list of what failed, and of what cannot be told, for the widget and the diff of a merge request.

GitLab knows an issue again by its fingerprint, and shows it at `location`, which has to be a file of the repository: a finding without source
stands at the first line of the plan. What is advisory, or cannot be told and fails nothing, is `info`.
https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planproof.formats.common import subject
from planproof.formats.identity import Marked, marked
from planproof.text.escaping import json_text, one_line
from planproof.text.paths import in_repository
from planproof.verdict import Finding, Report, Standing

_SEVERITIES = {"CRITICAL": "blocker", "HIGH": "critical", "MEDIUM": "major", "LOW": "minor", "INFO": "info"}
_KINDS = {Standing.ADVISORY: "advisory: ", Standing.UNKNOWN: "cannot tell: "}


def render(reports: Sequence[Report]) -> str:
    issues = ",\n".join(json_text(_issue(found)) for found in marked(reports, _is_issue))
    return f"[\n{issues}\n]\n" if issues else "[]\n"


def _is_issue(finding: Finding) -> bool:
    return finding.standing in (Standing.FAIL, Standing.ADVISORY, Standing.UNKNOWN)


def _issue(found: Marked) -> dict[str, Any]:
    finding, fails = found.finding, found.report.fails_by(found.finding)
    text = f"{subject(finding)}: {_KINDS.get(finding.standing, '')}{finding.reason}"
    return {
        "description": one_line(text),
        "check_name": one_line(finding.check_id),
        "fingerprint": found.mark,
        "severity": _SEVERITIES.get(finding.severity, "major") if fails else "info",
        "location": {"path": _path(finding.file or found.report.plan), "lines": {"begin": finding.line or 1}},
    }


def _path(path: str) -> str:
    """From the root of the repository, and without `./`, by which GitLab finds no file."""
    return one_line(in_repository(path.replace("\\", "/")))
