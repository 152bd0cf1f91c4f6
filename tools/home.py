"""Writes the project's home, `url` of setup.cfg, into the README and the docs; while it has none, OWNER stands in for it.

python tools/home.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "checks"))

from planproof.version import home  # noqa: E402

PAGES = ("README.md", "docs/ci.md", "docs/command.md", "docs/index.md", "docs/platform-teams.md")
NOWHERE = "https://github.com/OWNER/planproof"
_ADDRESS = re.compile(r"https://[\w.-]+(?:/[\w.-]+)+/planproof(?=\.git\b|\s|$)")
_REPOSITORY = re.compile(r"(?<=uses: |tory: )[\w.-]+(?:/[\w.-]+)*/planproof(?=@|\s|$)")  # of an Action, and of a checkout


def render(text: str, address: str) -> str:
    """The text with this home in the place of the one that it names."""
    repository = re.sub(r"https://[^/]+/", "", address)
    return _REPOSITORY.sub(repository, _ADDRESS.sub(address, text))


def main(check: bool) -> int:
    stale = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        made = render(text, home() or NOWHERE)
        if made != text:
            stale.append(page)
        if made != text and not check:
            (ROOT / page).write_text(made, encoding="utf-8")
    if check and stale:
        print(f"out of date: {', '.join(stale)}; run `make generate`", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
