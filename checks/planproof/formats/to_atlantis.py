"""The policy check of Atlantis: JSON as its `policy_check` step makes it of conftest, `[]models.PolicySetResult` of its source.

Atlantis takes the output of a `run` step for the result if it can be read as this; it knows the policy set by its name, which is `planproof`.
All plans are one set. `Hashes` are the failures: with `sticky_approvals`, an approval holds until there is another failure. Versions before
those call `ReqApprovalCount` `ReqApprovals`; without one of them every failure would count as approved.
"""

from __future__ import annotations

from collections.abc import Sequence

from planproof.formats import to_text
from planproof.formats.common import totals
from planproof.formats.identity import marked
from planproof.text.escaping import json_text
from planproof.verdict import Report

POLICY_SET = "planproof"
APPROVALS = 1


def render(reports: Sequence[Report]) -> str:
    result = {
        "PolicySetName": POLICY_SET,
        "PolicyOutput": _output(reports),
        "Passed": not any(report.errors or report.failed for report in reports),
        "ReqApprovalCount": APPROVALS,
        "ReqApprovals": APPROVALS,
        "CurApprovals": 0,
        "Approvals": [],
        "Hashes": [found.mark for found in marked(reports) if found.report.fails_by(found.finding)],
        "PolicyItemRegex": "",
    }
    return json_text([result]) + "\n"


def _output(reports: Sequence[Report]) -> str:
    """The report as text, with the line at its end that Atlantis shows as the summary."""
    text = to_text.render(reports) + _summary(reports)
    return text.replace(r"\n", r"\x5cn")  # Atlantis breaks a line wherever these two letters stand


def _summary(reports: Sequence[Report]) -> str:
    counts = totals(reports)
    warnings, failed = (
        counts["ADVISORY"] + counts["UNKNOWN"],
        counts["FAIL"] + sum(not r.findings and len(r.errors) for r in reports),
    )
    tests = sum(counts.values()) + failed - counts["FAIL"]
    return f"{tests} tests, {counts['PASS']} passed, {warnings} warnings, {failed} failures, {counts['SKIP']} exceptions"
