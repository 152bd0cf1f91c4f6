"""What the written pages promise: generated parts are up to date, links lead somewhere, and the names they give exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import policy_reference
from planproof.engine import find_policy
from planproof.policy.model import Policy
from support.repository import ROOT

PAGES = sorted([*(ROOT / "docs").glob("*.md")])


@pytest.mark.slow
def test_the_policy_reference_is_up_to_date() -> None:
    text = policy_reference.TARGET.read_text(encoding="utf-8")
    assert policy_reference.render(text) == text, "run `make generate`, or python tools/policy_reference.py"


def test_the_policy_reference_has_every_part_and_every_key() -> None:
    text = policy_reference.TARGET.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- generated: (\w+) -->", text)) == policy_reference.PARTS.keys()
    default = Policy.default().data
    keys = [*default, *(f"log_buckets.{key}" for key in default["log_buckets"])]
    assert [key for key in keys if key != "checks" and f"| `{key}` |" not in text] == []


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md"], ids=lambda page: page.name)
def test_tests_and_tools_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`(tests/\w+/[\w./-]+|tools/\w+\.py)", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_what_there_is(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = (page.parent / file).resolve() if file else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert broken == []


def test_the_names_to_rely_on_exist() -> None:
    text = (ROOT / "docs" / "platform-teams.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(planproof\.\w+)` \| [\w ]+ \| (.*) \|$", text, re.MULTILINE)
    assert [module for module, _ in rows] == ["planproof.api", "planproof.check"]
    for module, names in rows:
        told, public = re.findall(r"`(\w+)`", names), importlib.import_module(module)
        assert sorted(told) == sorted(public.__all__)
        assert [name for name in told if not hasattr(public, name)] == []


def test_the_policy_in_the_text_is_one(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", policy_reference.TARGET.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        (tmp_path / "policy.yaml").write_text(block, encoding="utf-8")
        find_policy(tmp_path / "policy.yaml")
