"""Plans in filesystems of fsspec: which ones a pattern names, what they are called, and what is refused before anything is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import CommandError, PlanError
from planproof.fleet.objects import content_of, filesystem, listed, plan_at, shown
from support.fleets import place

pytest.importorskip("fsspec", reason="fsspec is not installed")
pytestmark = pytest.mark.slow

SHA = "0123456789abcdef0123456789abcdef01234567"
TREE = dict.fromkeys(
    (
        *("a/plan.json", "a/b/plan.json", "a/b/prod-plan.json", "a/notes.json", "c/plan.json", "top.json"),
        *("d/main.tf", "d/plan.json", f"e/{SHA}/plan.json"),
    ),
    b"{}",
)


@pytest.mark.parametrize(
    ("pattern", "workspaces"),
    [
        ("**/plan.json", {"a", "a/b", "c", "d", "e"}),
        ("*/plan.json", {"a", "c", "d"}),
        ("a/**/*plan.json", {"plan", "b", "b/prod"}),
        ("a/*.json", {"plan", "notes"}),
        ("*.json", {"top"}),
        ("?/b/plan.json", {"a/b"}),
        ("[ac]/plan.json", {"a", "c"}),
    ],
)
def test_a_pattern_names_plans_and_their_workspaces(pattern: str, workspaces: set[str], tmp_path: Path) -> None:
    place(tmp_path, TREE)
    found = list(listed(f"file://{tmp_path}/{pattern}"))
    assert {plan.workspace for plan in found} == workspaces
    assert len(found) == len(workspaces)
    assert all(content_of(plan.url) == b"{}" for plan in found)


def test_what_is_beside_a_plan_and_its_commit_are_known_from_the_listing(tmp_path: Path) -> None:
    place(tmp_path, TREE)
    found = {plan.workspace: plan for plan in listed(f"{tmp_path}/*/**/plan.json")}
    assert {name: plan.beside for name, plan in found.items()} == {"a": False, "a/b": False, "c": False, "d": True, "e": False}
    assert {name: plan.commit for name, plan in found.items() if plan.commit} == {"e": SHA}


def test_a_plan_without_a_pattern_is_taken_as_it_is() -> None:
    assert list(listed("s3://plans/team/orders/plan.json")) == [plan_at("s3://plans/team/orders/plan.json")]
    assert plan_at("s3://plans/team/orders/plan.json").workspace == "team/orders"
    assert plan_at(f"s3://plans/team/{SHA}.json")[1:3] == ("team", SHA)


def test_a_plan_that_two_patterns_name_is_there_once(tmp_path: Path) -> None:
    place(tmp_path, TREE)
    urls = [f"{tmp_path}/a/plan.json", f"{tmp_path}/*/plan.json", f"{tmp_path}/**/plan.json"]
    assert sorted(plan.url for plan in listed(*urls)) == sorted(plan.url for plan in listed(urls[2]))


@pytest.mark.parametrize("pattern", ["**/other.json", "nothing/*.json"])
def test_a_pattern_that_matches_nothing_is_refused(pattern: str, tmp_path: Path) -> None:
    place(tmp_path, TREE)
    with pytest.raises(PlanError, match=r"matches nothing; give a pattern|cannot be listed: it does not exist"):
        list(listed(f"{tmp_path}/{pattern}"))


def test_a_folder_that_cannot_be_listed_ends_the_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fsspec's own walk leaves it out without a word, and what is in it would go unjudged."""
    place(tmp_path, TREE)
    fs, _ = filesystem(str(tmp_path))
    whole = type(fs).ls

    def ls(self: Any, path: str, detail: bool = False, **more: Any) -> Any:
        if path.endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return whole(self, path, detail=detail, **more)

    monkeypatch.setattr(type(fs), "ls", ls)
    with pytest.raises(PlanError, match="cannot be listed: Permission denied; there may be plans"):
        list(listed(f"{tmp_path}/**/plan.json"))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("s3://plans/a.json", "s3://plans/a.json"),
        ("ftp://me:secret@host/a.json", "ftp://host/a.json"),
        ("https://host/a.json?X-Amz-Signature=secret#secret", "https://host/a.json"),
        ("abfs://plans@account.dfs.core.windows.net/a.json", "abfs://plans@account.dfs.core.windows.net/a.json"),
        ("/plans/a#1.json", "/plans/a#1.json"),
    ],
)
def test_a_url_is_shown_without_secrets(url: str, text: str) -> None:
    assert shown(url) == text


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("zip://plan.json::s3://plans/a.zip", "is a chain of URLs; unpack it first"),
        ("nosuch://plans/a.json", "nosuch://plans/a.json cannot be opened: ValueError"),
    ],
)
def test_a_url_that_cannot_be_opened_is_refused(url: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        filesystem(url)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(CommandError, match=r"gs://plans/a.json needs a package that is not installed"):
        filesystem("gs://plans/a.json")
