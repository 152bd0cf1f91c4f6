"""`planproof.yaml` is the policy by itself: where it is looked for, what goes before it, and that none is passed over or taken in silence."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate, find_policy
from planproof.errors import PolicyError
from support.lanes import Checkovs
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
FORMATS = ("text", "json", "sarif", "junit", "github", "markdown", "pr-comment", "html", "opa")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes files, the text of each `unknown: fail` unless it is given, and goes to a folder."""

    def make(*names: str, cwd: str = ".", **texts: str) -> None:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("extends: general\nunknown: fail\n", encoding="utf-8")
        (tmp_path / cwd).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / cwd)

    yield make
    monkeypatch.chdir(ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "cwd", "name"),
    [
        (["planproof.yaml"], ".", "planproof.yaml"),
        ([".planproof.yaml"], ".", ".planproof.yaml"),
        (["repo/.git/HEAD", "repo/planproof.yaml"], "repo/infra/prod", "../../planproof.yaml"),
        (["repo/.git/HEAD", "repo/planproof.yaml", "repo/infra/.planproof.yaml"], "repo/infra/prod", "../.planproof.yaml"),
        (["repo/.git", "repo/planproof.yaml"], "repo/infra", "../planproof.yaml"),  # of a worktree or submodule, .git is a file
        (["planproof.yaml", "repo/.git/HEAD"], "repo/infra", "secure-logs"),
        ([".git/HEAD", "planproof.yaml", "module/.git"], "module/infra", "secure-logs"),
        (["planproof.yaml"], "infra", "secure-logs"),
        (["infra/planproof.yaml"], ".", "secure-logs"),
        ([], ".", "secure-logs"),
    ],
)
def test_it_is_looked_for_up_to_the_root_of_the_repository(
    files: list[str], cwd: str, name: str, there: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    there(*files, cwd=cwd)
    assert find_policy().name == name
    assert evaluate(PLAN).policy == name
    main(["check", str(PLAN), "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    own = name != "secure-logs"
    assert (document["policy"], document["profile"]) == (name, "general" if own else "secure-logs")
    assert main(["policy", "show"]) == 0
    assert (f"unknown: fail  # {name}:2" in capsys.readouterr().out) is own


def test_what_is_named_goes_before_it(there: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    there("planproof.yaml", "other.yaml")
    assert find_policy({"extends": "general"}).name == "the policy"
    monkeypatch.setenv("PLANPROOF_POLICY", "general")
    assert find_policy().name == "general"
    assert find_policy("other.yaml").name == "other.yaml"
    monkeypatch.setenv("PLANPROOF_POLICY", "")
    assert find_policy().name == "planproof.yaml"


def test_a_plan_brings_no_policy_along(there: Callable[..., None], tmp_path: Path) -> None:
    there("theirs/.git/HEAD", "theirs/planproof.yaml", cwd="ours")
    shutil.copy(PLAN, tmp_path / "theirs")
    assert evaluate(tmp_path / "theirs" / "plan.json").policy == "secure-logs"


def broken(folder: Path) -> None:
    (folder / "planproof.yaml").write_text("unknwon: fail\n", encoding="utf-8")


def dangling(folder: Path) -> None:
    (folder / "planproof.yaml").symlink_to("gone.yaml")


def a_folder(folder: Path) -> None:
    (folder / "planproof.yaml").mkdir()


def both(folder: Path) -> None:
    for name in ("planproof.yaml", ".planproof.yaml"):
        (folder / name).write_text("extends: general\n", encoding="utf-8")


def mistaken(folder: Path) -> None:
    (folder / ".planproof.yml").write_text("extends: general\n", encoding="utf-8")


def of_another(folder: Path) -> None:
    (folder / "planproof.yaml").write_text("extends: general\n", encoding="utf-8")
    os.chown(folder / "planproof.yaml", 12345, 12345)


IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
REFUSED = [
    (broken, "planproof.yaml:1: unknown key 'unknwon' in the policy; did you mean 'unknown'?"),
    (dangling, "planproof.yaml cannot be read as a policy: No such file or directory"),
    (a_folder, "planproof.yaml cannot be read as a policy: it is a folder; provide a file"),
    (both, "planproof.yaml and .planproof.yaml are both there, and one policy counts; remove one"),
    (mistaken, ".planproof.yml is not read as a policy by that name; call it .planproof.yaml"),
    pytest.param(
        of_another,
        "planproof.yaml belongs to another user, and is not taken for the policy; if it is, say --policy planproof.yaml",
        marks=pytest.mark.skipif(not IS_ROOT, reason="only root gives files away"),
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "says"), REFUSED)
@pytest.mark.parametrize(
    "words", [["check", str(PLAN)], ["baseline", "write", str(PLAN)], ["list"], ["policy", "show"]], ids=lambda words: words[0]
)
def test_what_cannot_be_used_is_exit_2_and_one_sentence(
    words: list[str],
    make: Callable[[Path], None],
    says: str,
    there: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there()
    make(tmp_path)
    assert main(words) == 2
    streams = capsys.readouterr()
    assert (streams.out, streams.err) == ("", f"planproof: {says}\n")
    with pytest.raises(PolicyError, match=r"planproof\.ya?ml"):
        evaluate(PLAN)
    assert evaluate(PLAN, "secure-logs").policy == "secure-logs"


@pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")
def test_a_checkout_that_is_mounted_belongs_to_whoever_owns_it(there: Callable[..., None], tmp_path: Path) -> None:
    there("repo/.git/HEAD", "repo/planproof.yaml", cwd="repo/infra")
    for path in (tmp_path / "repo", tmp_path / "repo" / "planproof.yaml", tmp_path / "repo" / "infra"):
        os.chown(path, 12345, 12345)
    assert find_policy().name == "../planproof.yaml"


def test_a_working_directory_that_is_gone_is_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["policy", "show"]) == 2
    assert "the working directory cannot be read (No such file or directory)" in capsys.readouterr().err
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_names_the_policy_the_profile_and_the_version(
    name: str, there: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    there("planproof.yaml")
    main(["check", str(PLAN), "--format", name])
    out = capsys.readouterr().out
    assert "planproof.yaml" in out
    assert "general" in out
    assert "0.1.0" in out


@pytest.mark.slow
def test_checkovs_lane_takes_the_same(there: Callable[..., None], tmp_path: Path) -> None:
    there("repo/.git/HEAD", "repo/planproof.yaml", cwd="repo/infra")
    shutil.copy(PLAN, "plan.json")
    checkovs = Checkovs(tmp_path)
    words = ("--framework", "terraform_plan", "--skip-download", "-f", "plan.json", "-c", "CKV_PLAN_3,CKV_PLAN_4")
    try:
        wrapped = checkovs.run("planproof", "checkov", *words, cwd=Path.cwd(), path=(ROOT / "checks",))
        (tmp_path / "repo" / "planproof.yaml").write_text("checks: {output_contract: {level: off}}\n", encoding="utf-8")
        off = checkovs.run("checkov", "--external-checks-dir", ROOT / "checks", *words, cwd=Path.cwd())
        broken(tmp_path / "repo")
        plain = checkovs.run("checkov", "--external-checks-dir", ROOT / "checks", *words, cwd=Path.cwd())
        refused = checkovs.run("planproof", "checkov", *words, cwd=Path.cwd(), path=(ROOT / "checks",))
    finally:
        checkovs.close()
    assert "judged by the policy ../planproof.yaml, which extends general of planproof 0.1.0" in wrapped.stderr
    assert ("CKV_PLAN_3" in off.stdout, "CKV_PLAN_4" in off.stdout) == (False, True)
    assert (plain.returncode, "unknown key 'unknwon'" in plain.stdout) == (1, True)
    assert (refused.returncode, "unknown key 'unknwon'" in refused.stderr) == (2, True)
