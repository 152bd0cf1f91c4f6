"""Compares policies/rego/plan_only with planproof: for each check, how many verdicts are the same, UNKNOWN, or contradict it.

    python tools/plan_only.py [--mutants] [--every N] [--write] [FOLDER ...]

judges each plan.json below the folders (default: fixtures), and with --mutants each mutant of those, by both bundled profiles. `--every N`
takes one in N mutants. `--write` puts the table into docs/opa.md, with mutants into its second place. Ends with 1 if there is a contradiction. It needs OPA as a library
(make fast installs it).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "checks"), str(ROOT / "tests")]

from opa_bindings import OpaError  # noqa: E402

from support.mutants import mutants  # noqa: E402
from support.plan_only import CHECKS, CONTRADICTION, PROFILES, SAME, UNKNOWN, compared  # noqa: E402

PAGE = ROOT / "docs" / "opa.md"
PLACES = {False: "plan-only", True: "plan-only-mutants"}


def plans(folders: list[Path], with_mutants: bool, every: int) -> Iterator[tuple[str, Any]]:
    number = 0
    for folder in folders:
        for path in sorted(folder.rglob("*.json")):
            if path.resolve().is_relative_to(ROOT / "fixtures") and path.name != "plan.json":
                continue
            try:
                plan = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                continue  # no single document of JSON
            yield str(path), plan
            for mutant in mutants(plan) if with_mutants else ():
                number += 1
                if number % every == 0:
                    yield f"{path} {mutant.place} {mutant.operator}", mutant.plan


def table(counts: Counter[tuple[str, str]]) -> str:
    lines = ["| check | same verdict | UNKNOWN instead | contradiction |", "|---|--:|--:|--:|"]
    for check in CHECKS:
        numbers = [counts[check.id, kind] for kind in (SAME, UNKNOWN, CONTRADICTION)]
        lines.append(f"| {check.id} `{check.key}` | {' | '.join(f'{number:,}' for number in numbers)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "fixtures"], metavar="FOLDER")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for name, plan in plans(options.folders, options.mutants, options.every):
        for profile in PROFILES:
            try:
                found, problems = compared(plan, profile)
            except OpaError as error:
                raise SystemExit(f"{name} ({profile}): {error}") from error
            counts += found
            for problem in problems:
                print(f"{name} ({profile}): {problem}")
    print(table(counts))
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = f"<!-- {PLACES[options.mutants]} -->", f"<!-- /{PLACES[options.mutants]} -->"
        before, _, rest = page.partition(begin)
        PAGE.write_text(f"{before}{begin}\n{table(counts)}\n{end}{rest.partition(end)[2]}", encoding="utf-8")
    return 1 if any(kind == CONTRADICTION for _, kind in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
