"""Paths as reports show them, and the order in which people count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.formats import to_github, to_gitlab, to_sarif
from planproof.text.natural import natural
from planproof.text.paths import from_here, in_repository
from planproof.verdict import Finding, Report, Verdict


@pytest.mark.parametrize(
    ("path", "here", "shown", "of_the_repository"),
    [
        ("main.tf", "", "main.tf", "main.tf"),
        ("main.tf", "infra/prod", "main.tf", "infra/prod/main.tf"),
        ("./a/../main.tf", "infra", "main.tf", "infra/main.tf"),
        ("../modules/x/main.tf", "infra", "../modules/x/main.tf", "modules/x/main.tf"),
        ("ROOT/infra/main.tf", "infra", "main.tf", "infra/main.tf"),
        ("ROOT/infra/../modules/main.tf", "infra", "../modules/main.tf", "modules/main.tf"),
        ("/nowhere/else/../main.tf", "infra", "/nowhere/main.tf", "/nowhere/main.tf"),
    ],
)
def test_a_path_is_shown_from_here_and_to_a_forge_from_the_root(
    path: str, here: str, shown: str, of_the_repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / here).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / here)
    path = path.replace("ROOT", str(tmp_path))
    assert (from_here(path), in_repository(path)) == (shown, of_the_repository)
    finding = Finding("CKV_PLAN_1", Verdict.FAIL, "a.b", "code", "reason", "HIGH", file=from_here(path), line=3)
    report = Report("plan.json", (finding,))
    (place,) = json.loads(to_sarif.render([report]))["runs"][0]["results"][0]["locations"]
    is_outside = of_the_repository.startswith("/")
    assert place["physicalLocation"]["artifactLocation"] == (
        {"uri": f"file://{of_the_repository}"} if is_outside else {"uri": of_the_repository, "uriBaseId": "%SRCROOT%"}
    )
    assert json.loads(to_gitlab.render([report]))[0]["location"]["path"] == of_the_repository
    assert f"::error file={of_the_repository},line=3," in to_github.render([report])


def test_without_a_repository_the_working_directory_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert in_repository("a/main.tf") == "a/main.tf"
    assert in_repository("../main.tf") == (tmp_path / "main.tf").as_posix()


def test_numbers_are_counted() -> None:
    names = ["q[10]", "q[9]", "q[2].x[11]", "q[2].x[3]", "q", 'q["b2"]', 'q["b10"]', "9" * 5000, "p1"]
    expected = ["9" * 5000, "p1", "q", "q[2].x[3]", "q[2].x[11]", "q[9]", "q[10]", 'q["b2"]', 'q["b10"]']
    assert sorted(names, key=natural) == expected


def test_findings_stand_in_natural_order() -> None:
    """Terraform's own plan JSON sorts addresses letter by letter."""
    numbers = sorted(range(12), key=str)
    resources = [
        {
            "address": f"aws_sqs_queue.q[{n}]",
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "q",
            "index": n,
            "values": {"name": f"queue-{n}"},
        }
        for n in numbers
    ]
    document = {"format_version": "1.2", "planned_values": {"root_module": {"resources": resources}}}
    found = [f.subject for f in evaluate(document, "general").findings if f.check_id == "CKV_PLAN_14"]
    assert found == [f"aws_sqs_queue.q[{n}]" for n in range(12)]
