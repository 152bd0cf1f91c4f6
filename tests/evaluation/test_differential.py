"""Our value of every argument and output of every fixture is Terraform's; tools/differential.py says how they are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from differential import Comparison, same
from support.repository import FIXTURES, PLANS

NOT_JUDGED = PLANS / "refresh_only"
FOLDERS = sorted({f.parent for root in (FIXTURES, PLANS) for f in root.rglob("plan.json")} - {NOT_JUDGED})


def test_no_value_differs_from_terraform_s() -> None:
    comparison = Comparison()
    for folder in FOLDERS:
        comparison.add(folder / "plan.json", folder)
    assert [str(difference) for difference in comparison.differences] == []
    assert comparison.counts["compared"] > 3_500
    assert comparison.counts["undetermined"] < comparison.counts["compared"] / 100


SAME = [
    ("a", "a", True),
    ("a", "b", False),
    (30, "30", True),
    (0.5, "0.5", True),
    (True, "true", True),
    (1, True, False),
    ("", "a", False),
    (["b", "a", "a"], ["a", "b"], True),
    (["a"], ["a", "b"], False),
    ({"a": None, "b": 1}, {"b": "1", "c": []}, True),
    ({"a": 1}, {"a": 2}, False),
    ('{"b": 1, "a": [1]}', '{"a":[1],"b":1}', True),
    ('{"a": [1, 2]}', '{"a":[2,1]}', False),
    ("{not JSON", "{not JSON", True),
    ("Mon:01:00-Mon:02:00", "mon:01:00-mon:02:00", True),
    ("Corp", "corp", False),
    ("echo", "b2d21e771d9f86865c5eff193663574dd1796c8f", True),  # of user_data, the plan has a hash
    ("echo", "b2d21e771d9f86865c5eff193663574dd1796c80", False),
]


@pytest.mark.parametrize(("ours", "terraform", "expected"), SAME)
def test_what_a_provider_changes_on_the_way_is_the_same(ours: object, terraform: object, expected: bool) -> None:
    assert same(ours, terraform) is expected


def test_a_difference_is_found_and_told(tmp_path: Path) -> None:
    """The source says another name than the plan."""
    folder = FIXTURES / "good" / "tagging" / "plain"
    for file in folder.glob("*.tf"):
        text = file.read_text(encoding="utf-8").replace('= "', '= "other-')
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    comparison = Comparison()
    comparison.add(folder / "plan.json", tmp_path)
    assert comparison.counts["different"] == len(comparison.differences) > 0
    first = comparison.differences[0]
    assert str(first).startswith(f"{folder / 'plan.json'}: {first.argument}\n  ours       ")
