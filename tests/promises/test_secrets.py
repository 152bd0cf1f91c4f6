"""Nothing that the plan marks sensitive, and no variable's value, is shown: in no format, warning, error or traceback, on no lane."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from planproof.baseline import Baseline
from planproof.cli.commands.check import FORMATS
from planproof.cli.main import main
from planproof.context import Context
from planproof.engine import evaluate
from planproof.fix.attached import with_fixes
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.policy.profiles import merge
from planproof.review.comparison import Side
from planproof.review.compose import review
from planproof.review.document import to_markdown
from planproof.source.model import Source
from planproof.verdict import Report
from support.canaries import CANARY, LEAK, MASKS, all_sensitive, variables_with_canaries
from support.lanes import OURS, Checkovs
from support.repository import ROOT, agreeing

PLANS = sorted(file for name in ("plan.json", "second-plan.json") for file in (ROOT / "fixtures").rglob(name))
# The whole configurations each time; a third of the other plans before each push, and the rest at night.
IN_A_NIGHT = (pytest.mark.exhaustive, pytest.mark.nightly)
EACH = [
    pytest.param(
        file,
        id=str(file.relative_to(ROOT / "fixtures")),
        marks=() if "ideal" in str(file) or "review" in str(file) else IN_A_NIGHT if number % 3 else pytest.mark.slow,
    )
    for number, file in enumerate(PLANS)
]


def document(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def render(name: str, reports: list[Report]) -> str:
    return str(importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}").render(reports))


def leaks(plan: Any, file: Path) -> set[str]:
    """What stands around each canary that a report shows."""
    expected = file.parent / "expected.json"
    settings = json.loads(expected.read_text(encoding="utf-8")) if expected.exists() else {}
    policy = Policy(merge(Policy.default().data, settings.get("policy", {})))
    source = None if settings.get("source") == "none" else Source.beside(file)
    loaded = Plan.load(plan)
    report = with_fixes(evaluate(loaded, policy, source), Context(loaded, policy, source))
    assert report.errors == ()
    texts = [render(name, [report]) for name in FORMATS]
    texts.append(to_markdown(review(Side(report, Context(loaded, policy, source)))))
    return {text[max(0, m.start() - 150) : m.end() + 20] for text in texts for m in LEAK.finditer(text)}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("file", EACH)
def test_no_sensitive_value_is_shown(file: Path, mask: Any) -> None:
    assert leaks(all_sensitive(document(file), mask), file) == set()


ALERTS = [
    pytest.param(file, id=file.parent.name, marks=() if file.parent.name == "alarm" else pytest.mark.slow)
    for file in PLANS
    if "unauthorized_access_alert" in str(file) or "dead_alarm" in str(file)
]


@pytest.mark.exhaustive
@pytest.mark.parametrize("file", ALERTS)
def test_no_value_is_shown_where_it_alone_is_sensitive(file: Path) -> None:
    """Links hold by values: with all of them altered at once, what is said of a link that holds would never be said."""
    shown = set()
    texts = {(r["type"], key) for r in resources(document(file)) for key, v in r.get("values", {}).items() if isinstance(v, str)}
    for kind, key in sorted(texts):
        plan = document(file)
        for resource in resources(plan):
            if resource["type"] == kind and isinstance(resource["values"].get(key), str):
                resource["values"][key] = CANARY
                resource["sensitive_values"] = {**resource.get("sensitive_values", {}), key: True}
        shown |= leaks(agreeing(plan), file)
    assert shown == set()


def resources(plan: Any) -> list[Any]:
    """Those of all modules."""
    found, pending = [], [plan["planned_values"].get("root_module", {})]
    while pending:
        module = pending.pop()
        found += module.get("resources", [])
        pending += module.get("child_modules", [])
    return found


@pytest.mark.parametrize("file", EACH)
def test_no_variables_value_is_shown(file: Path) -> None:
    assert leaks(variables_with_canaries(document(file)), file) == set()


SECRETS = ROOT / "tests" / "plans" / "secrets"
CODENAME, FOUNTAIN, PIN = "orchidlantern", "marblefountain", "918273"
MADE_OF_THEM = {
    "as it is": CODENAME,
    "reversed": CODENAME[::-1],
    "cut": CODENAME[2:9],
    "decoded": FOUNTAIN,
    "inside a text": PIN,
    "hashed": hashlib.md5(b"OrchidLantern").hexdigest(),
    "with some letters replaced": CODENAME.replace("i", "1"),
    "taken apart": "_".join(CODENAME[::-1]),
    "encoded": base64.b64encode(b"OrchidLantern").decode().strip("=").lower(),
}


@pytest.mark.parametrize("source", [SECRETS, None], ids=["with source", "without source"])
def test_nothing_that_is_made_of_a_variable_is_shown(source: Path | None, tmp_path: Path) -> None:
    """By way of locals, modules and other resources too, in a name, a rule, a metric, a statement."""
    report = evaluate(Plan.load(SECRETS / "plan.json"), "general", source)
    strict = evaluate(Plan.load(SECRETS / "plan.json"), None, source)
    assert report.errors == strict.errors == ()
    assert len(strict.findings) > 50
    texts = [render(name, [one]) for name in FORMATS for one in (report, strict)]
    texts += [str(report), str(strict), Baseline.of([report, strict], tmp_path / "baseline.json").text()]
    shown = {how for text in texts for how, secret in MADE_OF_THEM.items() if secret in text.lower()}
    assert shown == set()


def test_with_the_source_a_name_is_told_but_for_the_variable_in_it() -> None:
    report = evaluate(SECRETS / "plan.json")
    said = {f.subject: f.reason.partition(",")[0] for f in report.findings if f.check_id == "CKV_PLAN_7"}
    assert said["aws_sqs_queue.plain"] == 'name is "Jobs_${var.codename}"'
    assert said["aws_sqs_queue.lower"] == 'name is "Jobs_${var.codename}"'
    assert said["aws_sqs_queue.short"] == 'name is "Jobs_${var.short}-${var.codename}"'
    assert said["aws_sqs_queue.numbered"] == 'name is "Jobs_${var.pin}"'
    assert said["aws_sqs_queue.both"] == 'name is "${... var.codename ...}"'
    assert said['aws_sqs_queue.local["spelled"]'] == 'name is "Jobs_${var.codename}"'
    assert said['aws_sqs_queue.local["decoded"]'] == 'name is "${... var.encoded ...}"'


def test_without_the_source_what_may_be_made_of_a_variable_is_named() -> None:
    report = evaluate(Plan.load(SECRETS / "plan.json"))
    said = {f.subject: f.reason.partition(",")[0] for f in report.findings if f.check_id == "CKV_PLAN_7"}
    assert said["aws_sqs_queue.plain"] == 'name is "${... var.codename ...}"'
    assert said['aws_sqs_queue.local["spelled"]'] == 'name is "${... local.ways ...}"'
    assert said["aws_iam_role.operator"].startswith('name is "operator"')


def test_no_error_tells_a_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A check that breaks over a value, a plan that is cut off in one, and one that is malformed."""
    for number, text in enumerate(_broken(json.dumps(all_sensitive(document(ROOT / "fixtures/good/ideal/plan.json"), MASKS[0])))):
        file = tmp_path / f"{number}.json"
        file.write_text(text, encoding="utf-8")
        assert main(["check", str(file)]) == 2
        said = "".join(capsys.readouterr())
        assert not LEAK.search(said)
        assert "Traceback" not in said


def _broken(text: str) -> list[str]:
    end = text.index(CANARY) + len(CANARY)
    return [
        text[:end],
        text[:end] + "\x01" + text[end:],
        text.replace('"resources": [', f'"resources": ["{CANARY}", ', 1)[:-1],
        f'"{CANARY}"',
    ]


@pytest.mark.slow
def test_no_secret_reaches_checkovs_report(tmp_path: Path) -> None:
    """What our checks say there. Checkov itself may show values of a plan in its own results' code blocks."""
    plans = [ROOT / "fixtures" / "bad" / "review" / "plan.json", *sorted((ROOT / "fixtures" / "bad").glob("*/plain/plan.json"))]
    for number, file in enumerate(plans):
        (tmp_path / f"{number}.json").write_text(json.dumps(all_sensitive(document(file), MASKS[number % 3])), encoding="utf-8")
    checkovs = Checkovs(tmp_path.parent)
    arguments = ("--framework", "terraform_plan", "--skip-download", "-d", ".", "-c", OURS, "-o", "cli", "--compact")
    done = checkovs.run("checkov", "--external-checks-dir", ROOT / "checks", *arguments, cwd=tmp_path)
    checkovs.close()
    assert "Failed checks: " in done.stdout
    assert not LEAK.search(done.stdout + done.stderr)
