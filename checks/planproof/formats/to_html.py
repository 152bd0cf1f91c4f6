"""The report as one page: the failure modes as a matrix, each finding with its reason and remedy, the alert chain as a picture.

The page holds all that it needs, loads nothing (its Content-Security-Policy forbids it), and reads without JavaScript, which only
filters and copies. Those findings that have one reason are told once, as in the text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import takewhile

from planproof.formats import chain_picture as chain
from planproof.formats import patch_view
from planproof.formats.common import ORDER, TITLES, advice, alike, counted, notes, place, rank, rules_of, subject, totals, visible
from planproof.text.docstring import sections
from planproof.text.escaping import one_line
from planproof.verdict import SEVERITIES, CheckInfo, Finding, Report, Standing
from planproof.version import guide, page_url

MAX_LISTED = 500  # passed or advisory findings of one check and plan that are listed; the rest is counted
_OPEN = 2  # places of one reason that are listed after the first; the rest is folded away
_MARKS = {Standing.FAIL: "✗", Standing.ADVISORY: "!", Standing.UNKNOWN: "?", Standing.SKIP: "»", Standing.PASS: "✓"}

_STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1d2430;--soft:#5a6474;--line:#d8dde5;--card:#f6f8fa;--fail:#b3261e;--unknown:#8a5a00;
--skip:#3b5bab;--pass:#1a6e3c;--mark:#fff}
@media screen and (prefers-color-scheme:dark){:root{--page:#14181f;--ink:#e4e8ee;--soft:#9aa5b4;--line:#333b47;--card:#1c222b;--fail:#ff8a80;
--unknown:#f2b94b;--skip:#9db7ff;--pass:#6fd398;--mark:#14181f}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:0}
a{color:var(--skip)}
a:focus-visible,button:focus-visible,summary:focus-visible,input:focus-visible,select:focus-visible{outline:2px solid var(--skip);outline-offset:2px}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.skip{position:absolute;left:-99rem;padding:.5rem 1rem;background:var(--page);border:2px solid var(--skip);border-radius:6px;z-index:2}
.skip:focus{left:.5rem;top:.5rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.75rem;margin:1rem 0;padding:0;list-style:none}
.tiles li{border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;background:var(--card)}
.tiles b{display:block;font-size:1.8rem;line-height:1.2}
.tiles .none{color:var(--soft)}
.FAIL{color:var(--fail)}.UNKNOWN{color:var(--unknown)}.SKIP,.ADVISORY{color:var(--skip)}.PASS{color:var(--pass)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.45rem .6rem;text-align:left;vertical-align:top}
thead th{font-size:.85rem;color:var(--soft);min-width:3.5rem;max-width:14rem}.several thead th{min-width:8rem}
.several tbody th{min-width:16rem;position:sticky;left:0;background:var(--page)}
tbody th{font-weight:400;min-width:12rem}tbody th a{font-weight:600}
td.n{text-align:center;white-space:nowrap;font-weight:600}
td.n span{display:none}
thead th,tbody td{overflow-wrap:normal}.several thead th{overflow-wrap:anywhere}
.filters{display:none;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;background:var(--page);border-bottom:1px solid var(--line);
padding:.6rem 0;z-index:1}
.js .filters{display:flex}
.filters input[type=search],.filters select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:6px;padding:.25rem .5rem;max-width:100%}
.filters .words{flex:1 1 18rem;display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:center}
.filters .words input{flex:1 1 8rem;min-width:0}
section.check{border:1px solid var(--line);border-radius:8px;margin:1rem 0;padding:1rem;background:var(--card)}
.remedy{margin:.5rem 0;padding:.5rem .75rem;border-left:3px solid var(--pass);background:var(--page)}
ul.findings,ul.places{list-style:none;margin:.75rem 0 0;padding:0}
ul.places{margin:.15rem 0}
li.finding{border-top:1px solid var(--line);padding:.6rem 0}
li.finding p{margin:.15rem 0}
.badge{display:inline-block;min-width:5.8em;text-align:center;border-radius:4px;padding:0 .4em;font-size:.8rem;font-weight:700;
background:currentColor;margin-right:.5em}
.badge span{color:var(--mark)}
.note{border-left:3px solid var(--unknown);padding:.3rem .75rem;margin:.4rem 0;background:var(--card)}
.note.error{border-color:var(--fail)}
summary{cursor:pointer}
[hidden]{display:none!important}
@media screen and (min-width:60rem){.filters{position:sticky;top:0}.js{scroll-padding-top:8rem}}
@media screen and (max-width:44rem){
body{padding:1rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody{display:block}
tbody tr{display:flex;flex-wrap:wrap;gap:0 1rem;border-bottom:1px solid var(--line);padding:.5rem 0}
tbody th{flex:1 0 100%;min-width:0}
tbody th,tbody td{border:0;padding:.1rem 0}
td.n:empty{display:none}
td.n{white-space:normal;text-align:left;overflow-wrap:anywhere}.several td.n{flex:1 0 100%}
td.n span{display:inline;font-weight:400}}
@media print{
body{max-width:none;padding:0;font-size:10pt}
.filters,.skip{display:none!important}
section.check{background:none}
li.finding,.remedy,tr{break-inside:avoid}
h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}
summary{list-style:none}}
"""

_SCRIPT = """
"use strict";
document.documentElement.classList.add("js");
const form = document.querySelector(".filters");
const found = [...document.querySelectorAll("li.finding")];
const count = items => items.reduce((sum, item) => sum + Number(item.dataset.count), 0);
function apply() {
  const verdicts = new Set([...form.querySelectorAll("input[name=verdict]:checked")].map(box => box.value));
  const check = form.elements.check.value, severity = form.elements.severity.value;
  const words = form.elements.words.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const shown = [];
  for (const item of found) {
    const data = item.dataset, text = item.textContent.toLowerCase();
    const fits = verdicts.has(data.verdict) && (!check || data.check === check) && (!severity || data.severity === severity)
      && words.every(word => text.includes(word));
    item.hidden = !fits;
    if (fits) shown.push(item);
  }
  for (const part of document.querySelectorAll("section.check, section.plan, details.passed, details.kind"))
    part.hidden = part.querySelectorAll("li.finding").length > 0 && !part.querySelector("li.finding:not([hidden])");
  document.querySelector("#shown").textContent = count(shown) + " of " + count(found) + " shown";
}
form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
apply();
"""
_STYLES, _SCRIPTS = _STYLE + chain.STYLE + patch_view.STYLE, _SCRIPT + patch_view.SCRIPT


def render(reports: Sequence[Report]) -> str:
    return "\n".join(_page(reports)) + "\n"


def _page(reports: Sequence[Report]) -> Iterator[str]:
    policy = f"default-src 'none'; style-src {_hash(_STYLES)}; script-src {_hash(_SCRIPTS)}; base-uri 'none'; form-action 'none'"
    names = one_line(reports[0].plan) if len(reports) == 1 else f"{len(reports)} plans"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">'
    yield f"<title>planproof: {escape(names)}</title>\n<style>{_STYLES}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#the-findings">Skip to the findings</a>'
    yield f'<header>\n<h1>planproof</h1>\n<p class="soft"><code>{escape(names)}</code>{_by(reports)}</p>\n{_tiles(reports)}\n</header>\n<main>'
    if any(visible(report) for report in reports):
        yield from _matrix(reports)
    yield from _filters(reports)
    targets: set[str] = set()
    for report in reports:
        yield from _plan(report, len(reports) > 1, targets)
    yield f"</main>\n<script>{_SCRIPTS}</script>\n</body>\n</html>"


def _by(reports: Sequence[Report]) -> str:
    """By which policy: all reports of one run are judged by the same."""
    return next((f" · {escape(one_line(report.judged_by))}" for report in reports if report.judged_by), "")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"


def _tiles(reports: Sequence[Report]) -> str:
    counts = totals(reports)
    tiles = "".join(
        f'<li class="{v.value if counts[v.value] else "none"}"><b>{counts[v.value]}</b>{TITLES[v].lower()}</li>' for v in ORDER
    )
    return f'<ul class="tiles">{tiles}</ul>'


# --- the matrix ------------------------------------------------------------------------------------------------------


def _matrix(reports: Sequence[Report]) -> Iterator[str]:
    """Rows are the failure modes; columns the verdicts of one plan, or the plans where there are several. On a phone a row is a card, in which
    each cell says what it counts; the roles keep it a table for those who hear it."""
    several = len(reports) > 1
    columns = _names(reports) if several else [TITLES[verdict] for verdict in ORDER]
    heads = "".join(f'<th scope="col" role="columnheader">{escape(column)}</th>' for column in ("Check", "Severity", *columns))
    yield f'<h2>Failure modes</h2>\n<div class="wide{" several" if several else ""}" role="region" aria-label="Failure modes" tabindex="0"><table role="table">'
    yield f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>\n<tbody role="rowgroup">'
    counts = [_counts(report) for report in reports]
    there = {check_id for count in counts for check_id in count}
    for rule in rules_of(reports).values():
        cells = (
            (_worst(count.get(rule.id, {}), c) for count, c in zip(counts, columns, strict=True))
            if several
            else _numbers(counts[0].get(rule.id, {}))
        )
        label = f'<a href="#{_anchor(rule.id)}">{escape(rule.id)}</a>' if rule.id in there else f"<b>{escape(rule.id)}</b>"
        name = f'<th scope="row" role="rowheader">{label} {escape(one_line(rule.name))}</th>'
        yield f'<tr role="row">{name}<td role="cell">{escape(rule.severity)}</td>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _names(reports: Sequence[Report]) -> list[str]:
    """The plans without the folder that all of them lie in."""
    names = [report.plan.replace("\\", "/").split("/") for report in reports]
    shared = sum(1 for _ in takewhile(lambda steps: len(set(steps)) == 1, zip(*(name[:-1] for name in names), strict=False)))
    return [one_line("/".join(name[shared:])) for name in names]


def _counts(report: Report) -> dict[str, dict[Standing, int]]:
    counts: dict[str, dict[Standing, int]] = {}
    for finding in visible(report):
        row = counts.setdefault(finding.check_id, {})
        row[finding.standing] = row.get(finding.standing, 0) + 1
    return counts


def _numbers(row: dict[Standing, int]) -> list[str]:
    return [_cell(v, row[v], TITLES[v].lower()) if v in row else '<td class="n" role="cell"></td>' for v in ORDER]


def _worst(row: dict[Standing, int], plan: str) -> str:
    worst = next((s for s in ORDER if s in row), None)
    return '<td class="n" role="cell"></td>' if worst is None else _cell(worst, row[worst], f"{TITLES[worst].lower()} in {plan}")


def _cell(standing: Standing, number: int, what: str) -> str:
    """`what` is shown where the table's head is not."""
    return f'<td class="n {standing.value}" role="cell">{_MARKS[standing]} {number} <span>{escape(what)}</span></td>'


# --- filters ---------------------------------------------------------------------------------------------------------


def _filters(reports: Sequence[Report]) -> Iterator[str]:
    yield '<h2 id="the-findings" tabindex="-1">Findings</h2>'
    there = {finding.severity for report in reports for finding in visible(report)}
    if not there:
        yield (
            "<p>There is nothing to judge in this plan.</p>"
            if len(reports) == 1
            else "<p>There is nothing to judge in these plans.</p>"
        )
    hidden = "" if there else " hidden"
    yield f'<form class="filters" role="search" aria-label="Filter the findings"{hidden}>'
    for standing in ORDER:
        box = f'<input type="checkbox" name="verdict" value="{standing.value}" checked>'
        yield f'<label class="{standing.value}">{box} {TITLES[standing]}</label>'
    yield _select("Check", "all", [rule.id for rule in rules_of(reports).values()])
    yield _select("Severity", "any", [severity for severity in SEVERITIES if severity in there])
    yield '<label class="words">Search in addresses, reasons and files <input type="search" name="words"></label>'
    yield '<output id="shown" role="status" aria-live="polite"></output></form>'


def _select(label: str, everything: str, values: Sequence[str]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in values)
    return f'<label>{label} <select name="{label.lower()}"><option value="">{everything}</option>{options}</select></label>'


# --- findings --------------------------------------------------------------------------------------------------------


def _plan(report: Report, title: bool, targets: set[str]) -> Iterator[str]:
    yield '<section class="plan">'
    if title:
        yield f"<h2><code>{escape(one_line(report.plan))}</code></h2>\n<p>{counted(report.summary())}</p>"
    for kind, text in notes(report):
        yield f'<p class="note {kind}"><b>{kind}:</b> {escape(one_line(text))}</p>'
    found: dict[str, list[Finding]] = {}
    for finding in visible(report):
        if finding.standing is not Standing.ADVISORY:
            found.setdefault(finding.check_id, []).append(finding)
    rules = rules_of((report,))
    order = sorted(found, key=lambda check_id: min((ORDER.index(f.standing), rank(f.severity)) for f in found[check_id]))
    for check_id in order:
        rule = rules.get(check_id) or CheckInfo(check_id, check_id, found[check_id][0].severity)
        anchor = "" if check_id in targets else f' id="{_anchor(check_id)}"'  # the matrix leads to the first
        targets.add(check_id)
        yield from _check(rule, found[check_id], report, anchor)
    yield from _advice(report, targets)
    yield "</section>"


def _advice(report: Report, targets: set[str]) -> Iterator[str]:
    """What failed and is advisory: a line for each kind, the findings folded away behind it."""
    kinds = list(advice(report))
    if kinds:
        yield '<section class="check">\n<h3>Advisory</h3>\n<p class="soft">Advisory findings do not fail the run.</p>'
    for kind, first in kinds:
        anchor = "" if kind.check_id in targets else f' id="{_anchor(kind.check_id)}"'
        targets.add(kind.check_id)
        line = f"{escape(kind.check_id)} <code>{escape(one_line(subject(first)))}</code>: {escape(one_line(kind.text))}"
        yield f'<details class="kind"{anchor}><summary>{line}</summary>{_list(kind.findings)}</details>'
    if kinds:
        yield "</section>"


def _list(findings: Sequence[Finding]) -> str:
    """Those with one reason together, at most so many; of what failed, all."""
    told = list(alike(findings))
    most = len(told) if findings[0].standing not in (Standing.PASS, Standing.ADVISORY) else MAX_LISTED
    more = sum(map(len, told[most:]))
    return f'<ul class="findings">{"".join(map(_finding, told[:most]))}</ul>' + (f"<p>… and {more} more</p>" if more else "")


def _anchor(check_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", check_id)


def _check(rule: CheckInfo, found: list[Finding], report: Report, anchor: str) -> Iterator[str]:
    said = sections(rule.doc)
    yield f'<section class="check"{anchor}>\n<h3>{escape(rule.id)} {escape(one_line(rule.name))}</h3>'
    why = f" · {_link(said.url, 'why')}" if said.url else ""
    yield f'<p class="soft">{escape(rule.severity)}{why}{_guide(rule.id)}</p>'
    if said.remedy and any(report.fails_by(finding) for finding in found):
        yield f'<p class="remedy"><b>Fix:</b> {_prose(said.fix)}</p>'
    others = [finding for finding in found if finding.standing is not Standing.PASS]
    passed = [finding for finding in found if finding.standing is Standing.PASS]
    others.sort(key=lambda finding: ORDER.index(finding.standing))
    if others:
        yield _list(others)
    if passed:
        yield f'<details class="passed"><summary>{len(passed)} passed</summary>{_list(passed)}</details>'
    yield "</section>"


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer">{text}</a>'


def _guide(check_id: str) -> str:
    """The check's page, or the command that prints it."""
    page = page_url(check_id)
    told = _link(page, "guide") if page else f"<code>{escape(guide(check_id))}</code>" if guide(check_id) else ""
    return f" · {told}" if told else ""


def _prose(text: str) -> str:
    """A docstring's paragraph: what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))


def _finding(same: Sequence[Finding]) -> str:
    """Findings that have one reason: where each of them is, and the reason once."""
    finding = same[0]
    data = (
        f'data-verdict="{finding.standing.value}" data-check="{escape(finding.check_id)}" '
        f'data-severity="{escape(finding.severity)}" data-count="{len(same)}"'
    )
    badge = f'<span class="badge {finding.standing.value}"><span>{TITLES[finding.standing]}</span></span>'
    picture = chain.picture(finding) if finding.check_id == chain.CHECK else ""
    evidence = ", ".join(f"<code>{escape(one_line(text))}</code>" for text in finding.evidence if text != finding.subject)
    looked = f" · {evidence}" if evidence else ""
    return (
        f'\n<li class="finding" {data}>\n<p>{badge}{_at(finding)}</p>{_others(same[1:])}'
        f'<p>{escape(one_line(finding.reason))}</p>{picture}<p class="soft"><code>{escape(finding.code)}</code>{looked}</p>'
        f"{patch_view.patches(same)}</li>"
    )


def _at(finding: Finding) -> str:
    where = place(finding)
    at = f' <span class="soft"><code>{escape(one_line(where))}</code></span>' if where else ""
    return f"<code>{escape(one_line(finding.subject))}</code>{at}"


def _others(same: Sequence[Finding]) -> str:
    """The first of them, and the rest folded away."""
    if not same:
        return ""
    items = [f"<li>{_at(finding)}</li>" for finding in same[:MAX_LISTED]]
    open_ones, folded = items[:_OPEN], items[_OPEN:]
    listed = f'<ul class="places">{"".join(open_ones)}</ul>'
    if not folded:
        return listed
    cut = f"<li>… and {len(same) - MAX_LISTED} more</li>" if len(same) > MAX_LISTED else ""
    rest = f'<ul class="places">{"".join(folded)}{cut}</ul>'
    return f"{listed}<details><summary>and {len(same) - _OPEN} more</summary>{rest}</details>"
