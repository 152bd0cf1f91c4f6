"""The formats of other programs: each fits its reader's published schema, or its documented fields, for the report of every fixture."""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from planproof.cli.commands.check import FORMATS
from planproof.cli.main import main
from planproof.engine import evaluate
from planproof.formats import to_asff, to_atlantis, to_csv, to_gitlab, to_ocsf
from planproof.verdict import ADVISORY, Report, Verdict
from support.judged import CASES, CHECKS, judge
from support.reports import ATTACKED, EVERY, RULE, finding
from support.repository import FIXTURES, ROOT

Corpus = Callable[[], Iterator[tuple[Report, ...]]]
UNJUDGED = Report("broken.json", (), errors=("broken.json is empty",), policy="general", profile="general")
ADVISED = Report("advice.json", (finding(level=ADVISORY, severity="LOW"),), rules=(RULE,))


def every_fixture() -> Iterator[tuple[Report, ...]]:
    for key in sorted(CHECKS):
        yield tuple(judge(folder) for folder in CASES if folder.parent.name == key)
    yield from some_plans()


def some_plans() -> Iterator[tuple[Report, ...]]:
    yield (evaluate(FIXTURES / "good" / "ideal" / "plan.json"),)
    yield (evaluate(FIXTURES / "bad" / "review" / "plan.json", "general"),)
    yield (EVERY,)
    yield (ATTACKED, EVERY, UNJUDGED, ADVISED)
    yield (Report("nothing.json", ()),)


each_corpus = pytest.mark.parametrize("corpus", [some_plans, pytest.param(every_fixture, marks=pytest.mark.slow)])


def documents(module: Any, corpus: Corpus) -> Iterator[list[dict[str, Any]]]:
    for reports in corpus():
        document = json.loads(module.render(reports))
        assert isinstance(document, list)
        yield document


def shown(*reports: Report) -> int:
    return sum(len(report.findings) or len(report.errors) for report in reports)


# --- GitLab -----------------------------------------------------------------------------------------------------------

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "additionalProperties": False,
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "pattern": r"^(?!\./)"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "additionalProperties": False,
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)


@each_corpus
def test_gitlab_issues_have_the_documented_fields(corpus: Corpus) -> None:
    issues = 0
    for document in documents(to_gitlab, corpus):
        assert [error.message for error in GITLAB.iter_errors(document)] == []
        marks = [issue["fingerprint"] for issue in document]
        assert len(set(marks)) == len(marks)  # GitLab shows one of those that have the same
        issues += len(document)
    assert issues > (300 if corpus is every_fixture else 20)


def test_gitlab_is_told_what_fails_and_how_much_it_matters() -> None:
    told = [(i["severity"], i["description"]) for i in json.loads(to_gitlab.render((EVERY, ADVISED, UNJUDGED)))]
    assert told == [
        ("critical", "aws_s3_bucket.b: nothing is kept"),
        ("info", "aws_s3_bucket.c: cannot tell: known after apply"),
        ("blocker", "output.x: nothing is kept"),
        ("blocker", "output.y: nothing is kept"),
        ("info", "aws_s3_bucket.a: advisory: nothing is kept"),
        ("blocker", "plan: broken.json is empty"),
    ]
    unknown = Report("p", (finding(Verdict.UNKNOWN),), rules=(RULE,), unknown="fail")
    assert [i["severity"] for i in json.loads(to_gitlab.render((unknown,)))] == ["critical"]


@pytest.mark.parametrize(
    ("plan", "file", "path"),
    [
        ("./plans/plan.json", None, "plans/plan.json"),
        ("plan.json", "./infra/../infra/main.tf", "infra/main.tf"),
        ("plan.json", "infra\\main.tf", "infra/main.tf"),
    ],
)
def test_gitlab_finds_the_file(plan: str, file: str | None, path: str) -> None:
    (issue,) = json.loads(to_gitlab.render((Report(plan, (finding(file=file, line=file and 3),), rules=(RULE,)),)))
    assert issue["location"] == {"path": path, "lines": {"begin": 3 if file else 1}}


# --- marks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "key"),
    [(to_gitlab, "fingerprint"), (to_asff, "Id"), (to_ocsf, "uid"), (to_csv, "fingerprint"), (to_atlantis, "Hashes")],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_finding_is_known_again_on_another_line_and_in_other_words(module: Any, key: str) -> None:
    def mark(line: int, reason: str) -> object:
        text = module.render((Report("plan.json", (finding(file="main.tf", line=line, reason=reason),), rules=(RULE,)),))
        if module is to_csv:
            return next(csv.DictReader(io.StringIO(text)))[key]
        (one,) = json.loads(text)
        return one["finding_info"][key] if module is to_ocsf else one[key]

    assert mark(7, "nothing is kept") == mark(99, "other words")


@pytest.mark.parametrize("module", [to_asff, to_ocsf])
def test_a_finding_lives_on_when_it_passes_and_is_another_in_another_plan(module: Any) -> None:
    def mark(plan: str, verdict: Verdict, code: str) -> object:
        (one,) = json.loads(module.render((Report(plan, (finding(verdict, code=code),), rules=(RULE,)),)))
        return one["Id"] if module is to_asff else one["finding_info"]["uid"]

    before = mark("a/plan.json", Verdict.FAIL, "no_rule")
    assert mark("a/plan.json", Verdict.PASS, "has_rule") == before
    assert mark("b/plan.json", Verdict.FAIL, "no_rule") != before


# --- CSV --------------------------------------------------------------------------------------------------------------


def rows(*reports: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv.render(reports)), strict=True))


@each_corpus
def test_csv_has_a_line_for_each_finding(corpus: Corpus) -> None:
    for reports in corpus():
        found = rows(*reports)
        assert len(found) == shown(*reports)
        assert all(tuple(row) == to_csv.COLUMNS and None not in row.values() for row in found)


def test_csv_says_of_each_finding_what_the_other_formats_do() -> None:
    row = rows(EVERY._replace(policy="ours.yaml", profile="general"))[1]
    assert {key: row[key] for key in ("plan", "check", "name", "verdict", "level", "fails", "severity", "subject", "code")} == {
        "plan": "plan.json",
        "check": "CKV_PLAN_1",
        "name": "Things are kept",
        "verdict": "FAIL",
        "level": "mandatory",
        "fails": "yes",
        "severity": "HIGH",
        "subject": "aws_s3_bucket.b",
        "code": "some_code",
    }
    assert (row["reason"], row["place"], row["policy"]) == ("nothing is kept", "modules/logs/main.tf:7", "ours.yaml")
    assert [(row["verdict"], row["reason"]) for row in rows(UNJUDGED)] == [("ERROR", "broken.json is empty")]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", " =", "\t=", "\r\n="])
def test_no_cell_is_a_formula(begin: str) -> None:
    text = f'{begin}HYPERLINK("https://evil.example","x")'
    report = Report(text, (finding(subject=text, reason=text, evidence=(text,), file=text, line=1),), rules=(RULE,))
    formula = re.compile(r"[\s]*[=+\-@|%＝＋－＠]")
    for row in rows(report):
        assert [cell for cell in row.values() if formula.match(cell)] == []
        assert row["plan"].lstrip("'").strip().endswith('"x")')


# --- Atlantis ---------------------------------------------------------------------------------------------------------

# server/events/models/models.go of runatlantis/atlantis: PolicySetResult, with what it was called before sticky approvals.
RESULT = {
    "PolicySetName": str,
    "PolicyOutput": str,
    "Passed": bool,
    "ReqApprovalCount": int,
    "ReqApprovals": int,
    "CurApprovals": int,
    "Approvals": list,
    "Hashes": list,
    "PolicyItemRegex": str,
}
SUMMARY = re.compile(
    r"\d+ tests?, \d+ passed, \d+ warnings?, \d+ failures?, \d+ exceptions?(, \d skipped)?"
)  # as Atlantis looks for it


@each_corpus
def test_atlantis_gets_one_policy_set_of_its_own_shape(corpus: Corpus) -> None:
    for reports, (result,) in zip(corpus(), documents(to_atlantis, corpus), strict=True):
        assert {key: type(value) for key, value in result.items()} == RESULT
        assert result["Passed"] is not any(report.failed or report.errors for report in reports)
        assert result["ReqApprovalCount"] > len(result["Approvals"])  # else a failure would count as approved
        assert len(set(result["Hashes"])) == sum(report.fails_by(f) for report in reports for f in report.findings) + (
            UNJUDGED in reports
        )


def test_atlantis_finds_its_summary_and_breaks_no_line_of_a_plan() -> None:
    (result,) = json.loads(to_atlantis.render((EVERY, UNJUDGED)))
    found = SUMMARY.search(result["PolicyOutput"])
    assert found is not None
    assert found[0] == "7 tests, 1 passed, 1 warnings, 4 failures, 1 exceptions"
    (attacked,) = json.loads(to_atlantis.render((ATTACKED,)))
    assert "\\n" not in attacked["PolicyOutput"]
    assert not re.search(r"(?m)^```", attacked["PolicyOutput"])


# --- OCSF -------------------------------------------------------------------------------------------------------------


@cache
def compliance_finding(version: str) -> Draft202012Validator:
    return Draft202012Validator(OcsfJsonSchemaEmbedded(get_ocsf_schema(version)).get_class_schema("compliance_finding"))


@pytest.mark.exhaustive
@each_corpus
@pytest.mark.parametrize("version", ["1.3.0", to_ocsf.SCHEMA, "1.8.0"])
def test_ocsf_events_fit_the_published_schema(version: str, corpus: Corpus) -> None:
    validator = compliance_finding(version)
    for reports, document in zip(corpus(), documents(to_ocsf, corpus), strict=True):
        assert len(document) == shown(*reports)
        for event in document:
            assert event["metadata"]["version"] == to_ocsf.SCHEMA
            assert reports[0] is ATTACKED or "\\n" not in str(event["finding_info"])
            assert [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(event)] == []


def test_ocsf_says_how_a_finding_stands() -> None:
    events = json.loads(to_ocsf.render((EVERY, ADVISED, UNJUDGED)))
    told = [(e["compliance"]["status"], e["compliance"]["status_id"], e["status"], e["severity"]) for e in events]
    assert told == [
        ("Pass", 1, "New", "Informational"),
        ("Fail", 3, "New", "High"),
        ("Warning", 2, "New", "High"),
        ("Fail", 3, "Suppressed", "High"),
        ("Fail", 3, "New", "Critical"),
        ("Fail", 3, "New", "Critical"),
        ("Warning", 2, "New", "Informational"),
        ("Fail", 3, "New", "Critical"),
    ]
    assert {event["time"] for event in events} == {1_790_000_000_000}
    assert (events[1]["class_uid"], events[1]["type_uid"]) == (2003, 200301)
    assert events[1]["remediation"] == {"desc": "Set `retention_in_days`."}


# --- ASFF -------------------------------------------------------------------------------------------------------------


def misfits(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What of a value breaks the shape: botocore itself looks at neither patterns nor enumerations."""
    if shape.type_name == "structure":
        yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{path}.{name} is unknown"
            else:
                yield from misfits(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            yield from misfits(shape.member, inner, f"{path}[]")
    elif shape.type_name == "map":
        for name, inner in value.items():
            yield from misfits(shape.key, name, f"{path} key")
            yield from misfits(shape.value, inner, f"{path}.{name}")
    elif not isinstance(value, {"string": str, "integer": int}[shape.type_name]):
        yield f"{path} is {type(value).__name__}"
    else:
        pattern, known = shape.metadata.get("pattern"), getattr(shape, "enum", None)
        if pattern and not re.fullmatch(pattern, value):
            yield f"{path} does not match {pattern}"
        if known and value not in known:
            yield f"{path} is {value!r}, none of {known}"


# https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html and asff-top-level-attributes.html
LONGEST = {"Title": 256, "Description": 1024, "Id": 512, "GeneratorId": 512}


@each_corpus
def test_asff_findings_fit_the_service_model_of_security_hub(corpus: Corpus) -> None:
    session = pytest.importorskip("botocore.session").get_session()
    shape = session.get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    for reports, document in zip(corpus(), documents(to_asff, corpus), strict=True):
        assert len(document) == shown(*reports)
        assert list(misfits(shape, {"Findings": document})) == []
        for one in document:
            assert {name: len(one[name]) for name in LONGEST if len(one[name]) > LONGEST[name]} == {}
            assert len(one.get("Remediation", {"Recommendation": {"Text": ""}})["Recommendation"]["Text"]) <= 512
            assert max(map(len, one["ProductFields"].values())) <= 2048
            assert len(one["Resources"][0]["Id"]) <= 512


def test_asff_says_how_a_finding_stands() -> None:
    document = json.loads(to_asff.render((EVERY, ADVISED)))
    told = [(one["Compliance"]["Status"], one["Severity"]["Label"], one["Workflow"]["Status"]) for one in document]
    assert told == [
        ("PASSED", "INFORMATIONAL", "NEW"),
        ("FAILED", "HIGH", "NEW"),
        ("WARNING", "HIGH", "NEW"),
        ("FAILED", "HIGH", "SUPPRESSED"),
        ("FAILED", "CRITICAL", "NEW"),
        ("FAILED", "CRITICAL", "NEW"),
        ("WARNING", "INFORMATIONAL", "NEW"),
    ]
    assert document[0]["ProductArn"] == "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default"
    assert document[0]["CreatedAt"] == "2026-09-21T14:13:20Z"


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_asff_knows_the_partition(region: str, partition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    (one, *_) = json.loads(to_asff.render((EVERY,)))
    assert one["ProductArn"].startswith(f"arn:{partition}:securityhub:{region}:")
    assert one["Resources"][0]["Partition"] == partition


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PLANPROOF_AWS_ACCOUNT", "", "set PLANPROOF_AWS_ACCOUNT to the 12 digits"),
        ("PLANPROOF_AWS_ACCOUNT", "x" * 12, "set PLANPROOF_AWS_ACCOUNT to the 12 digits"),
        ("AWS_REGION", "", "set AWS_REGION"),
        ("AWS_REGION", "eu central", "set AWS_REGION"),
        ("SOURCE_DATE_EPOCH", "yesterday", "SOURCE_DATE_EPOCH is not a time"),
    ],
)
def test_asff_without_what_it_needs_is_one_sentence(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv(name, value)
    assert main(["check", str(FIXTURES / "good" / "output_contract" / "plain" / "plan.json"), "--format", "asff"]) == 2
    streams = capsys.readouterr()
    assert (streams.out, streams.err.count("\n")) == ("", 1)
    assert said in streams.err


def test_the_time_is_now_if_nothing_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert json.loads(to_ocsf.render((EVERY,)))[0]["time"] > 1_790_000_000_000


def test_every_format_is_in_the_table() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)`(?: \(default\))? \|", (ROOT / "docs" / "formats.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(FORMATS)


# --- all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_plan_that_could_not_be_judged_is_no_empty_report(name: str) -> None:
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    assert "broken.json is empty" in module.render((UNJUDGED, EVERY))
    assert "broken.json is empty" in module.render((UNJUDGED,))
