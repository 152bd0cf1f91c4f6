"""Suggestions for a review on GitHub: taken as GitHub takes them, they make the files that the patch makes; none stands outside of the diff."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.main import main
from planproof.context import Context
from planproof.engine import evaluate
from planproof.errors import CommandError
from planproof.fix.patches import changes, patches
from planproof.fix.suggestions import shown_by
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.source.model import Source
from support.repository import FIXTURES

GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty commit, to begin a pull request from."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "empty")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add(repository: Path, case: str) -> Path:
    shutil.copytree(FIXTURES / "bad" / case, repository / "infra")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "infra")
    return repository / "infra"


def suggested(repository: Path, *more: str, diff: str | None = None) -> dict[str, Any]:
    text = git(repository, "diff", "HEAD~1", "HEAD") if diff is None else diff
    (repository / "pr.diff").write_bytes(text.encode())
    assert main(["fix", "infra/plan.json", "--suggest-in", "pr.diff", "-o", "review.json", *more]) in (0, 1)
    found = json.loads((repository / "review.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


SUGGESTION = re.compile(r"^(`{3,})suggestion\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def take(repository: Path, comments: list[dict[str, Any]]) -> None:
    """What GitHub does when somebody takes them all: whole lines are replaced, from the last on."""
    assert len({(comment["path"], comment["line"]) for comment in comments}) == len(comments)
    for comment in sorted(comments, key=lambda comment: -int(comment["line"])):
        assert set(comment) - {"start_line", "start_side"} == {"path", "line", "side", "body"}
        ((_, text),) = SUGGESTION.findall(comment["body"])
        file = repository / comment["path"]
        rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
        rows[comment.get("start_line", comment["line"]) - 1 : comment["line"]] = [text]
        file.write_text("".join(rows), encoding="utf-8")


CASES = ["review", "log_group_retention/plain", "log_bucket_retention/plain", "output_contract/plain", "prevent_destroy/plain"]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_all_suggestions_together_are_the_patch(case: str, repository: Path) -> None:
    infra = add(repository, case)
    plan, policy, source = Plan.load(infra / "plan.json"), Policy.default(), Source.open(infra)
    wanted = changes(patches(evaluate(plan, policy, source), Context(plan, policy, source)))
    review = suggested(repository)
    assert review["event"] == "COMMENT"
    assert f"planproof suggests {len(review['comments'])} change" in review["body"]
    take(repository, review["comments"])
    there = [change for change in wanted if change.before is not None]
    assert there
    assert {change.file: Path(change.file).read_text(encoding="utf-8") for change in there} == {c.file: c.after for c in there}


@pytest.mark.slow
def test_only_lines_of_the_diff_get_a_suggestion_and_the_rest_is_told(repository: Path) -> None:
    add(repository, "review")
    whole = suggested(repository)
    diff = git(repository, "diff", "HEAD~1", "HEAD", "--", "infra/iam.tf")
    part = suggested(repository, diff=diff)
    assert {comment["path"] for comment in part["comments"]} == {"infra/iam.tf"}
    places = [(c["path"], c["line"]) for c in whole["comments"] if c["path"] == "infra/iam.tf"]
    assert [(c["path"], c["line"]) for c in part["comments"]] == places
    assert "on lines that this diff does not show; `planproof fix` writes all of them" in part["body"]
    tags = next(c["body"] for c in part["comments"] if "CKV_PLAN_10** `aws_iam_role.operators`" in c["body"])
    assert "It needs changes of `infra/main.tf` too, on lines that this diff does not show" in tags
    assert '+    Owner       = "security"' in tags
    both = next(c["body"] for c in whole["comments"] if "CKV_PLAN_10** `aws_iam_role.operators`" in c["body"])
    assert "Take it together with the suggestions on `infra/main.tf`." in both


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "", id="an empty diff"),
        pytest.param(lambda text: text.replace("infra/", "other/"), id="of other files"),
        pytest.param(lambda text: re.sub(r"^\+(?!\+\+)", "+ ", text, flags=re.MULTILINE), id="of another state of the files"),
    ],
)
def test_nothing_is_suggested_where_the_diff_does_not_fit(change: Any, repository: Path) -> None:
    add(repository, "log_group_retention/plain")
    assert suggested(repository, diff=change(git(repository, "diff", "HEAD~1", "HEAD")))["comments"] == []


@pytest.mark.slow
def test_a_known_failure_gets_no_suggestion(repository: Path) -> None:
    add(repository, "log_group_retention/plain")
    assert suggested(repository)["comments"]
    assert main(["baseline", "write", "infra/plan.json", "--output", "baseline.json"]) == 0
    assert suggested(repository, "--baseline", "baseline.json")["comments"] == []


@pytest.mark.slow
def test_a_suggestion_cannot_be_closed_by_what_it_holds(repository: Path) -> None:
    infra = add(repository, "log_group_retention/plain")
    main_tf = (infra / "main.tf").read_text(encoding="utf-8")
    (infra / "main.tf").write_text(main_tf.replace("= 30", "= 30 # ```` @everyone"), encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--amend", "-m", "infra")
    review = suggested(repository)
    assert any(comment["body"].count("`````") == 2 for comment in review["comments"])
    take(repository, review["comments"])
    assert "# ```` @everyone" in (infra / "main.tf").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ head\n a\n-b\n+c\n+d\n", {"x": [{1: "a", 2: "c", 3: "d"}]}),
        ("--- a/x\n+++ b/x\n@@ -4 +5 @@\n-b\n+++ y\n", {"x": [{5: "++ y"}]}),
        ("--- a/x\n+++ b/x\n@@ -1,2 +0,0 @@\n-b\n-c\n", {"x": [{}]}),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n", {"x": [{1: "c"}]}),
        ("--- a/x y\n+++ b/x y\t\n@@ -0,0 +1 @@\n+c\r\n", {"x y": [{1: "c"}]}),
        ('--- /dev/null\n+++ "b/\\303\\251.tf"\n@@ -0,0 +1 @@\n+c\n', {"é.tf": [{1: "c"}]}),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n c\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", {"x": [{1: "b"}, {9: "c"}], "y": [{1: "b"}]}),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_a_diff_is_read_as_git_writes_it(text: str, shown: Any) -> None:
    assert shown_by(text) == shown


@pytest.mark.parametrize(
    ("text", "said"), [("hello\n", "is not a unified diff"), ("+++ b/x\n@@ -1,9 +1,9 @@\n a\n", "is cut off")]
)
def test_what_is_no_diff_is_refused(text: str, said: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match=said):
        shown_by(text)
    add(repository, "log_group_retention/plain")
    (repository / "pr.diff").write_text(text, encoding="utf-8")
    assert main(["fix", "infra/plan.json", "--suggest-in", "pr.diff"]) == 2
    assert said in capsys.readouterr().err
    assert main(["fix", "infra/plan.json", "--suggest-in", "none.diff"]) == 2
    assert main(["fix", "infra/plan.json", "--suggest-in", "pr.diff", "--write"]) == 2
