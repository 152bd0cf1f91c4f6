"""Comments that skip a check, as Checkov reads them: exceptions with their reason, as far as the policy lets them be."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate, find_policy
from planproof.errors import PolicyError
from planproof.verdict import Finding, Verdict
from support.lanes import checkov
from support.repository import FIXTURES, ROOT

BAD = FIXTURES / "bad" / "log_group_retention" / "plain"
SUBJECT = "aws_cloudwatch_log_group.for_ever"
LINE = 'resource "aws_cloudwatch_log_group" "for_ever" {'
NEVER = "keeps its events for ever"


def judged(folder: Path, comment: str, rule: str = "allow", above: str = "", today: str = "2026-11-29") -> Finding:
    """The finding on a log group in whose block the comment stands."""
    text = (BAD / "main.tf").read_text(encoding="utf-8")
    assert LINE in text
    (folder / "main.tf").write_text(text.replace(LINE, f"{above}\n{LINE}\n  {comment}\n"), encoding="utf-8")
    (folder / "plan.json").write_bytes((BAD / "plan.json").read_bytes())
    policy = find_policy({"inline_skips": rule})
    policy.today = datetime.date.fromisoformat(today)
    found = [f for f in evaluate(folder / "plan.json", policy).findings if (f.check_id, f.subject) == ("CKV_PLAN_12", SUBJECT)]
    (finding,) = found
    return finding


HOLD = {
    "#checkov:skip=CKV_PLAN_12:kept by law": "skipped by a comment: kept by law",
    "# checkov:skip=CKV_PLAN_12: kept by law": "skipped by a comment: kept by law",
    "// checkov:skip=CKV_PLAN_12:kept by law": "skipped by a comment: kept by law",
    "/* checkov:skip=CKV_PLAN_12:kept by law */": "skipped by a comment: kept by law",
    "/*\n checkov:skip=CKV_PLAN_12:kept\n by law */": "skipped by a comment: kept",
    "#bridgecrew:skip=CKV_PLAN_12:kept by law": "skipped by a comment: kept by law",
    "#checkov:skip=CKV_AWS_338,CKV_PLAN_12:kept by law": "skipped by a comment: kept by law",
    "#checkov:skip=CKV_PLAN_12": "skipped by a comment: no reason is given",
    'tags = { a = "#" } # checkov:skip=CKV_PLAN_12:kept by law': "skipped by a comment: kept by law",
    "#checkov:skip=CKV_PLAN_12:kept by law expires=2027-01-31": "skipped by a comment until 2027-01-31: kept by law",
    "#checkov:skip=CKV_PLAN_12:expires=2027-01-31, kept by law": "skipped by a comment until 2027-01-31: kept by law",
    "#checkov:skip=CKV_PLAN_12:what expires stays, until 2030 by law": "skipped by a comment: what expires stays, until 2030 by law",
    "#checkov:skip=CKV_PLAN_12:a expires=2099-01-31 expires=2027-01-31": "skipped by a comment until 2027-01-31: a",
    "#checkov:skip=CKV_PLAN_12:a expires=2020-01-31\n  #checkov:skip=CKV_PLAN_12:b": "skipped by a comment: b",
}


@pytest.mark.parametrize(("comment", "reason"), HOLD.items())
def test_a_comment_is_an_exception_with_its_reason(comment: str, reason: str, tmp_path: Path) -> None:
    found = judged(tmp_path, comment)
    assert (found.verdict, found.reason) == (Verdict.SKIP, reason)


SKIP = "#checkov:skip=CKV_PLAN_12:kept by law"
TEXTS = {
    "a string": f'"{SKIP}"',
    "a string in a string": f'"${{"{SKIP}"}}"',
    "a string in a call in a string": f'"a${{upper("{SKIP}")}}b"',
    "a string in a string in a string": f'"${{"${{"{SKIP}"}}"}}"',
    "a heredoc": f"<<EOT\n{SKIP}\nEOT",
    "an indented heredoc": f"<<-EOT\n    {SKIP}\n  EOT",
    "a string in a heredoc": f'<<EOT\n${{"{SKIP}"}}\nEOT',
    "a heredoc whose marker stands in a string": f'<<EOT\n${{"\\nEOT"}}\n{SKIP}\nEOT',
    "a directive in a heredoc": f"<<EOT\n%{{ if true }}\n{SKIP}\n%{{ endif }}\nEOT",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_no_comment(text: str, tmp_path: Path) -> None:
    found = judged(tmp_path, f"kms_key_id = {text}")
    assert (found.verdict, SKIP in found.reason) == (Verdict.FAIL, False)
    assert judged(tmp_path, f"kms_key_id = {text}\n{SKIP}").verdict is Verdict.SKIP


MISSPELT = (
    *(
        "Expires=2030-01-31",
        "EXPIRES=2030-01-31",
        "expires = 2030-01-31",
        "expires: 2030-01-31",
        "expires 2030-01-31",
        "expire=2030-01-31",
    ),
    *(
        "expiry=2030-01-31",
        "expiration: 2030-01-31",
        "until=2030-01-31",
        "until: 2030-01-31",
        "expires=2030-1-31",
        "expires=31.01.2030",
    ),
    *("expires=", "expires=never", "expires=2030-01-31T00:00", "expires=2030-01-31 expires=soon"),
)


@pytest.mark.parametrize("end", MISSPELT)
@pytest.mark.parametrize("rule", ["allow", "require_expiry"])
def test_an_end_that_is_written_in_another_way_is_told(end: str, rule: str, tmp_path: Path) -> None:
    """Else the skip would hold for ever."""
    found = judged(tmp_path, f"#checkov:skip=CKV_PLAN_12:kept by law {end}", rule)
    assert found.verdict is Verdict.FAIL
    assert "which is not a date such as 2030-01-31" in found.reason


FAIL = {
    "another check": "#checkov:skip=CKV_PLAN_1:kept by law",
    "a check whose id begins alike": "#checkov:skip=CKV_PLAN_122:kept by law",
    "no comment": 'tags = { a = "#checkov:skip=CKV_PLAN_12:kept by law" }',
    "a heredoc": "tags = { a = <<EOT\n#checkov:skip=CKV_PLAN_12:kept by law\nEOT\n}",
    "another tool": "#tfsec:skip=CKV_PLAN_12:kept by law",
    "a glob": "#checkov:skip=CKV_PLAN_*:kept by law",
    "another case": "#CHECKOV:SKIP=CKV_PLAN_12:kept by law",
}


@pytest.mark.parametrize("comment", FAIL.values(), ids=FAIL)
def test_what_is_no_skip_of_this_check_changes_nothing(comment: str, tmp_path: Path) -> None:
    found = judged(tmp_path, comment)
    assert found.verdict is Verdict.FAIL
    assert "comment" not in found.reason


def test_a_comment_outside_the_block_is_about_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, "", above="#checkov:skip=CKV_PLAN_12:kept by law").verdict is Verdict.FAIL


RULES = {
    ("#checkov:skip=CKV_PLAN_12:kept", "forbid"): "(a comment skips this, but the policy forbids inline skips)",
    (
        "#checkov:skip=CKV_PLAN_12:kept expires=2027-01-31",
        "forbid",
    ): "(a comment skips this, but the policy forbids inline skips)",
    (
        "#checkov:skip=CKV_PLAN_12:kept",
        "require_expiry",
    ): "(a comment skips this without the expiry that the policy requires: add expires=2030-01-31)",
    (
        "#checkov:skip=CKV_PLAN_12:kept expires=soon",
        "allow",
    ): "(a comment skips this until soon, which is not a date such as 2030-01-31)",
    (
        "#checkov:skip=CKV_PLAN_12:kept expires=2027-02-31",
        "require_expiry",
    ): "(a comment skips this until 2027-02-31, which is not a date such as 2030-01-31)",
    (
        "#checkov:skip=CKV_PLAN_12:kept expires=",
        "allow",
    ): "(a comment skips this until nothing, which is not a date such as 2030-01-31)",
}


@pytest.mark.parametrize(("case", "why"), RULES.items())
def test_the_policy_says_which_hold(case: tuple[str, str], why: str, tmp_path: Path) -> None:
    found = judged(tmp_path, *case)
    assert found.verdict is Verdict.FAIL
    assert found.reason.endswith(why)


@pytest.mark.parametrize("rule", ["allow", "require_expiry"])
def test_from_its_day_on_it_fails(rule: str, tmp_path: Path) -> None:
    comment = "#checkov:skip=CKV_PLAN_12:kept expires=2027-01-31"
    assert judged(tmp_path, comment, rule, today="2027-01-30").verdict is Verdict.SKIP
    found = judged(tmp_path, comment, rule, today="2027-01-31")
    assert (found.verdict, found.code) == (Verdict.FAIL, "exception_expired")
    assert found.reason.startswith("a comment skipped this until 2027-01-31 (kept): ")


def test_an_exception_that_ran_out_is_not_renewed_by_a_comment(tmp_path: Path) -> None:
    judged(tmp_path, "#checkov:skip=CKV_PLAN_12:kept")
    exception = {"check": "CKV_PLAN_12", "address": SUBJECT, "reason": "r", "expires": "2020-01-01"}
    report = evaluate(tmp_path / "plan.json", {"exceptions": [exception]})
    assert [f.code for f in report.findings if f.subject == SUBJECT and f.check_id == "CKV_PLAN_12"] == ["exception_expired"]


def test_a_check_that_could_not_judge_is_never_skipped(tmp_path: Path) -> None:
    from planproof.registry import own_checks

    judged(tmp_path, "#checkov:skip=CKV_ACME_9:kept")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "crashing.py").write_text(
        "from planproof.check import check\n"
        "@check(id='CKV_ACME_9', name='Crashes', severity='LOW', category='LOGGING', types=('aws_cloudwatch_log_group',))\n"
        "def crashing(group, context):\n    raise ValueError\n",
        encoding="utf-8",
    )
    report = evaluate(tmp_path / "plan.json", checks=own_checks(tmp_path / "checks"))
    assert {(f.verdict, f.code) for f in report.findings} == {(Verdict.FAIL, "check_error")}


def test_it_is_listed_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(tmp_path, "#checkov:skip=CKV_PLAN_12:kept by law")
    assert main(["check", str(tmp_path / "plan.json")]) == 1
    out = capsys.readouterr().out
    assert "Skipped (1)" in out
    assert f"{SUBJECT}: skipped by a comment: kept by law" in out


def test_a_comment_in_the_call_of_a_module_is_about_all_that_it_makes(tmp_path: Path) -> None:
    """As Checkov has it; another call of the same module is not meant."""
    folder = tmp_path / "source"
    shutil.copytree(FIXTURES / "bad" / "versioning_coverage" / "module", folder)
    text = (folder / "main.tf").read_text(encoding="utf-8")
    call = 'module "bare" {'
    assert call in text
    (folder / "main.tf").write_text(text.replace(call, f"{call}\n  #checkov:skip=CKV_PLAN_5:a copy"), encoding="utf-8")
    verdicts = {f.subject: f.verdict for f in evaluate(folder / "plan.json").findings if f.check_id == "CKV_PLAN_5"}
    assert verdicts["module.bare.aws_s3_bucket.this"] is Verdict.SKIP
    assert verdicts['module.store["us"].aws_s3_bucket.this'] is Verdict.FAIL


def test_the_policy_knows_three_words() -> None:
    for word in ("allow", "require_expiry", "forbid"):
        assert find_policy({"inline_skips": word}).data["inline_skips"] == word
    with pytest.raises(PolicyError, match="inline_skips"):
        find_policy({"inline_skips": "deny"})


LANES = {
    "allow": ("#checkov:skip=CKV_PLAN_12:kept by law", "allow", "SKIPPED"),
    "an end": ("#checkov:skip=CKV_PLAN_12:kept by law expires=2999-01-31", "require_expiry", "SKIPPED"),
    "no end": ("#checkov:skip=CKV_PLAN_12:kept by law", "require_expiry", "FAILED"),
    "forbid": ("#checkov:skip=CKV_PLAN_12:kept by law", "forbid", "FAILED"),
    "another check of a like id": ("#checkov:skip=CKV_PLAN_122:kept by law", "allow", "FAILED"),
}


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(c, marks=() if c in ("an end", "forbid") else pytest.mark.nightly) for c in LANES])
@pytest.mark.parametrize("enriched", [False, True], ids=["beside", "enriched"])
def test_checkov_gives_the_same_answer(case: str, enriched: bool, tmp_path: Path) -> None:
    """With --repo-root-for-plan-enrichment too, with which Checkov itself would skip them all."""
    comment, rule, result = LANES[case]
    source = tmp_path / "source"
    source.mkdir()
    found = judged(source, comment, rule)
    assert found.verdict is (Verdict.SKIP if result == "SKIPPED" else Verdict.FAIL)
    (tmp_path / "policy.yaml").write_text(f"inline_skips: {rule}\n", encoding="utf-8")
    if enriched:
        (source / "plan.json").rename(tmp_path / "plan.json")
    plan = tmp_path / "plan.json" if enriched else source / "plan.json"
    arguments: list[str | Path] = ["--external-checks-dir", ROOT / "checks", "--framework", "terraform_plan", "-f", plan]
    arguments += ["--repo-root-for-plan-enrichment", source] if enriched else []
    run = checkov(*arguments, cwd=tmp_path, PLANPROOF_POLICY="policy.yaml")
    assert {
        (found, text) for (_, check, at), (found, text) in run.results.items() if (check, at) == ("CKV_PLAN_12", SUBJECT)
    } == {(result, found.reason if result == "SKIPPED" else f"{found.code}: {found.reason}")}
