"""Mutants of the source of a good fixture, for the two checks that read it: a setting or a test is taken away, weakened or made from
something else.

The plan stays as it is. Mutated are, line by line, the arguments of configuration and of Terraform's tests, each block of a test, each part
of a test in JSON, each line that asserts in a test of another tool, and each file of tests as a whole.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from planproof.check import Check
from planproof.engine import evaluate
from planproof.plan.model import Plan
from support.mutants import get, paths_in
from support.repository import ROOT, policy_of

GOOD = ROOT / "fixtures" / "good"
CHECKS = {"prevent_destroy": ("*.tf",), "test_coverage": ("*.tftest.hcl", "*.tofutest.hcl", "*.tftest.json", "*.py", "*.go")}

_ARGUMENT = re.compile(r"^\s*(?P<name>[\w-]+)\s*=\s(?P<value>[^\s].*)$")
_INLINE = re.compile(r"^\s*(?P<block>\w+) \{ (?P<name>[\w-]+) = (?P<value>[^{}]+) \}$")
_OPENS = re.compile(r'^\s*(?P<type>\w+)(?P<labels>(?: "[^"]*")*) \{$')
_REFERENCE = re.compile(r"\b(?:var|local)\.\w+|\bterraform\.workspace\b")
_STRING = re.compile(r'^"[^"$%{]*"$')


class Change(NamedTuple):
    """What is mutated, how, its kind, and the new text of the file; None where the file is gone."""

    place: str
    operator: str
    kind: str
    text: str | None


def source_rows(check: Check) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """`fixture, place, operator, kind, changed`, as a row of the kill table."""
    if check.key in CHECKS:
        for expected in sorted((GOOD / check.key).glob("*/expected.json")):
            yield from _rows(expected.parent, check, sorted(f for p in CHECKS[check.key] for f in expected.parent.rglob(p)))
        if check.key == "test_coverage":
            yield from _rows(GOOD / "ideal", check, sorted((GOOD / "ideal" / "tests").glob("*.tftest.hcl")))


def _rows(folder: Path, check: Check, files: list[Path]) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    expected = folder / "expected.json"
    named = json.loads(expected.read_text(encoding="utf-8")).get("source", "") if expected.exists() else ""
    plan, policy, root = Plan.load(folder / "plan.json"), policy_of(folder), folder / named
    base = {(f.subject, f.verdict.value) for f in evaluate(plan, policy, root, (check,)).findings}
    for file in files:
        if not file.is_relative_to(root):
            continue
        for change in _changes(file.read_text(encoding="utf-8"), file.suffix):
            with tempfile.TemporaryDirectory() as temporary:
                copy = Path(temporary) / "source"
                shutil.copytree(root, copy)
                target = copy / file.relative_to(root)
                target.unlink() if change.text is None else target.write_text(change.text, encoding="utf-8")
                report = evaluate(plan, policy, copy, (check,))
            assert report.errors == ()
            changed = {
                f"{f.verdict.value} {f.code} {f.subject}" for f in report.findings if (f.subject, f.verdict.value) not in base
            }
            place = f"{file.relative_to(folder)}{change.place}"
            yield str(folder.relative_to(GOOD)), place, change.operator, change.kind, tuple(sorted(changed))


def _changes(text: str, suffix: str) -> Iterator[Change]:
    if suffix == ".json":
        yield from _of_json(text)
    elif suffix in (".py", ".go"):
        yield from _of_lines(text)
    else:
        yield from _of_hcl(text.split("\n"))
    if suffix != ".tf":
        yield Change("", "deleted", "source file", None)


def _of_json(text: str) -> Iterator[Change]:
    for path in paths_in(json.loads(text)):
        document = json.loads(text)
        del get(document, path[:-1])[path[-1]]
        kind = "source " + ".".join(str(step) for number, step in enumerate(path) if number != 1 and not isinstance(step, int))
        yield Change(" " + ".".join(map(str, path)), "deleted", kind, json.dumps(document))


def _of_lines(text: str) -> Iterator[Change]:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.search(r"\bassert\b", line) and "/" not in line:
            yield Change(f" line {number + 1}", "deleted", "source assertion", "\n".join(lines[:number] + lines[number + 1 :]))


def _of_hcl(lines: list[str]) -> Iterator[Change]:
    stack: list[tuple[str, str, int]] = []  # type, what it is called, line
    here = None
    for number, line in enumerate(lines):
        if here:
            here = None if line.strip() == here else here
            continue
        if heredoc := re.search(r"<<-?(\w+)$", line):
            here = heredoc[1]
            continue
        if opens := _OPENS.match(line):
            labels = re.findall(r'"([^"]*)"', opens["labels"])
            stack.append((opens["type"], ".".join(labels) or opens["type"], number))
            continue
        if line.strip() == "}" and stack:
            if stack[0][0] == "run":
                kind = "source " + ".".join(block for block, _, _ in stack)
                yield Change(_place(stack), "deleted", kind, "\n".join(lines[: stack[-1][2]] + lines[number + 1 :]))
            stack.pop()
            continue
        found = _INLINE.match(line) or _ARGUMENT.match(line)
        if found and stack and not re.search(r"[{\[(]$", line):
            block = found.groupdict().get("block")
            inner = [*stack, (block, block, number)] if block else stack
            kind = "source " + ".".join(block for block, _, _ in inner)
            for operator, new in _others(found["value"]):
                changed = line[: found.start("value")] + new + line[found.end("value") :] if new else None
                kept = [] if changed is None else [changed]
                text = "\n".join(lines[:number] + kept + lines[number + 1 :])
                yield Change(f"{_place(inner)}.{found['name']}", operator, f"{kind}.{found['name']}", text)


def _place(stack: list[tuple[str, str, int]]) -> str:
    return " " + ".".join(name for _, name, _ in stack)


def _others(value: str) -> Iterator[tuple[str, str]]:
    """Each operator and the text in the place of the value; none where the argument is gone."""
    yield "deleted", ""
    if value in ("true", "false"):
        yield "weakened", "false" if value == "true" else "true"
    elif value in ("plan", "apply"):
        yield "weakened", "apply" if value == "plan" else "plan"
    elif value.isdigit():
        yield "weakened", "1" if value != "1" else "0"
    elif _STRING.match(value):
        yield "weakened", '"weakened"'
    elif "?" in value or "==" in value:
        yield "weakened", "true" if "?" not in value else "1"
    if _REFERENCE.search(value):
        yield "relinked", _REFERENCE.sub("var.something_else", value)
