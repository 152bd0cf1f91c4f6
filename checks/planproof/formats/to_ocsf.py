"""Compliance Findings of the Open Cybersecurity Schema Framework (class 2003), for security lakes: a JSON list, an event a line.

Every finding is in it, PASS too. An event keeps its `finding_info.uid`, made of plan, check and subject, as its verdict changes.
https://schema.ocsf.io/1.5.0/classes/compliance_finding
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planproof.formats.clock import written_at
from planproof.formats.common import place
from planproof.formats.identity import Marked, marked
from planproof.text.docstring import sections
from planproof.text.escaping import json_text, one_line
from planproof.verdict import PLAN, Finding, Report, Standing
from planproof.version import page_url, version

SCHEMA = "1.5.0"
_CATEGORY, _CLASS, _CREATE = 2, 2003, 1
_SEVERITIES = {"INFO": 1, "LOW": 2, "MEDIUM": 3, "HIGH": 4, "CRITICAL": 5}
_SEVERITY_NAMES = ("Unknown", "Informational", "Low", "Medium", "High", "Critical")
_COMPLIANCE = {
    Standing.FAIL: (3, "Fail"),
    Standing.ADVISORY: (2, "Warning"),
    Standing.UNKNOWN: (2, "Warning"),
    Standing.SKIP: (3, "Fail"),
    Standing.PASS: (1, "Pass"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")


def render(reports: Sequence[Report]) -> str:
    time = int(written_at().timestamp() * 1000)
    events = ",\n".join(json_text(_event(found, time)) for found in marked(reports, by_code=False, by_plan=True))
    return f"[\n{events}\n]\n" if events else "[]\n"


def _event(found: Marked, time: int) -> dict[str, Any]:
    finding, said = found.finding, sections(found.rule.doc)
    severity = _severity(finding)
    status_id, status = _SUPPRESSED if finding.standing is Standing.SKIP else _NEW
    event: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity,
        "severity": _SEVERITY_NAMES[severity],
        "status_id": status_id,
        "status": status,
        "message": one_line(f"{finding.subject}: {finding.reason}"),
        "metadata": {
            "version": SCHEMA,
            "product": {"name": "planproof", "vendor_name": "planproof", "version": version()},
            "event_code": one_line(finding.code),
        },
        "finding_info": _info(found),
        "compliance": _compliance(found),
        "resources": [_resource(finding)],
        "unmapped": {
            "plan": one_line(found.report.plan),
            "verdict": finding.verdict.value,
            "level": finding.level,
            "place": one_line(place(finding)),
            "evidence": [one_line(text) for text in finding.evidence],
        },
    }
    if said.remedy:
        event["remediation"] = {"desc": one_line(said.remedy)}
    return event


def _severity(finding: Finding) -> int:
    """What passed, and what is advisory, is to alarm nobody."""
    calm = finding.standing in (Standing.PASS, Standing.ADVISORY)
    return _SEVERITIES["INFO"] if calm else _SEVERITIES.get(finding.severity, 0)


def _info(found: Marked) -> dict[str, Any]:
    said = sections(found.rule.doc)
    info = {
        "uid": found.mark,
        "title": one_line(f"{found.finding.check_id}: {found.rule.name}"),
        "desc": one_line(" ".join((said.finds or found.rule.name).split())),
    }
    page = page_url(found.rule.id) or said.url
    return {**info, "src_url": page} if page else info


def _compliance(found: Marked) -> dict[str, Any]:
    status_id, status = _COMPLIANCE[found.finding.standing]
    controls = [one_line(control.strip(" .\n")) for control in sections(found.rule.doc).controls.split(";")]
    return {
        "control": one_line(found.finding.check_id),
        "standards": [one_line(found.report.judged_by or "planproof")],
        "requirements": [control for control in controls if control],
        "status_id": status_id,
        "status": status,
        "status_detail": one_line(found.finding.reason),
    }


def _resource(finding: Finding) -> dict[str, Any]:
    kind = "plan" if finding.subject == PLAN else "resource"
    return {"uid": one_line(finding.subject), "name": one_line(finding.subject), "type": f"terraform {kind}"}
