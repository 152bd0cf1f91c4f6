"""Draws docs/images/report.svg: what `planproof check` shows on a terminal for the review's configuration.

    python tools/pictures.py [--check]

The picture has the very characters that the command prints; `--check` compares those, as versions of rich may draw them in another way.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "report.svg"
WIDTH = 100
COMMAND = ("check", "fixtures/bad/review/plan.json", "--check", "CKV_PLAN_1,CKV_PLAN_6")
# Of what rich draws: the font that it would load from elsewhere, and the line about itself.
_LEFT_OUT = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)


def printed() -> str:
    """What the command prints on a terminal, with the escapes for colours."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks"), "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"}
    words = [sys.executable, "-m", "planproof", *COMMAND, "--color", "always"]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 1:  # the configuration fails, and nothing else may be wrong
        raise RuntimeError(done.stderr or done.stdout)
    return done.stdout.rstrip()


def drawn(text: str) -> str:
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115
    console.print(Text(f"$ planproof {' '.join(COMMAND)}\n"), Text.from_ansi(text), sep="\n")
    return _LEFT_OUT.sub("", console.export_svg(title="planproof", theme=MONOKAI, unique_id="report"))


def characters(picture: str) -> str:
    """The text in a picture, without spaces and line breaks."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", picture, re.DOTALL)
    return re.sub(r"\s", "", "".join(html.unescape(text) for text in texts).replace("\N{NO-BREAK SPACE}", ""))


def main() -> int:
    made = drawn(printed())
    if "--check" not in sys.argv:
        TARGET.write_text(made, encoding="utf-8")
        return 0
    same = characters(made) == characters(TARGET.read_text(encoding="utf-8"))
    if not same:
        print("docs/images/report.svg is out of date: run `make generate`", file=sys.stderr)
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
