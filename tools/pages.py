"""Writes docs/checks/: a page for each check and the table of all, from the checks, the default policy, the fixtures and their patches."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "checks"))

from example_patches import examples  # noqa: E402
from planproof.check import Check  # noqa: E402
from planproof.check_page import PATCHES, Material, index, patches_page, render  # noqa: E402
from planproof.registry import all_checks  # noqa: E402

TARGET = ROOT / "docs" / "checks"
POLICY = ROOT / "policies" / "secure-logs.yaml"
MAX_SECTION = 40  # lines of a policy section that a page shows


def pages() -> dict[str, str]:
    """The text of each file by its name."""
    materials = [(check, _material(check)) for check in all_checks() if check.key]
    made = {"README.md": index(check for check, _ in materials)}
    for check, material in materials:
        made[f"{check.id}.md"] = render(check, material)
        made[f"{PATCHES}/{check.id}.md"] = patches_page(check, material.patches)
    return made


def _material(check: Check) -> Material:
    bad, good = (_configuration(ROOT / "fixtures" / kind / check.key / "plain") for kind in ("bad", "good"))
    return Material(bad, good, _section(check.key), examples(check))


def _configuration(folder: Path) -> str:
    """`main.tf`, and the tests beside it, each under its name."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("main.tf")]
    tests = sorted(folder.glob("tests/*.tftest.hcl"))
    return "\n".join(
        [*texts, *(f"# {file.relative_to(folder).as_posix()}\n{file.read_text(encoding='utf-8')}" for file in tests)]
    )


def _section(key: str) -> str:
    """The check's lines in the default policy, remarks and all."""
    found = re.search(rf"^  {re.escape(key)}:.*\n(?:(?:    .*|[ ]*)\n)*", POLICY.read_text(encoding="utf-8"), re.MULTILINE)
    lines = found[0].rstrip().splitlines() if found else []
    if len(lines) > MAX_SECTION:
        lines = [*lines[:MAX_SECTION], f"    # ... and {len(lines) - MAX_SECTION} lines more: policies/secure-logs.yaml"]
    return "\n".join(lines)


def out_of_date() -> list[str]:
    """The files that are not what `pages` makes, or that no check has."""
    made = pages()
    there = {file.relative_to(TARGET).as_posix(): file.read_text(encoding="utf-8") for file in TARGET.rglob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def write() -> None:
    (TARGET / PATCHES).mkdir(parents=True, exist_ok=True)
    made = pages()
    for file in TARGET.rglob("*.md"):
        if file.relative_to(TARGET).as_posix() not in made:
            file.unlink()
    for name, text in made.items():
        (TARGET / name).write_text(text, encoding="utf-8")


def main(check: bool) -> int:
    if not check:
        write()
        return 0
    stale = out_of_date()
    if stale:
        print(f"out of date in docs/checks: {', '.join(stale)}; run `make generate`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
