"""The page: it loads nothing, runs nothing of a plan's text, reads without JavaScript, and draws the chain where it breaks."""

from __future__ import annotations

import html
import html.parser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from planproof.context import Context
from planproof.engine import evaluate
from planproof.fix.attached import with_fixes
from planproof.formats import chain_picture as chain
from planproof.formats import to_html as page
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks
from planproof.source.model import Source
from planproof.verdict import CheckInfo, Fix, Report, Verdict
from support.reports import ATTACKED, EVERY, HOSTILE, OTHER, RULE, finding
from support.repository import ROOT

ALERT = CheckInfo("CKV_PLAN_6", "A refused access raises an alarm", "HIGH", "LOGGING", "Finds.\n\nFix: Add an alarm.")
TRAIL, GROUP, FILTER = (
    "aws_cloudtrail.t",
    "aws_cloudwatch_log_group.g",
    'module.m["a.b"].aws_cloudwatch_log_metric_filter.f[0].name',
)
ALARM, TOPIC, MAIL = "aws_cloudwatch_metric_alarm.a", "aws_sns_topic.s", "aws_sns_topic_subscription.m"
WHOLE = (TRAIL, GROUP, FILTER, ALARM, TOPIC, MAIL)


def alert(verdict: Verdict, code: str, *evidence: str) -> str:
    return chain.picture(finding(verdict, ALERT, "aws_s3_bucket.logs", code=code, evidence=evidence))


@pytest.mark.parametrize(
    ("verdict", "code", "evidence", "said", "crosses"),
    [
        (Verdict.PASS, "alert_reaches_somebody", WHOLE, "whole", 0),
        (Verdict.FAIL, "no_trail", (), "breaks at the trail", 1),
        (Verdict.FAIL, "no_data_events", WHOLE[:1], "breaks at the trail", 1),
        (Verdict.FAIL, "no_alarm", WHOLE[:3], "breaks at the alarm", 1),
        (Verdict.FAIL, "wrong_metric", WHOLE[:4], "breaks at the alarm", 1),
        (Verdict.FAIL, "aws_managed_key", WHOLE[:5], "breaks at the topic", 1),
        (Verdict.FAIL, "no_subscription", WHOLE[:5], "breaks at the subscription", 1),
        (Verdict.UNKNOWN, "unknown_topic", WHOLE[:4], "breaks at the topic", 0),
        (Verdict.UNKNOWN, "unknown_metric_filter", WHOLE, "breaks at the metric filter", 0),
        (Verdict.FAIL, "no_rule_target", (TRAIL, "aws_cloudwatch_event_rule.r"), "breaks at the target", 1),
        (Verdict.FAIL, "exception_expired", (), "breaks at the trail", 1),
    ],
)
def test_the_chain_is_drawn_with_its_broken_link(
    verdict: Verdict, code: str, evidence: tuple[str, ...], said: str, crosses: int
) -> None:
    drawn = alert(verdict, code, *evidence)
    assert f"Alert chain of aws_s3_bucket.logs: {said}" in drawn
    assert drawn.count('class="breaks"') == crosses


def test_every_reason_of_the_check_is_placed_in_its_chain() -> None:
    """A code that says what is missing has to say which link; others are about the last link that the evidence names."""
    check = next(check for check in all_checks() if check.id == chain.CHECK)
    plans = sorted((ROOT / "fixtures" / "bad" / check.key).glob("*/plan.json"))
    found = [f for plan in plans for f in evaluate(plan, checks=[check]).findings if f.verdict is not Verdict.PASS]
    assert len(found) > 20
    for broken in found:
        drawn = chain.links(broken)
        at = chain._broken(broken, [title for title, _ in drawn], drawn)
        assert broken.code in chain._LINK_OF or not broken.code.startswith(("no_", "unknown_")) or drawn[at][1], broken
        assert at == 1 or drawn[1][1], broken


def test_a_chain_names_each_resource() -> None:
    drawn = alert(Verdict.FAIL, "no_alarm", *WHOLE[:3])
    assert re.findall(r'class="name"[^>]*>([^<]*)<', drawn) == ["logs", "t", "g", "f", "missing", "", ""]


class Reader(html.parser.HTMLParser):
    """Collects what stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_loads_nothing_and_holds_no_markup_of_a_plan() -> None:
    read = Reader(page.render((ATTACKED, EVERY)))
    assert not {"img", "link", "iframe", "object", "embed", "base", "use", "image"} & set(read.tags)
    assert read.tags.count("script") == 1
    names = {name for name, _ in read.attributes}
    assert not {name for name in names if name.startswith("on")} | ({"src", "style"} & names)
    assert {value for name, value in read.attributes if name == "href" and value and not value.startswith("#")} == {
        "https://example.com/why"
    }


def test_each_link_of_the_matrix_leads_somewhere_and_ids_are_unique() -> None:
    read = Reader(page.render((EVERY, EVERY)))
    ids = [value for name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {str(value)[1:] for name, value in read.attributes if name == "href" and str(value).startswith("#")} <= set(ids)


def test_the_matrix_has_a_row_for_each_check_that_judged_and_a_column_for_each_plan() -> None:
    quiet = CheckInfo("CKV_PLAN_9", "Nothing to judge here", "LOW")
    several = page.render((Report("a.json", EVERY.findings, rules=(RULE, OTHER, quiet)), Report("b.json", (), rules=(RULE,))))
    table = several[several.index("<tbody") : several.index("</tbody>")]
    rows = [re.findall(r'<td class="n[^>]*>([^<]*)<', row) for row in table.split("<tr ")[1:]]
    assert rows == [["✗ 1 ", ""], ["✗ 2 ", ""], ["", ""]]


def test_only_so_many_passed_findings_are_listed() -> None:
    many = tuple(finding(Verdict.PASS, subject=f"aws_s3_bucket.b{n}") for n in range(page.MAX_LISTED + 7))
    text = page.render((Report("p", many, rules=(RULE,)),))
    assert "… and 7 more" in text
    assert text.count('<li class="finding"') == page.MAX_LISTED


def test_a_patch_stands_there_letter_by_letter_and_once_for_findings_with_one_reason() -> None:
    diff = 'diff --git a/a.tf b/a.tf\n--- a/a.tf\n+++ b/a.tf\n@@ -1,2 +1,2 @@\n-  a = "<&>"\n+  a = 1\r\n ##[error]x\n'
    same = tuple(finding(subject=f"aws_s3_bucket.b[{n}]", fix=Fix(diff=diff, notes=("why <not>",))) for n in range(3))
    none = finding(Verdict.FAIL, OTHER, fix=Fix(why_not="only the team <knows>"))
    text = page.render((Report("p", (*same, none), rules=(RULE, OTHER)),))
    (shown,) = re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
    assert html.unescape(re.sub(r"</?(?:ins|del)>", "", shown)) == diff
    assert (shown.count("<ins>"), shown.count("<del>"), "##[" in shown) == (1, 1, False)
    assert "<p>why &lt;not&gt;.</p>" in text
    assert "No patch: only the team &lt;knows&gt;." in text


# --- in a browser ----------------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH (Debian: apt-get install chromium)")
FORGED = HOSTILE + "<script>document.title='forged'</script>\"><script>document.title='forged'</script>"


def opened(text: str, folder: Path) -> str:
    """The document as the browser has it once its scripts have run."""
    (folder / "page.html").write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=2000", "--dump-dom", (folder / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.slow
@needs_browser
def test_a_browser_runs_the_filter_and_nothing_else(tmp_path: Path) -> None:
    report = Report(FORGED, (*EVERY.findings, finding(subject=FORGED, reason=FORGED, file=FORGED, line=1)), rules=(RULE, OTHER))
    document = opened(page.render((report,)), tmp_path)
    assert "7 of 7 shown" in document
    assert "<title>forged" not in document


@pytest.mark.slow
@needs_browser
def test_the_filters_hide_what_does_not_fit(tmp_path: Path) -> None:
    use = (
        "<script>form.elements.words.value = 'logs NOTHING';"
        "form.querySelector('[value=PASS]').checked = false; form.dispatchEvent(new Event('input'));</script>"
    )
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.render((EVERY,))).replace("</body>", use + "</body>")
    document = opened(text, tmp_path)
    assert "1 of 6 shown" in document
    shown = [item for item in re.findall(r"<li class=\"finding\"[^>]*>", document) if "hidden" not in item]
    assert ['data-check="CKV_PLAN_1"' in item for item in shown] == [True]


def reviewed() -> Report:
    folder, policy = ROOT / "fixtures" / "bad" / "review", Policy.default()
    plan, source = Plan.load(folder / "plan.json"), Source.open(folder)
    return with_fixes(evaluate(plan, policy, source), Context(plan, policy, source))


REVIEW = reviewed()
MANY = tuple(
    finding(
        subject=f'module.a_rather_long_name["{n // 7}"].aws_s3_bucket.another_long_name_of_a_bucket_{n // 130}[{n}]',
        reason=f"no {n % 19}",
    )
    for n in range(1300)
)
LONG = "x" * 300
PAGES = {
    "the review": (REVIEW,),
    "many findings": (Report("plan.json", MANY, rules=(RULE,)),),
    "none": (Report("plan.json", ()),),
    "several plans": (
        REVIEW,
        EVERY,
        *(Report(f"a/folder/of/plans/{n}/{LONG}.json", EVERY.findings, rules=(RULE, OTHER)) for n in range(9)),
    ),
    "long words": (
        Report(LONG, (finding(subject=LONG, reason=LONG, file=LONG, line=1, evidence=(LONG,)),), (LONG,), rules=(RULE,)),
    ),
}
# The page stands in a frame, as the window of a browser cannot be as narrow as a phone.
FRAME = """<iframe width="{width}" height="800" srcdoc="{page}"></iframe><pre id="said"></pre><script>
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {{
  const page = frame.contentDocument, view = frame.contentWindow;
  const said = (() => {{ {code} }})();
  document.querySelector("#said").textContent = JSON.stringify(said);
}});</script>"""


def measured(reports: tuple[Report, ...], width: int, code: str, folder: Path) -> Any:
    """What the code returns in a frame of that width: `page` is the document, `view` its window."""
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.render(reports))
    document = opened(FRAME.format(width=width, page=html.escape(text), code=code), folder)
    found = re.search(r'<pre id="said">(.+?)</pre>', document, re.DOTALL)
    assert found
    return json.loads(html.unescape(found[1]))


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("reports", PAGES.values(), ids=PAGES)
def test_the_page_is_no_wider_than_its_window(reports: tuple[Report, ...], width: int, tmp_path: Path) -> None:
    wide = 'page.querySelector(".wide")'
    code = f"return [page.documentElement.scrollWidth, view.innerWidth, {wide} && {wide}.scrollWidth - {wide}.clientWidth];"
    whole, window, over = measured(reports, width, code, tmp_path)
    assert window == width
    assert whole <= width
    if width == 390 or len(reports) == 1:
        assert not over  # no column of the matrix falls off either


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_an_open_patch_is_read_within_the_page_and_copied_whole(width: int, tmp_path: Path) -> None:
    code = (
        'for (const patch of page.querySelectorAll(".patch")) patch.open = true;'
        'const patch = page.querySelector(".patch"), diff = patch.querySelector("pre"), button = patch.querySelector("button");'
        "view.navigator.clipboard.writeText = text => { view.copied = text; return Promise.resolve(); };"
        "button.click();"
        "return [page.documentElement.scrollWidth, button.getBoundingClientRect().height > 10, view.copied === diff.textContent, diff.textContent];"
    )
    whole, is_shown, is_copied, text = measured((REVIEW,), width, code, tmp_path)
    assert whole <= width
    assert (is_shown, is_copied) == (True, True)
    assert text in {found.fix.diff for found in REVIEW.findings if found.fix}


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("width", "upright"), [(390, True), (768, True), (1280, False)])
def test_the_chain_stands_upright_where_there_is_no_room(width: int, upright: bool, tmp_path: Path) -> None:
    code = (
        'return [...page.querySelectorAll("figure.chain")[0].querySelectorAll("li")].map(box => box.getBoundingClientRect().top);'
    )
    tops = measured((REVIEW,), width, code, tmp_path)
    assert len(tops) == 7
    assert tops == sorted(tops)
    assert len(set(tops)) == (7 if upright else 1)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_where_a_link_of_the_matrix_leads_is_not_under_the_bar(width: int, tmp_path: Path) -> None:
    code = (
        "page.querySelector(page.querySelector(\"tbody a[href='#CKV_PLAN_8']\").hash).scrollIntoView();"
        'const bar = page.querySelector(".filters").getBoundingClientRect(), card = page.querySelector("#CKV_PLAN_8").getBoundingClientRect();'
        "return [view.scrollY > 0, Math.max(0, bar.bottom), card.top];"
    )
    moved, bar, card = measured((REVIEW,), width, code, tmp_path)
    assert moved
    assert bar <= card < 400


@pytest.mark.slow
@needs_browser
def test_the_page_says_what_its_fields_are_and_how_many_are_shown(tmp_path: Path) -> None:
    code = (
        'const fields = [...page.querySelectorAll("input, select")].map(field => field.labels[0].textContent.trim().split("\\n")[0]);'
        'const status = page.querySelector("[role=status][aria-live=polite]").textContent;'
        'return [fields, status, page.querySelector(page.querySelector("a.skip").hash).textContent];'
    )
    fields, status, target = measured((Report("plan.json", MANY, rules=(RULE,)),), 1280, code, tmp_path)
    assert fields[:5] == ["Failed", "Advisory", "Cannot tell", "Skipped", "Passed"]
    assert [field.split(" ")[0] for field in fields[5:7]] == ["Check", "Severity"]
    assert fields[7] == "Search in addresses, reasons and files"
    assert (status, target) == ("1300 of 1300 shown", "Findings")


def test_findings_with_one_reason_are_one_card_that_names_each_of_them() -> None:
    same = tuple(finding(subject=f"aws_s3_bucket.b[{n}]", file="main.tf", line=3) for n in range(20))
    text = page.render((Report("plan.json", same, rules=(RULE,)),))
    assert text.count('<li class="finding"') == 1
    assert 'data-count="20"' in text
    assert text.count("nothing is kept") == 1
    assert all(f"aws_s3_bucket.b[{n}]</code>" in text for n in range(20))
    assert "<summary>and 17 more</summary>" in text


def test_a_page_with_nothing_says_so_and_has_nothing_to_filter() -> None:
    text = page.render((Report("plan.json", ()),))
    assert "There is nothing to judge in this plan." in text
    assert "<table" not in text


@pytest.mark.slow
@needs_browser
def test_without_javascript_everything_can_be_read(tmp_path: Path) -> None:
    text = re.sub(r"script-src [^;]+;", "script-src 'none';", page.render((EVERY,)))
    document = opened(text, tmp_path)
    assert 'class="js"' not in document
    assert " hidden" not in document
    assert document.count('<li class="finding"') == 6
