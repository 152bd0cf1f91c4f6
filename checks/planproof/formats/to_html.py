"""The report as one page: the failure modes as a matrix, each finding with its reason and remedy, the alert chain as a picture.

The page holds all that it needs, loads nothing (its Content-Security-Policy forbids it), and reads without JavaScript, which only
filters.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape

from planproof.formats import chain_picture as chain
from planproof.formats.common import ORDER, TITLES, advice, counted, notes, place, rules_of, subject, totals, visible
from planproof.text.docstring import sections
from planproof.text.escaping import one_line
from planproof.verdict import SEVERITIES, CheckInfo, Finding, Report, Standing
from planproof.version import guide, page_url

MAX_LISTED = 500  # passed or advisory findings of one check and plan that are listed; the rest is counted
_MARKS = {Standing.FAIL: "✗", Standing.ADVISORY: "!", Standing.UNKNOWN: "?", Standing.SKIP: "»", Standing.PASS: "✓"}

_STYLE = """
:root{color-scheme:light dark;--page:#fff;--ink:#1d2430;--soft:#5a6474;--line:#d8dde5;--card:#f6f8fa;--fail:#b3261e;--unknown:#8a5a00;
--skip:#3b5bab;--pass:#1a6e3c;--mark:#fff}
@media(prefers-color-scheme:dark){:root{--page:#14181f;--ink:#e4e8ee;--soft:#9aa5b4;--line:#333b47;--card:#1c222b;--fail:#ff8a80;
--unknown:#f2b94b;--skip:#9db7ff;--pass:#6fd398;--mark:#14181f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:0}
a{color:var(--skip)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0;padding:0;list-style:none}
.tiles li{flex:1 1 8rem;border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;background:var(--card)}
.tiles b{display:block;font-size:1.8rem;line-height:1.2}
.FAIL{color:var(--fail)}.UNKNOWN{color:var(--unknown)}.SKIP,.ADVISORY{color:var(--skip)}.PASS{color:var(--pass)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.45rem .6rem;text-align:left;vertical-align:top}
thead th{font-size:.85rem;color:var(--soft);overflow-wrap:anywhere;min-width:6rem;max-width:14rem}
tbody th{font-weight:400;min-width:18rem}tbody th a{font-weight:600}
td.n{text-align:center;white-space:nowrap;font-weight:600}
.filters{display:none;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;position:sticky;top:0;background:var(--page);
border-bottom:1px solid var(--line);padding:.6rem 0;z-index:1}
.js .filters{display:flex}
.filters input[type=search],.filters select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:6px;padding:.25rem .5rem}
section.check{border:1px solid var(--line);border-radius:8px;margin:1rem 0;padding:1rem;background:var(--card)}
.remedy{margin:.5rem 0;padding:.5rem .75rem;border-left:3px solid var(--pass);background:var(--page)}
ul.findings{list-style:none;margin:.75rem 0 0;padding:0}
li.finding{border-top:1px solid var(--line);padding:.6rem 0}
li.finding p{margin:.15rem 0}
.badge{display:inline-block;min-width:5.8em;text-align:center;border-radius:4px;padding:0 .4em;font-size:.8rem;font-weight:700;
background:currentColor;margin-right:.5em}
.badge span{color:var(--mark)}
.note{border-left:3px solid var(--unknown);padding:.3rem .75rem;margin:.4rem 0;background:var(--card)}
.note.error{border-color:var(--fail)}
summary{cursor:pointer}
.chain{display:block;width:100%;max-width:68rem;height:auto;margin:.5rem 0}
.chain rect{fill:var(--page);stroke-width:1.5}.chain line{stroke-width:2.5}
.chain .holds{stroke:var(--pass)}.chain .breaks{stroke:var(--fail)}.chain .open{stroke:var(--unknown)}.chain .beyond{stroke:var(--line)}
.chain text[class]{stroke:none}
.chain line.breaks,.chain line.open,.chain rect.breaks,.chain rect.open{stroke-dasharray:5 4}
.chain text{text-anchor:middle;font:600 13px system-ui,sans-serif;stroke:none;fill:var(--ink)}
.chain text.beyond{fill:var(--soft)}.chain text.name{font:11.5px ui-monospace,monospace;fill:var(--soft)}
.chain .cross{stroke:var(--fail);stroke-width:3;fill:none}
[hidden]{display:none!important}
@media print{.filters{display:none!important}details:not([open])>*{display:block}}
"""

_SCRIPT = """
"use strict";
document.documentElement.classList.add("js");
const form = document.querySelector(".filters");
const found = [...document.querySelectorAll("li.finding")];
function apply() {
  const verdicts = new Set([...form.querySelectorAll("input[name=verdict]:checked")].map(box => box.value));
  const check = form.elements.check.value, severity = form.elements.severity.value;
  const words = form.elements.words.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const item of found) {
    const data = item.dataset, text = item.textContent.toLowerCase();
    const fits = verdicts.has(data.verdict) && (!check || data.check === check) && (!severity || data.severity === severity)
      && words.every(word => text.includes(word));
    item.hidden = !fits;
    shown += fits;
  }
  for (const part of document.querySelectorAll("section.check, section.plan, details.passed, details.kind"))
    part.hidden = part.querySelectorAll("li.finding").length > 0 && !part.querySelector("li.finding:not([hidden])");
  document.querySelector("#shown").textContent = shown + " of " + found.length + " shown";
}
form.addEventListener("input", apply);
form.addEventListener("submit", event => event.preventDefault());
apply();
"""


def render(reports: Sequence[Report]) -> str:
    return "\n".join(_page(reports)) + "\n"


def _page(reports: Sequence[Report]) -> Iterator[str]:
    policy = f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; base-uri 'none'; form-action 'none'"
    names = one_line(reports[0].plan) if len(reports) == 1 else f"{len(reports)} plans"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">'
    yield f"<title>planproof: {escape(names)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f'<header>\n<h1>planproof</h1>\n<p class="soft"><code>{escape(names)}</code>{_by(reports)}</p>\n{_tiles(reports)}\n</header>\n<main>'
    yield from _matrix(reports)
    yield from _filters(reports)
    targets: set[str] = set()
    for report in reports:
        yield from _plan(report, len(reports) > 1, targets)
    yield f"</main>\n<script>{_SCRIPT}</script>\n</body>\n</html>"


def _by(reports: Sequence[Report]) -> str:
    """By which policy: all reports of one run are judged by the same."""
    return next((f" · {escape(one_line(report.judged_by))}" for report in reports if report.judged_by), "")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"


def _tiles(reports: Sequence[Report]) -> str:
    counts = totals(reports)
    tiles = "".join(f'<li class="{v.value}"><b>{counts[v.value]}</b>{TITLES[v].lower()}</li>' for v in ORDER)
    return f'<ul class="tiles">{tiles}</ul>'


# --- the matrix ------------------------------------------------------------------------------------------------------


def _matrix(reports: Sequence[Report]) -> Iterator[str]:
    """Rows are the failure modes; columns the verdicts of one plan, or the plans where there are several."""
    several = len(reports) > 1
    columns = [one_line(report.plan) for report in reports] if several else [TITLES[verdict] for verdict in ORDER]
    yield '<h2>Failure modes</h2>\n<div class="wide"><table>\n<thead><tr><th scope="col">Check</th><th scope="col">Severity</th>'
    yield "".join(f'<th scope="col">{escape(column)}</th>' for column in columns) + "</tr></thead>\n<tbody>"
    counts = [_counts(report) for report in reports]
    there = {check_id for count in counts for check_id in count}
    for rule in rules_of(reports).values():
        cells = [_worst(count.get(rule.id, {})) for count in counts] if several else _numbers(counts[0].get(rule.id, {}))
        label = f'<a href="#{_anchor(rule.id)}">{escape(rule.id)}</a>' if rule.id in there else f"<b>{escape(rule.id)}</b>"
        name = f"{label} {escape(one_line(rule.name))}"
        yield f'<tr><th scope="row">{name}</th><td>{escape(rule.severity)}</td>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _counts(report: Report) -> dict[str, dict[Standing, int]]:
    counts: dict[str, dict[Standing, int]] = {}
    for finding in visible(report):
        row = counts.setdefault(finding.check_id, {})
        row[finding.standing] = row.get(finding.standing, 0) + 1
    return counts


def _numbers(row: dict[Standing, int]) -> list[str]:
    return [f'<td class="n {v.value}">{_MARKS[v]} {row[v]}</td>' if v in row else '<td class="n"></td>' for v in ORDER]


def _worst(row: dict[Standing, int]) -> str:
    worst = next((s for s in ORDER if s in row), None)
    if worst is None:
        return '<td class="n soft">–</td>'
    return f'<td class="n {worst.value}" title="{TITLES[worst].lower()}">{_MARKS[worst]} {row[worst]}</td>'


# --- filters ---------------------------------------------------------------------------------------------------------


def _filters(reports: Sequence[Report]) -> Iterator[str]:
    there = {finding.severity for report in reports for finding in report.findings}
    yield '<h2>Findings</h2>\n<form class="filters" role="search" aria-label="Filter the findings">'
    for standing in ORDER:
        box = f'<input type="checkbox" name="verdict" value="{standing.value}" checked>'
        yield f'<label class="{standing.value}">{box} {TITLES[standing]}</label>'
    yield _select("check", "all checks", [rule.id for rule in rules_of(reports).values()])
    yield _select("severity", "any severity", [severity for severity in SEVERITIES if severity in there])
    yield '<input type="search" name="words" placeholder="address, reason, file" aria-label="words"> <output id="shown"></output></form>'


def _select(name: str, everything: str, values: Sequence[str]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in values)
    return f'<select name="{name}" aria-label="{name}"><option value="">{everything}</option>{options}</select>'


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
    order = sorted(found, key=lambda check_id: min(ORDER.index(finding.standing) for finding in found[check_id]))
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
        items = "".join(map(_finding, kind.findings[:MAX_LISTED]))
        yield f'<details class="kind"{anchor}><summary>{line}</summary><ul class="findings">{items}</ul>{_more(kind.findings)}</details>'
    if kinds:
        yield "</section>"


def _more(found: Sequence[Finding]) -> str:
    return f"<p>… and {len(found) - MAX_LISTED} more</p>" if len(found) > MAX_LISTED else ""


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
        yield '<ul class="findings">' + "".join(map(_finding, others)) + "</ul>"
    if passed:
        items = "".join(map(_finding, passed[:MAX_LISTED]))
        yield f'<details class="passed"><summary>{len(passed)} passed</summary><ul class="findings">{items}</ul>{_more(passed)}</details>'
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


def _finding(finding: Finding) -> str:
    data = f'data-verdict="{finding.standing.value}" data-check="{escape(finding.check_id)}" data-severity="{escape(finding.severity)}"'
    badge = f'<span class="badge {finding.standing.value}"><span>{TITLES[finding.standing]}</span></span>'
    where = place(finding)
    at = f' <span class="soft"><code>{escape(one_line(where))}</code></span>' if where else ""
    picture = chain.svg(finding) if finding.check_id == chain.CHECK else ""
    evidence = ", ".join(f"<code>{escape(one_line(text))}</code>" for text in finding.evidence if text != finding.subject)
    looked = f" · {evidence}" if evidence else ""
    return (
        f'\n<li class="finding" {data}>\n<p>{badge}<code>{escape(one_line(finding.subject))}</code>{at}</p>'
        f'<p>{escape(one_line(finding.reason))}</p>{picture}<p class="soft"><code>{escape(finding.code)}</code>{looked}</p></li>'
    )
