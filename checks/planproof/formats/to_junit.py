"""JUnit XML, for the test views of CI systems: a suite for each plan, a case for each finding; what is advisory is a suite of its own, with
a skipped case for each kind."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Sequence

from planproof.formats.common import advice, place, rules_of, subject, visible
from planproof.text.docstring import sections
from planproof.text.escaping import one_line
from planproof.verdict import Finding, Report, Standing, Verdict


def render(reports: Sequence[Report]) -> str:
    root = xml.Element("testsuites", name="planproof")
    for report in reports:
        _suite(root, report)
        _advice(root, report)
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: xml.Element, report: Report) -> None:
    suite = xml.SubElement(root, "testsuite", name=one_line(report.plan))
    rules = rules_of((report,))
    for finding in (f for f in visible(report) if f.standing is not Standing.ADVISORY):
        rule = rules.get(finding.check_id)
        _case(suite, finding, report, sections(rule.doc).remedy if rule else "")
    for number, problem in enumerate(report.errors, 1):
        case = xml.SubElement(suite, "testcase", classname="planproof", name=f"error {number}", time="0")
        xml.SubElement(case, "error", message=one_line(problem), type="error")
    _count(suite)
    if report.judged_by:
        properties = xml.Element("properties")
        for name in ("policy", "profile", "version"):
            xml.SubElement(properties, "property", name=name, value=one_line(getattr(report, name)))
        suite.insert(0, properties)


def _advice(root: xml.Element, report: Report) -> None:
    kinds = list(advice(report))
    if kinds:
        suite = xml.SubElement(root, "testsuite", name=f"{one_line(report.plan)} (advisory)")
        for kind, first in kinds:
            case = _empty_case(suite, first)
            xml.SubElement(case, "skipped", message=f"advisory: {one_line(kind.text)}")
        _count(suite)


def _count(suite: xml.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _empty_case(suite: xml.Element, finding: Finding) -> xml.Element:
    case = xml.SubElement(suite, "testcase", classname=finding.check_id, name=one_line(subject(finding)), time="0")
    if finding.file:
        case.set("file", one_line(finding.file))
        if finding.line:
            case.set("line", str(finding.line))
    return case


def _case(suite: xml.Element, finding: Finding, report: Report, remedy: str) -> None:
    case = _empty_case(suite, finding)
    reason = one_line(finding.reason)
    if report.fails_by(finding):
        failure = xml.SubElement(case, "failure", message=reason, type=f"{finding.severity} {finding.code}")
        where = one_line(place(finding))
        failure.text = "\n".join(line for line in (where, one_line(finding.subject), reason, one_line(remedy)) if line)
    elif finding.verdict is Verdict.UNKNOWN:
        xml.SubElement(case, "skipped", message=f"cannot tell: {reason}")
    elif finding.verdict is Verdict.SKIP:
        xml.SubElement(case, "skipped", message=reason)
