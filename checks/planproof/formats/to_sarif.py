"""SARIF 2.1.0, for code scanning: what failed, what cannot be told (kind `open`) and what is excepted (suppressed); with what fixes it.

An advisory failure is a `note`, and so is the rule of a check that is advisory. What passed is left out, as GitHub would show it as an alert. Paths are relative to the folder that the command ran in. A finding
without source is placed at the plan's file, with no line: its address stands in `logicalLocations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from planproof.formats.common import rules_of, subject
from planproof.formats.identity import UNJUDGED, Marked, marked
from planproof.text.docstring import sections
from planproof.text.escaping import json_text, one_line
from planproof.text.paths import in_repository
from planproof.verdict import ADVISORY, PLAN, CheckInfo, Finding, Fix, Report, Standing, Verdict
from planproof.version import page_url, version

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning", "LOW": "note", "INFO": "note"}
# GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0, low below.
_SCORES = {"CRITICAL": "9.5", "HIGH": "8.0", "MEDIUM": "5.5", "LOW": "3.0", "INFO": "0.1"}

Json = dict[str, Any]


def render(reports: Sequence[Report]) -> str:
    rules = rules_of(reports)
    places = {check_id: number for number, check_id in enumerate(rules)}
    driver: Json = {"name": "planproof", "version": version(), "rules": [_rule(rule) for rule in rules.values()]}
    run: Json = {
        "tool": {"driver": driver},
        "invocations": [_invocation(reports)],
        "columnKind": "utf16CodeUnits",
        "properties": _judged_by(reports),
        "originalUriBaseIds": {
            "%SRCROOT%": {
                "description": {"text": "The root of the repository that planproof ran in; without one, the working directory."}
            }
        },
    }
    head = json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    results = ",\n".join(json_text(result) for result in _results(reports, places))  # a line each, as there may be many
    return f'{head.removesuffix("}]}")}, "results": [\n{results}\n]}}]}}\n'


def _judged_by(reports: Sequence[Report]) -> Json:
    """The policy and its profile: all reports of one run have the same."""
    first = next((report for report in reports if report.policy), None)
    return {"policy": one_line(first.policy), "profile": one_line(first.profile)} if first else {}


def _rule(rule: CheckInfo) -> Json:
    said = sections(rule.doc)
    help_text = "\n\n".join(part for part in (said.finds, said.why, said.fix and f"Fix: {said.fix}") if part) or rule.name
    made: Json = {
        "id": rule.id,
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": said.finds or rule.name},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": "note" if rule.level == ADVISORY else _LEVELS.get(rule.severity, "warning")},
        "properties": {
            "tags": ["security", "terraform", *([rule.category.lower()] if rule.category else [])],
            "precision": "high",
            "security-severity": _SCORES.get("INFO" if rule.level == ADVISORY else rule.severity, "5.5"),
        },
    }
    if page := page_url(rule.id) or said.url:
        made["helpUri"] = page
    return made


def _invocation(reports: Sequence[Report]) -> Json:
    notifications = [
        {"level": level, "message": {"text": _message(text)}}
        for level, texts in (
            ("error", [text for report in reports for text in report.errors]),
            ("warning", [text for report in reports for text in report.warnings]),
        )
        for text in texts
    ]
    return {"executionSuccessful": not any(r.errors for r in reports), "toolExecutionNotifications": notifications}


def _results(reports: Sequence[Report], places: dict[str, int]) -> Iterator[Json]:
    for found in marked(reports, lambda finding: finding.verdict is not Verdict.PASS):
        if found.rule is not UNJUDGED:  # what could not be judged is a notification
            yield _result(found, places)


def _result(found: Marked, places: dict[str, int]) -> Json:
    finding, report, mark = found.finding, found.report, found.mark
    is_advice = finding.standing is Standing.ADVISORY
    failure = report.fails_by(finding) or finding.verdict is Verdict.SKIP or is_advice
    severity = "INFO" if is_advice else finding.severity
    made: Json = {
        "ruleId": finding.check_id,
        "kind": "fail" if failure else "open",
        "level": _LEVELS.get(severity, "warning") if failure else "none",
        "message": {"text": _message(f"{subject(finding)}: {finding.reason}")},
        "locations": [_location(finding, report)],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark[:16]}:1", "planproof/v1": mark},
        "properties": {
            "verdict": finding.verdict.value,
            "code": finding.code,
            "level": finding.level,
            "severity": finding.severity,
            "security-severity": _SCORES.get(severity, "5.5"),
            "evidence": [one_line(text) for text in finding.evidence],
            "plan": one_line(report.plan),
        },
    }
    if finding.fix and finding.fix.replacements:
        made["fixes"] = [_fix(finding.fix)]
    if finding.check_id in places:
        made["ruleIndex"] = places[finding.check_id]
    if finding.verdict is Verdict.SKIP:
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one_line(finding.reason)}]
    return made


def _fix(fix: Fix) -> Json:
    by_file: dict[str, list[Json]] = {}
    for part in fix.replacements:
        region = {
            "startLine": part.start_line,
            "startColumn": part.start_column,
            "endLine": part.end_line,
            "endColumn": part.end_column,
        }
        by_file.setdefault(part.file, []).append({"deletedRegion": region, "insertedContent": {"text": part.text}})
    changes = [{"artifactLocation": _artifact(file), "replacements": parts} for file, parts in by_file.items()]
    notes = " ".join(f"{note}." for note in fix.notes)
    return {"description": {"text": _message(f"The patch of planproof fix. {notes}".strip())}, "artifactChanges": changes}


def _location(finding: Finding, report: Report) -> Json:
    artifact: Json = {"artifactLocation": _artifact(finding.file or report.plan)}
    if finding.file and finding.line:
        artifact["region"] = {"startLine": finding.line}
    kind = "resource" if finding.subject != PLAN else "module"
    logical = {"fullyQualifiedName": one_line(finding.subject), "kind": kind}
    return {"physicalLocation": artifact, "logicalLocations": [logical]}


def _artifact(path: str) -> Json:
    path = in_repository(path.replace("\\", "/"))
    if path.startswith("/") or PurePath(path).is_absolute():
        return {"uri": f"file://{quote(path if path.startswith('/') else '/' + path, errors='replace')}"}
    return {"uri": quote(path, errors="replace"), "uriBaseId": "%SRCROOT%"}


def _message(text: str) -> str:
    """SARIF reads `[a](b)` in a message as a link."""
    return one_line(text).replace("](", "] (")
