"""Holds what users read to the word list of docs/style.md: documents, messages, docstrings of checks, remarks of policies.

    python tools/words.py

codespell finds the words. It gets a copy of the prose alone, line by line: code and internal docstrings are not held to the list, and neither
is code in backticks.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLE = Path("docs") / "style.md"
_ROW = re.compile(r"^\| ([^|`]+) \| ([^|`]+) \|$", re.MULTILINE)


def entries(root: Path = ROOT) -> dict[str, str]:
    """Word: what to write instead, from the table under "Words"."""
    table = (root / STYLE).read_text(encoding="utf-8").partition("\n## Words\n")[2]
    rows = [(word.strip(), better.strip()) for word, better in _ROW.findall(table)]
    return {word: better for other, better in rows[1:] for word in other.split(", ")}


def prose(root: Path = ROOT) -> Iterator[tuple[Path, list[str]]]:
    """Each file that users read something of, with its prose in the lines where it stands."""
    for file in sorted([*root.glob("*.md"), *root.glob("docs/*.md")]):
        if file.relative_to(root) != STYLE:
            yield file.relative_to(root), file.read_text(encoding="utf-8").splitlines()
    for file in sorted([*root.glob("policies/*.yaml"), *root.glob("action.yml")]):
        yield file.relative_to(root), file.read_text(encoding="utf-8").splitlines()
    for file in sorted(root.glob("policies/*.schema.json")):
        lines = file.read_text(encoding="utf-8").splitlines()
        yield file.relative_to(root), [line.partition('"description": ')[2] for line in lines]
    for file in sorted(root.glob("checks/**/*.py")):
        if file.name != "bundled.py":
            yield file.relative_to(root), _said(file.read_text(encoding="utf-8"), file.parent.name == "commands")


def _said(source: str, is_command: bool) -> list[str]:
    """The texts of a module, without the docstrings that only its readers see."""
    tree, lines = ast.parse(source), [""] * (source.count("\n") + 1)
    passed_over = _internal(tree, is_command) | {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(tree):
        if id(node) not in passed_over:
            for number, text in enumerate(_text(node).split("\n")):
                if text:
                    lines[min(node.lineno + number, len(lines)) - 1] += f" {text}"
    return lines


def _text(node: ast.AST) -> str:
    """Of a literal; {} for what an f-string fills in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _internal(tree: ast.Module, is_command: bool) -> set[int]:
    """The texts that stand as statements: docstrings, but for those of checks, which are their pages, and of commands, which are their help."""
    checks = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and any(map(_declares, node.decorator_list)))
    pages = {id(node.body[0]) for node in [*checks, *([tree] if is_command else [])] if node.body}
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and id(node) not in pages}


def _declares(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "check"


def _unbroken(lines: list[str], words: Collection[str]) -> str:
    """A line that ends in the beginning of an entry goes on with the rest of it, which is on the next line."""
    begun = tuple(f" {word[:at]}" for word in words for at in range(len(word)) if word[at] == " ")
    longest = max(word.count(" ") for word in words)
    pairs = zip(lines, [" ".join(line.split()[:longest]) for line in [*lines[1:], ""]], strict=True)
    return "\n".join(f"{line} {rest}" if f" {line}".lower().endswith(begun) else line for line, rest in pairs)


def main(root: Path = ROOT) -> int:
    words = entries(root)
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    only = rf"(?i)(?<![\w/-])(?:{longest_first})(?![\w/-])"
    with tempfile.TemporaryDirectory() as folder:
        copy, dictionary = Path(folder, "prose"), Path(folder, "dictionary")
        for file, lines in prose(root):
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            (copy / file).write_text(_unbroken(lines, words), encoding="utf-8", errors="replace")
        dictionary.write_text("".join(f"{word}->{better},\n" for word, better in words.items()), encoding="utf-8")
        command = [sys.executable, "-m", "codespell_lib", "-D", dictionary, "-r", only, "--ignore-regex", "`[^`]*`", "."]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    print(done.stdout.replace("./", "") + done.stderr, end="")
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
