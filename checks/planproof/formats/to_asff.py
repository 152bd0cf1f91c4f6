"""The AWS Security Finding Format, for Security Hub: a JSON list, which `BatchImportFindings` takes a hundred at a time.

Every finding is in it, PASS too, so that a failure that is mended is known to be: the `Id`, made of plan, check and subject, stays. A plan does
not say whose Security Hub it is, so PLANPROOF_AWS_ACCOUNT and AWS_REGION have to.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from planproof.errors import CommandError
from planproof.formats.clock import written_at
from planproof.formats.common import place
from planproof.formats.identity import Marked, marked
from planproof.text.docstring import sections
from planproof.text.escaping import json_text, one_line
from planproof.verdict import Finding, Report, Standing
from planproof.version import page_url, version

_SEVERITIES = {"INFO": "INFORMATIONAL", "LOW": "LOW", "MEDIUM": "MEDIUM", "HIGH": "HIGH", "CRITICAL": "CRITICAL"}
_COMPLIANCE = {
    Standing.FAIL: "FAILED",
    Standing.ADVISORY: "WARNING",
    Standing.UNKNOWN: "WARNING",
    Standing.SKIP: "FAILED",
    Standing.PASS: "PASSED",
}
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
# How long Security Hub lets a text be.
_TITLE, _DESCRIPTION, _REMEDY, _ID, _FIELD = 256, 1024, 512, 512, 2048


class Hub(NamedTuple):
    """Whose Security Hub it is for, and when that is."""

    account: str
    region: str
    time: str

    @property
    def partition(self) -> str:
        return next((name for begin, name in _PARTITIONS.items() if self.region.startswith(begin)), "aws")

    @property
    def product(self) -> str:
        return f"arn:{self.partition}:securityhub:{self.region}:{self.account}:product/{self.account}/default"


def render(reports: Sequence[Report]) -> str:
    hub = _hub()
    findings = ",\n".join(json_text(_finding(found, hub)) for found in marked(reports, by_code=False, by_plan=True))
    return f"[\n{findings}\n]\n" if findings else "[]\n"


def _hub() -> Hub:
    account = os.environ.get("PLANPROOF_AWS_ACCOUNT", "")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    if not re.fullmatch(r"[0-9]{12}", account):
        raise CommandError(
            "the format asff needs the account of its Security Hub; set PLANPROOF_AWS_ACCOUNT to the 12 digits of its id"
        )
    if not re.fullmatch(r"[a-z]{2,}(-[a-z0-9]+)+", region):
        raise CommandError("the format asff needs the region of its Security Hub; set AWS_REGION, as to eu-central-1")
    return Hub(account, region, written_at().strftime("%Y-%m-%dT%H:%M:%SZ"))


def _finding(found: Marked, hub: Hub) -> dict[str, Any]:
    finding, said = found.finding, sections(found.rule.doc)
    made: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": f"planproof/{found.mark}",
        "ProductArn": hub.product,
        "ProductName": "planproof",
        "CompanyName": "planproof",
        "Region": hub.region,
        "GeneratorId": _cut(f"planproof/{finding.check_id}", _ID),
        "AwsAccountId": hub.account,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "CreatedAt": hub.time,
        "UpdatedAt": hub.time,
        "Severity": {"Label": _severity(finding), "Original": finding.severity},
        "Title": _cut(f"{finding.check_id}: {found.rule.name}", _TITLE),
        "Description": _cut(f"{finding.subject}: {finding.reason}", _DESCRIPTION),
        "Resources": [
            {"Type": "Other", "Id": _cut(finding.subject, _ID), "Partition": hub.partition, "Region": hub.region},
        ],
        "Compliance": {"Status": _COMPLIANCE[finding.standing]},
        "Workflow": {"Status": "SUPPRESSED" if finding.standing is Standing.SKIP else "NEW"},
        "RecordState": "ACTIVE",
        "ProductFields": _fields(found),
    }
    page = page_url(found.rule.id) or said.url
    if said.remedy:
        made["Remediation"] = {"Recommendation": {"Text": _cut(said.remedy, _REMEDY), **({"Url": page} if page else {})}}
    return made


def _severity(finding: Finding) -> str:
    """What passed, and what is advisory, is to alarm nobody."""
    calm = finding.standing in (Standing.PASS, Standing.ADVISORY)
    return "INFORMATIONAL" if calm else _SEVERITIES.get(finding.severity, "MEDIUM")


def _fields(found: Marked) -> dict[str, str]:
    finding = found.finding
    told = {
        "Plan": found.report.plan,
        "Verdict": finding.verdict.value,
        "Level": finding.level,
        "Code": finding.code,
        "Place": place(finding),
        "Evidence": " ".join(finding.evidence),
        "Policy": found.report.judged_by,
        "Version": version(),
    }
    return {f"planproof/{name}": _cut(text, _FIELD) for name, text in told.items() if text.strip()}


def _cut(text: str, most: int) -> str:
    shown = one_line(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
