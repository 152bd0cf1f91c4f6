"""The patch of a finding on the HTML page: a diff to read, and a button that copies it for `git apply`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from planproof.text.escaping import one_line
from planproof.verdict import Finding

STYLE = """
.patch button{display:none;margin:.4rem 0 0;font:inherit;font-size:.85rem;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:6px;padding:.15rem .6rem;cursor:pointer}
.js .patch button{display:block}
.patch button:focus-visible{outline:2px solid var(--skip);outline-offset:2px}
.patch pre{margin:.4rem 0;padding:.6rem .75rem;background:var(--page);border:1px solid var(--line);border-radius:6px;overflow-x:auto;
font:.85rem/1.45 ui-monospace,monospace;overflow-wrap:normal}
.patch ins{color:var(--pass);text-decoration:none}.patch del{color:var(--fail);text-decoration:none}
@media print{.patch button{display:none!important}.patch pre{white-space:pre-wrap}}
"""

SCRIPT = """
async function copy(button, diff) {
  let copied = false;
  try {
    await navigator.clipboard.writeText(diff.textContent);
    copied = true;
  } catch {
    getSelection().selectAllChildren(diff);
    copied = document.execCommand("copy");
  }
  button.textContent = copied ? "Copied" : "Selected: press Ctrl+C";
}
for (const button of document.querySelectorAll(".patch button"))
  button.addEventListener("click", () => copy(button, button.parentElement.querySelector("pre")));
"""


def patches(same: Sequence[Finding]) -> str:
    """The different patches of findings that have one reason; where there is none, why not."""
    return "".join(_patches(same))


def _patches(same: Sequence[Finding]) -> Iterator[str]:
    fixes = list(dict.fromkeys(finding.fix for finding in same if finding.fix))
    for fix in fixes:
        if fix.diff:
            notes = "".join(f"<p>{escape(one_line(note))}.</p>" for note in fix.notes)
            diff = "".join(map(_line, re.findall(r".*\n|.+", fix.diff)))
            button = '<button type="button" aria-live="polite">Copy</button>'
            yield f'<details class="patch"><summary>Patch</summary>{notes}{button}<pre tabindex="0">{diff}</pre></details>'
    for why in dict.fromkeys(fix.why_not for fix in fixes if fix.why_not):
        yield f'<p class="soft">No patch: {escape(one_line(why))}.</p>'


def _line(line: str) -> str:
    """Letter by letter: what is copied is what `git apply` takes."""
    shown = escape(line).replace("\r", "&#13;").replace("##[", "##&#91;")
    mark = "" if line.startswith(("+++ ", "--- ")) else {"+": "ins", "-": "del"}.get(line[:1])
    return f"<{mark}>{shown}</{mark}>" if mark else shown
