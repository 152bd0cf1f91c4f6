"""A check's page: what its docstring says, its policy section, and its plain fixtures, under headings that are always the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from planproof.check import ANY_TYPE, LISTED_TYPES, Check
from planproof.policy import bundled
from planproof.policy.schema import SHARED
from planproof.text.docstring import sections

HEADINGS = (
    "What it finds",
    "Why it matters",
    "What it cannot see",
    "Bad",
    "Good",
    "How to fix",
    "Patches",
    "How to configure",
    "Exceptions",
    "Controls",
)
PATCHES = "patches"
"""The folder of the pages with patches, beside the pages of the checks."""
_TYPES_SHOWN = 4


class Example(NamedTuple):
    """What `planproof fix` does about a failure with this code in one of the fixtures."""

    code: str
    diff: str = ""
    why_not: str = ""
    notes: tuple[str, ...] = ()


class Material(NamedTuple):
    """What stands in the repository only: the plain fixtures' HCL, the check's section as the default policy writes it, and patches."""

    bad: str = ""
    good: str = ""
    section: str = ""
    patches: tuple[Example, ...] = ()


NOTHING = Material()


def folder() -> Path | None:
    """The folder of the generated pages: in the installed package, or in a clone; None beside a copy of `checks` alone."""
    here = Path(__file__).resolve().parent
    found = (here / "docs", here.parent.parent / "docs" / "checks")
    return next((path for path in found if (path / "README.md").is_file()), None)


def page(check: Check) -> str:
    """The page in Markdown: the generated one, or, where there is none, what the check itself tells."""
    pages = folder()
    file = pages / f"{check.id}.md" if pages else None
    return file.read_text(encoding="utf-8") if file and file.is_file() else render(check)


def render(check: Check, material: Material = NOTHING) -> str:
    """The page made anew."""
    said = sections(check.judge.__doc__)
    hcl = "```hcl\n{}\n```"
    parts = {
        "What it finds": said.finds or check.name,
        "Why it matters": said.why,
        "What it cannot see": said.cannot_see
        or "No known limits: every case is decided, or reported as UNKNOWN with what would decide it.",
        "Bad": hcl.format(material.bad.strip()) if material.bad else "",
        "Good": hcl.format(material.good.strip()) if material.good else "",
        "How to fix": said.fix,
        "Patches": "\n\n".join(_patches(check, material.patches)),
        "How to configure": "\n\n".join(_configure(check, material.section)),
        "Exceptions": _exceptions(check),
        "Controls": said.controls
        or "None of the catalogues that planproof maps to (CIS, NIST 800-53, PCI DSS, AWS FSBP) requires exactly this.",
    }
    body = "\n\n".join(f"## {heading}\n\n{parts[heading]}" for heading in HEADINGS if parts[heading])
    facts = f"Severity {check.severity} · category {check.category} · judges {subjects(check)} · policy `checks.{check.key}`"
    return f"# {check.id}: {check.name}\n\n{facts}\n\n{body}\n"


def patches_page(check: Check, examples: Sequence[Example]) -> str:
    """What `planproof fix` does about each failure, in Markdown, with the patch of one example."""
    parts = [
        f"# {check.id}: the patches",
        f"What `planproof fix` does about each failure of [{check.name}](../{check.id}.md), for one example.",
    ]
    for example in examples:
        parts.append(f"## `{example.code}`")
        if example.diff:
            parts += [*(f"{note}." for note in example.notes), f"```diff\n{example.diff.strip()}\n```"]
        else:
            parts.append(_no_patch(example))
    return "\n\n".join(parts) + "\n"


def patch_of(check: Check, code: str) -> str:
    """The part of that page about a code; empty where there is no page."""
    pages = folder()
    file = pages / PATCHES / f"{check.id}.md" if pages else None
    text = file.read_text(encoding="utf-8") if file and file.is_file() else ""
    return text.partition(f"\n## `{code}`\n")[2].partition("\n## ")[0].strip()


def codes(check: Check) -> list[str]:
    """The reason codes of a bundled check."""
    section = _schema()["properties"]["checks"]["properties"].get(check.key, {})
    found = section.get("properties", {}).get("levels", {}).get("propertyNames", {}).get("enum", [])
    return [str(code) for code in found]


def _patches(check: Check, examples: Sequence[Example]) -> Iterable[str]:
    """Which failures have one."""
    if examples:
        yield f"[`planproof fix`](../fix.md) writes them. `planproof explain CODE` and [this page]({PATCHES}/{check.id}.md) show an example of each."
    for title, has_patch in (("There is a patch", True), ("There is none for the example", False)):
        named = [f"`{example.code}`" for example in examples if bool(example.diff) is has_patch]
        if named:
            yield f"{title}: {', '.join(named)}."


def _no_patch(example: Example) -> str:
    return f"No patch: {example.why_not or 'no example shows this failure'}."


def subjects(check: Check) -> str:
    """What a check judges, in a few words."""
    if check.is_plan_wide:
        return "the plan as a whole"
    if check.types == ANY_TYPE:
        return "resources of every type"
    if check.types == LISTED_TYPES:
        return "resources of the types that the policy lists"
    more = len(check.types) - _TYPES_SHOWN
    return ", ".join(f"`{kind}`" for kind in check.types[:_TYPES_SHOWN]) + (f" and {more} more types" if more > 0 else "")


def index(checks: Iterable[Check]) -> str:
    """The table of all checks."""
    rows = [f"| [{c.id}]({c.id}.md) | {c.name} | {c.severity} | {subjects(c)} | `{c.key}` |" for c in checks]
    head = ["# The checks", "", "Generated by `make generate` from the checks, the policy and the fixtures.", ""]
    return "\n".join([*head, "| Check | Rule | Severity | Judges | Policy section |", "|---|---|---|---|---|", *rows]) + "\n"


def _configure(check: Check, section: str) -> Iterable[str]:
    yield "In a policy file, by default:"
    if section:
        yield f"```yaml\nchecks:\n{section}\n```"
    rows = list(_settings(check.key))
    if rows:
        yield "\n".join(["| Setting | Type | Default | |", "|---|---|---|---|", *rows])
    yield "Pass the file with `--policy`, or set `PLANPROOF_POLICY`, which also works with Checkov. The file needs only the differences."


def _settings(key: str) -> Iterable[str]:
    described = _schema()["properties"]["checks"]["properties"].get(key, {}).get("properties", {})
    for name, part in described.items():
        part = _resolved(part)
        if part.get("deprecated"):
            continue
        default = json.dumps(part["default"]) if "default" in part else ""
        shown = f"`{default}`" if default and len(default) <= 60 else "see above" if name not in SHARED else ""
        yield f"| `{name}` | {_type(part)} | {shown} | {_cell(part.get('description', ''))} |"


def _resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref", "")
    return {**_schema()["$defs"].get(reference.rpartition("/")[2], {}), **part} if reference else part


def _type(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(str(value) for value in part["enum"] if value is not None)
    kinds = part.get("type", "")
    return " or ".join(kinds) if isinstance(kinds, Sequence) and not isinstance(kinds, str) else str(kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


@cache
def _schema() -> dict[str, Any]:
    loaded = json.loads(bundled.DATA["planproof.schema"])
    assert isinstance(loaded, dict)
    return loaded


def _exceptions(check: Check) -> str:
    address = "plan" if check.is_plan_wide else "module.example.*"
    lines = [
        "exceptions:",
        f"  - check: {check.id}",
        f"    address: {address}",
        "    reason: why this is accepted",
        "    expires: 2030-01-31",
    ]
    return (
        "List a finding that you accept for a limited time in the policy. It is SKIP until the expiry date and FAIL from then on:\n\n```yaml\n"
        + "\n".join(lines)
        + "\n```"
    )
