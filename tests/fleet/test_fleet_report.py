"""What the report says of a fleet over some days, each judged for real."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import CommandError
from planproof.fleet.judge import judge
from planproof.fleet.objects import listed, plan_at
from planproof.fleet.queries import Fleet
from planproof.fleet.report import WIDTH, blocks, to_text
from planproof.fleet.store import write
from planproof.review.document import to_html, to_markdown
from support.fleets import BAD, GOOD, HOSTILE, SMALL, place

for package in ("pyarrow", "fsspec", "duckdb"):
    pytest.importorskip(package, reason=f"{package} is not installed")
pytestmark = pytest.mark.slow

TODAY = datetime.date(2026, 11, 29)
UNTIL = {"exceptions": [{"check": "CKV_PLAN_12", "address": "*.short", "reason": "moves", "expires": "2999-01-31"}]}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three days: `orders` gets worse, `billing` better and `pay/web` is there from today; nobody judged `old` again."""
    root = tmp_path_factory.mktemp("fleet")
    plans, table = root / "plans", str(root / "findings")
    days: tuple[dict[str, Path | bytes], ...] = (
        {"orders/plan.json": GOOD, "billing/plan.json": BAD, "old/plan.json": SMALL},
        {"orders/plan.json": GOOD, "billing/plan.json": SMALL},
        {"orders/plan.json": SMALL, "billing/plan.json": GOOD, "pay/web/plan.json": SMALL, "pay/broken/plan.json": HOSTILE},
    )
    for number, day in enumerate(days):
        place(plans, day)
        if number == 1:
            (plans / "old" / "plan.json").unlink()
        time = datetime.datetime.combine(TODAY, datetime.time(9), datetime.timezone.utc) - datetime.timedelta(days=2 - number)
        write(judge(listed(f"{plans}/**/plan.json"), UNTIL, judged_at=time), table)
    return table


def fails(plan: Path, policy: Any = UNTIL) -> int:
    """How much fails of a plan that has no source beside it."""
    rows = judge([plan_at(str(plan), beside=False)], policy).to_pylist()
    return sum(row["verdict"] == "FAIL" and row["level"] == "mandatory" for row in rows)


def test_the_state_is_that_of_the_latest_judgement_of_each_workspace(findings: str) -> None:
    fleet = Fleet(findings, TODAY)
    assert fleet.size() == (5, 3, 1)
    small = fails(SMALL)
    assert [(workspace, total) for workspace, _, total in fleet.matrix(10)] == [
        ("old", small),
        ("orders", small),
        ("pay/web", small),
    ]
    assert [team[0::3] for team in fleet.teams(10)] == [("old", 1), ("orders", 1), ("pay", 1)]
    assert sum(number for _, number, _ in fleet.modes()) == 3 * small
    assert [workspace for workspace, _ in fleet.unjudged(10)] == ["pay/broken"]


def test_the_trend_carries_on_what_was_not_judged_again(findings: str) -> None:
    small, bad = fails(SMALL), fails(BAD)
    assert fails(GOOD) == 0
    assert [(str(day)[-2:], number, workspaces) for day, number, workspaces in Fleet(findings, TODAY).trend()] == [
        ("27", bad + small, 3),
        ("28", small + small, 3),
        ("29", 3 * small, 5),
    ]


def test_new_is_what_did_not_fail_by_the_end_of_yesterday(findings: str) -> None:
    number, rows = Fleet(findings, TODAY).new(100)
    assert number == sum(row[3] for row in rows) == fails(SMALL)
    assert {row[0] for row in rows} == {"orders"}  # `pay/web` has no yesterday
    assert Fleet(findings, TODAY + datetime.timedelta(days=1)).new(100) == (0, [])


@pytest.mark.parametrize(("today", "expected"), [("2998-12-31", 0), ("2999-01-01", 3), ("2999-01-31", 3), ("2999-02-01", 0)])
def test_exceptions_of_this_month(today: str, expected: int, findings: str) -> None:
    found = Fleet(findings, datetime.date.fromisoformat(today)).expiring()
    assert len(found) == expected
    assert {row[2:] for row in found} <= {("CKV_PLAN_12", "aws_cloudwatch_log_group.short", 1)}


def test_what_is_judged_by_hand_today_for_an_older_plan_is_not_the_state(tmp_path: Path) -> None:
    """Of two plans of a workspace, such as those of two commits, the one that was planned later counts, in whatever order they come."""
    sha = ("0" * 40, "1" * 40)
    stamp = b'{"timestamp":"2026-11-%dT00:00:00Z",'
    plans: dict[str, Path | bytes] = {
        f"orders/{sha[0]}/plan.json": SMALL.read_bytes().replace(b"{", stamp % 20, 1),
        f"orders/{sha[1]}/plan.json": GOOD.read_bytes().replace(b"{", stamp % 10, 1),
    }
    place(tmp_path / "plans", plans)
    write(judge(listed(f"{tmp_path}/plans/**/plan.json")), str(tmp_path / "findings"))
    fleet = Fleet(str(tmp_path / "findings"), datetime.date(2999, 1, 1))
    assert [(workspace, total) for workspace, _, total in fleet.matrix(5)] == [("orders", fails(SMALL, None))]


def test_two_plans_of_one_name_do_not_hide_each_other(tmp_path: Path) -> None:
    """As of two buckets with the same folders, or of two names for plans in one folder."""
    place(tmp_path, {"one/orders/plan.json": SMALL, "two/orders/plan.json": GOOD, "two/orders/tfplan.json": SMALL})
    write(judge(listed(f"{tmp_path}/one/**/*plan.json", f"{tmp_path}/two/**/*plan.json")), str(tmp_path / "findings"))
    fleet = Fleet(str(tmp_path / "findings"), datetime.date(2999, 1, 1))
    assert [(workspace, total) for workspace, _, total in fleet.matrix(5)] == [("orders", 2 * fails(SMALL, None))]


@pytest.mark.parametrize("said", ["2001-01-01", "2999-01-01"])
def test_a_plan_cannot_hide_behind_the_time_that_it_says(said: str, tmp_path: Path) -> None:
    """Neither does one that says it is old leave the last one in force, nor does one of the future stay in force."""
    other: dict[str, Path | bytes] = {
        "orders/plan.json": SMALL.read_bytes().replace(b"{", b'{"timestamp":"%sT00:00:00Z",' % said.encode(), 1)
    }
    now = datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)
    good: dict[str, Path | bytes] = {
        "orders/plan.json": GOOD.read_bytes().replace(b"{", b'{"timestamp":"2026-11-19T00:00:00Z",', 1)
    }
    for number, plans in enumerate((good, other, good)):
        place(tmp_path / "plans", plans)
        at = now + datetime.timedelta(days=number)
        write(judge(listed(f"{tmp_path}/plans/**/plan.json"), judged_at=at), str(tmp_path / "findings"))
        fleet = Fleet(str(tmp_path / "findings"), at.date())
        assert [total for _, _, total in fleet.matrix(5)] == ([] if plans is good else [fails(SMALL, None)])


def test_the_text_fits_a_terminal_and_says_what_the_tables_say(findings: str) -> None:
    text = to_text(blocks(Fleet(findings, TODAY)))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "5 workspaces: 3 with failures, 1 not judged." in text
    for heading in ("Failure modes", "Teams with the most failures", "Failures by day", "New since yesterday", "Not judged"):
        assert f"\n{heading}\n" in text
    assert "too deeply nested for a plan" in " ".join(text.split())


@pytest.mark.parametrize("render", [to_markdown, lambda found: to_html(found, "fleet")], ids=["markdown", "html"])
def test_the_pages_have_the_same_numbers(render: Any, findings: str) -> None:
    page = render(blocks(Fleet(findings, TODAY)))
    assert "5 workspaces: 3 with failures, 1 not judged." in page.replace("\\", "")
    assert "pay/web" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_names_cannot_leave_the_page(tmp_path: Path) -> None:
    place(tmp_path / "plans", {"<script>alert(1)</script>|`x`/plan.json": SMALL})
    write(judge(listed(f"{tmp_path}/plans/**/plan.json")), str(tmp_path / "findings"))
    found = list(blocks(Fleet(str(tmp_path / "findings"), datetime.date(2999, 1, 1))))
    assert "<script" not in to_html(found, "fleet")
    assert "<script" not in to_markdown(found)


def test_no_findings_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there are no findings at .* until 2026-11-29; write some: planproof fleet check"):
        Fleet(str(tmp_path), TODAY)
