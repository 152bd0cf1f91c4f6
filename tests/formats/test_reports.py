"""The formats: what stands in each, that no text of a plan can break out of it, and that each fits its reader."""

from __future__ import annotations

import html
import importlib
import io
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.cli.commands.check import FORMATS
from planproof.engine import evaluate
from planproof.formats import to_github as github
from planproof.formats import to_junit as junit
from planproof.formats import to_markdown as markdown
from planproof.formats import to_pr_comment as pr_comment
from planproof.formats import to_sarif as sarif
from planproof.formats import to_text as text
from planproof.text.escaping import markdown as escaped
from planproof.text.escaping import markdown_code, one_line
from planproof.verdict import IN_BASELINE, Report, Verdict
from support.reports import ATTACKED, EVERY, RULE, finding
from support.repository import ROOT
from support.schemas import problems

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

# --- hostile text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_no_control_character_of_a_plan_reaches_a_report(name: str) -> None:
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    for reports in ((ATTACKED,), (ATTACKED, EVERY)):
        rendered = module.render(reports)
        rendered.encode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\ufffe]", rendered)


def test_an_annotation_cannot_be_forged() -> None:
    lines = github.render((ATTACKED,)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::error", "::warning", "planproof:"]
    assert all(line.count("::") == 2 or ":error::x" in line.split("::", 2)[2] for line in lines[:-1])
    assert "file=" in lines[2]
    assert "," not in re.sub(r",(line|title)=", " ", lines[2].split("::")[1])
    assert "%250A" in lines[2]


def test_xml_holds_hostile_text_as_text() -> None:
    root = xml.fromstring(junit.render((ATTACKED,)))
    assert root.findall(".//img") == []
    assert "<img src=x" in str(root.find(".//failure").get("message"))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("aws_s3_bucket.a", "aws_s3_bucket.a"),
        ("_emphasis_", "&#95;emphasis&#95;"),
        ("<b>", "&#60;b&#62;"),
        ("a|b", "a&#124;b"),
        ("@org/team #1", "@<!-- -->org/team #<!-- -->1"),
        ("https://a.example", "https:<!-- -->//a.example"),
        ("[x](y)", "&#91;x&#93;(y)"),
        ("www.a.example", "www<!-- -->.a.example"),
        ("GH-12", "GH-<!-- -->12"),
        (":tada:", ":<!-- -->tada:"),
        ("0123456789", "012345<!-- -->6789"),
        ("2030-01-31, aws_s3_bucket.a: arn:aws:s3", "2030-01-31, aws_s3_bucket.a: arn:<!-- -->aws:s3"),
    ],
)
def test_markdown_shows_text_letter_by_letter(raw: str, shown: str) -> None:
    assert escaped(raw) == shown


# What GitHub finds in a piece of text that is not code, by its documentation of autolinked references, of mentions and of emoji.
LINKED = re.compile(r"(?<![\w`])@[a-z0-9]|\w@\w|#\d|\bgh-\d|[a-z]-\d|:[\w+-]+:|www\.|\w://|[0-9a-f]{7}", re.IGNORECASE | re.ASCII)
PIECES = st.sampled_from(
    ["@", "team", "org/team", "#", "12", "GH-", "gh-7", "OPS-12", ":", "tada", "+1", "www", "WWW.", ".example.com", "http", "https://",
     "ftp://a", "mailto:a@b.example", "0123456789abcdef0123456789abcdef01234567", "cafe", "-", "_", " ", "<!-- -->", "-->", "&", "&#64;",
     "\0", "`", "*", "\\", "::", "//"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_nothing_that_github_would_link_is_left_in_one_piece(raw: str) -> None:
    """A comment parts two pieces; what is shown is the text, letter by letter."""
    pieces = [html.unescape(piece) for piece in escaped(raw).split("<!-- -->")]
    assert "".join(pieces) == one_line(raw)
    assert [piece for piece in pieces if LINKED.search(piece)] == []
    assert not re.search(r"[<>*`\[\]|~\\]", escaped(raw).replace("<!-- -->", ""))


def test_nobody_is_called_by_the_words_of_a_check() -> None:
    rule = RULE._replace(doc="Finds things.\n\nFix: Ask @platform-team in #12 or `@tagged` it, see GH-7. Then plan.\n")
    shown = markdown.render((Report("plan.json", (finding(),), rules=(rule,)),))
    assert "🔧 Ask @<!-- -->platform-team in #<!-- -->12 or `@tagged` it, see GH-<!-- -->7.\n" in shown


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_a_plan_is_a_command_in_the_log_of_a_workflow(name: str) -> None:
    """The runner takes `::name::` for one where a line begins with it, and `##[name]` anywhere; ours are annotations."""
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    for attack in ("::stop-commands::x", "  ::add-mask::x", "##[error]x", "a ###[group]x", "##[" * 3):
        attacks = (
            finding(subject=attack, reason=attack, file=attack, evidence=(attack,)),
            finding(Verdict.SKIP, subject=attack, reason=attack),
        )
        rule = RULE._replace(name=attack)
        report = Report(attack, attacks, (attack,), (attack,), (rule,), policy=attack)
        rendered = module.render((report, report))
        begun = [line.split()[0] for line in rendered.splitlines() if line.lstrip().startswith("::")]
        assert set(begun) <= ({"::error", "::warning", "::notice"} if name == "github" else set())
        assert "##[" not in rendered
        if name == "json":
            assert json.loads(rendered)["findings"][0]["reason"] == attack


@pytest.mark.parametrize(
    ("raw", "span"),
    [("", "` `"), ("a", "`a`"), ("a`b", "``a`b``"), ("``", "``` `` ```"), ('m["`"]', '``m["`"]``'), ("a\nb", r"`a\nb`")],
)
def test_a_code_span_cannot_be_closed_by_its_text(raw: str, span: str) -> None:
    assert markdown_code(raw) == span


# --- text ------------------------------------------------------------------------------------------------------------

TEXT = """\
planproof: plan.json

Failed (3)
  CKV_PLAN_2  CRITICAL  Things are safe
    output.x: nothing is kept
    output.y: nothing is kept
  CKV_PLAN_1  HIGH  Things are kept
    modules/logs/main.tf:7  aws_s3_bucket.b: nothing is kept
    Fix: Set `retention_in_days`.

Cannot tell (1)
  CKV_PLAN_1  HIGH  Things are kept
    aws_s3_bucket.c: known after apply

Skipped (1)
  CKV_PLAN_1  HIGH  Things are kept
    aws_s3_bucket.d: exception until 2030-01-31: moving

Passed (1)
  CKV_PLAN_1  Things are kept (1)

warning: a warning
3 failed, 1 cannot tell, 1 skipped, 1 passed
"""


def test_text_says_what_failed_first_and_what_to_do() -> None:
    assert text.render((EVERY,)) == TEXT


def test_instances_of_one_block_with_one_reason_are_a_line() -> None:
    several = [finding(subject=f'module.a["x"].aws_s3_bucket.b[{n}]') for n in range(5)]
    alone = finding(subject="module.a.aws_s3_bucket.b", reason="another")
    shown = text.render((Report("plan.json", (*several, alone), (), (), (RULE,)),))
    assert shown.splitlines()[4:6] == [
        '    module.a["x"].aws_s3_bucket.b[0], module.a["x"].aws_s3_bucket.b[1], module.a["x"].aws_s3_bucket.b[2] and 2 more: nothing is kept',
        "    module.a.aws_s3_bucket.b: another",
    ]


def test_of_what_the_baseline_has_the_number_is_shown() -> None:
    skipped = [finding(Verdict.SKIP, subject=f"aws_s3_bucket.{name}", reason=f"{IN_BASELINE}old") for name in "ab"]
    excused = finding(Verdict.SKIP, subject="aws_s3_bucket.c", reason="exception until 2030-01-31: moving")
    shown = text.render((Report("plan.json", (*skipped, excused), (), (), (RULE,)),))
    assert shown.splitlines()[4:6] == ["    2 in the baseline", "    aws_s3_bucket.c: exception until 2030-01-31: moving"]


def test_colour_changes_no_word() -> None:
    coloured = text.render((EVERY,), colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == TEXT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_wants_colour(environment: dict[str, str], terminal: bool, colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert text.wants_colour(Terminal() if terminal else io.StringIO()) is colour


def test_of_several_plans_one_with_nothing_to_say_is_a_line() -> None:
    quiet = Report("good.json", (finding(Verdict.PASS),), rules=(RULE,))
    lines = text.render((quiet, EVERY)).splitlines()
    assert lines[0] == "planproof: good.json: 0 failed, 1 passed"
    assert lines[1] == "planproof: plan.json"
    assert lines[-1] == "2 plans: 3 failed, 1 cannot tell, 1 skipped, 2 passed"


# --- sarif -----------------------------------------------------------------------------------------------------------


def sarif_run(*reports: Report) -> dict[str, Any]:
    document = json.loads(sarif.render(reports))
    assert problems(document, SARIF_SCHEMA) == []
    run = document["runs"][0]
    assert isinstance(run, dict)
    return run


def test_sarif_of_a_real_plan_is_valid_and_points_into_the_source() -> None:
    report = evaluate(ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json")
    run = sarif_run(report)
    failed = [f for f in report.findings if f.verdict is Verdict.FAIL]
    assert len([r for r in run["results"] if r["kind"] == "fail"]) == len(failed)
    places = [
        r["locations"][0]["physicalLocation"]
        for r in run["results"]
        if r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] != "plan"
    ]
    assert places
    assert all(p["artifactLocation"]["uri"].endswith(".tf") and p["region"]["startLine"] >= 1 for p in places)
    assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


def test_sarif_is_valid_whatever_the_text() -> None:
    run = sarif_run(ATTACKED, EVERY)
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_carries_the_fix_of_a_finding_by_file() -> None:
    fixed = [result for result in sarif_run(EVERY)["results"] if "fixes" in result]
    assert [result["message"]["text"] for result in fixed] == ["aws_s3_bucket.b: nothing is kept"]
    ((fix,),) = (result["fixes"] for result in fixed)
    assert fix["description"]["text"] == "The patch of planproof fix. the team decides the days."
    assert fix["artifactChanges"] == [
        {
            "artifactLocation": {"uri": "modules/logs/main.tf", "uriBaseId": "%SRCROOT%"},
            "replacements": [
                {
                    "deletedRegion": {"startLine": 8, "startColumn": 3, "endLine": 9, "endColumn": 1},
                    "insertedContent": {"text": "days = var.days\n"},
                }
            ],
        },
        {
            "artifactLocation": {"uri": "variables.tf", "uriBaseId": "%SRCROOT%"},
            "replacements": [
                {
                    "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                    "insertedContent": {"text": 'variable "days" {}\n'},
                }
            ],
        },
    ]


def test_sarif_says_open_for_unknown_and_suppressed_for_an_exception() -> None:
    results = sarif_run(EVERY)["results"]
    told = [(r["kind"], r["level"], r.get("suppressions", [{}])[0].get("justification")) for r in results]
    assert told == [
        ("fail", "error", None),
        ("open", "none", None),
        ("fail", "error", "exception until 2030-01-31: moving"),
        ("fail", "error", None),
        ("fail", "error", None),
    ]


@pytest.mark.parametrize(("unknown", "kinds"), [("fail", ["fail"]), ("warn", ["open"]), ("ignore", [])])
def test_the_policy_says_what_unknown_is(unknown: str, kinds: list[str]) -> None:
    report = Report("p", (finding(Verdict.UNKNOWN),), rules=(RULE,), unknown=unknown)
    assert [r["kind"] for r in sarif_run(report)["results"]] == kinds
    shown = {"fail": ["::error"], "warn": ["::warning"], "ignore": []}[unknown]
    assert [line.split(" ")[0] for line in github.render((report,)).splitlines()[:-1]] == shown
    cases = xml.fromstring(junit.render((report,))).findall(".//testcase")
    assert [case[0].tag for case in cases] == {"fail": ["failure"], "warn": ["skipped"], "ignore": []}[unknown]


def test_a_finding_keeps_its_fingerprint_when_lines_and_words_change() -> None:
    def marks(report: Report) -> list[str]:
        return [r["partialFingerprints"]["planproof/v1"] for r in sarif_run(report)["results"]]

    moved = EVERY.findings[1]._replace(line=99, reason="other words", file="other.tf")
    assert marks(Report("a.json", (EVERY.findings[1],), rules=(RULE,))) == marks(Report("b.json", (moved,), rules=(RULE,)))
    assert len(set(marks(EVERY))) == len(marks(EVERY))


def test_a_rule_carries_help_a_page_and_a_score() -> None:
    rule = sarif_run(EVERY)["tool"]["driver"]["rules"][0]
    assert rule["helpUri"] == "https://example.com/why"
    assert "Fix: Set `retention_in_days`." in rule["help"]["markdown"]
    assert rule["properties"]["security-severity"] == "8.0"


def test_a_finding_without_source_is_placed_at_the_plan_without_a_line() -> None:
    (result,) = sarif_run(Report("out/my plan.json", (finding(),), rules=(RULE,)))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "out/my%20plan.json", "uriBaseId": "%SRCROOT%"}}
    (result,) = sarif_run(Report("p", (finding(file="/abs/main.tf", line=2),), rules=(RULE,)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///abs/main.tf"}


# --- junit, github, markdown, json -----------------------------------------------------------------------------------


def test_junit_counts_what_it_holds() -> None:
    broken = Report("broken.json", (), errors=("broken.json is empty",))
    root = xml.fromstring(junit.render((EVERY, broken)))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7",
        "failures": "3",
        "errors": "1",
        "skipped": "2",
    }
    case = root.find(".//testcase[@file]")
    assert case is not None
    assert (case.get("classname"), case.get("name"), case.get("line")) == ("CKV_PLAN_1", "aws_s3_bucket.b", "7")


def test_annotations_stand_at_the_block_the_worst_first() -> None:
    assert github.render((EVERY,)).splitlines() == [
        "::warning title=planproof::a warning",
        "::error title=CKV_PLAN_2%3A Things are safe::output.x: nothing is kept",
        "::error title=CKV_PLAN_2%3A Things are safe::output.y: nothing is kept",
        "::error file=modules/logs/main.tf,line=7,title=CKV_PLAN_1%3A Things are kept::aws_s3_bucket.b: nothing is kept%0AFix: Set `retention_in_days`.",
        "::warning title=CKV_PLAN_1%3A Things are kept::aws_s3_bucket.c: known after apply",
        "planproof: 3 failed, 1 cannot tell, 1 skipped, 1 passed",
    ]


@pytest.mark.parametrize(("module", "limit"), [(markdown, 1024 * 1024), (pr_comment, 65_536)])
def test_markdown_stays_within_what_github_takes(module: Any, limit: int) -> None:
    many = tuple(
        finding(v, subject=f"aws_s3_bucket.b{n}", reason="é" * 100) for v in (Verdict.FAIL, Verdict.UNKNOWN) for n in range(4000)
    )
    rendered = module.render((Report("plan.json", many, rules=(RULE,)),))
    assert len(rendered.encode("utf-8")) <= limit
    left_out = re.search(r"_(\d+) more findings did not fit here", rendered)
    assert left_out
    assert len(re.findall(r"^- ", rendered, re.MULTILINE)) + int(left_out[1]) == 8000
    assert rendered.count("<details>") == rendered.count("</details>")


@pytest.mark.parametrize("name", ["text", "markdown", "pr-comment"])
def test_buckets_whose_chains_break_at_the_same_place_are_one_item(name: str) -> None:
    report = evaluate(ROOT / "fixtures/bad/unauthorized_access_alert/no_trail/plan.json", "general")
    lines = [line for line in rendered(name, report).splitlines() if "the plan has no aws_cloudtrail" in line]
    assert len(lines) == 1
    assert all(
        address in lines[0] for address in ('aws_s3_bucket.either["a"]', 'aws_s3_bucket.either["b"]', "aws_s3_bucket.logs")
    )


def rendered(name: str, report: Report) -> str:
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    return str(module.render([report]))


def test_markdown_without_findings_is_short() -> None:
    assert markdown.render((Report("plan.json", ()),)) == "<!-- planproof -->\n## ✅ planproof: nothing to judge\n\n"


def test_json_has_one_shape_for_one_plan_and_for_several() -> None:
    module = importlib.import_module("planproof.formats.to_json")
    one, several = json.loads(module.render((EVERY,))), json.loads(module.render((EVERY, EVERY)))
    assert several == {
        **one,
        "findings": one["findings"] * 2,
        "plans": one["plans"] * 2,
        "summary": {v: 2 * n for v, n in one["summary"].items()},
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_the_same_each_time(name: str) -> None:
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    plan = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
    assert module.render((evaluate(plan),)) == module.render((evaluate(plan),))


@pytest.mark.slow
def test_a_report_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Sets and the like have another order in each (PYTHONHASHSEED). Outside of a repository, whose tests each plan would look through."""
    plans = shutil.copytree(ROOT / "fixtures" / "bad", tmp_path / "bad")
    command = [
        sys.executable,
        "-m",
        "planproof",
        "check",
        str(plans),
        "--jobs",
        "1",
        "--format",
        "json",
    ]
    found = []
    for seed in ("1", "4"):
        settings = {"PYTHONPATH": str(ROOT / "checks"), "PYTHONHASHSEED": seed}
        found.append(subprocess.run(command, env=settings, cwd=tmp_path, capture_output=True, check=False).stdout)
    assert found[0] == found[1]
    assert len(json.loads(found[0])["plans"]) > 50


@pytest.mark.parametrize("name", ["json", "text"])
def test_of_many_plans_no_report_is_waited_for(name: str) -> None:
    module = importlib.import_module(f"planproof.formats.to_{name}")
    judged: list[int] = []

    def judging() -> Iterator[Report]:
        for number in range(5):
            judged.append(number)
            yield Report(f"{number}.json", EVERY.findings, rules=(RULE,))

    for piece in module.stream(judging()):
        number = re.search(r"(\d)\.json", piece.partition('"plans": [')[0])  # what is told of the plans in JSON comes last
        assert number is None or len(judged) <= int(number[1]) + 2
    assert len(judged) == 5
