"""What MkDocs does beside its own: the pages of all checks are in the navigation, and links out of docs/ lead to the repository.

MkDocs calls these functions by their names (https://www.mkdocs.org/user-guide/configuration/#hooks).
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "checks"))

from planproof.version import home  # noqa: E402

_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>(?!https?://|#)[^)\s]+)\)")


def on_config(config: Any) -> Any:
    """Puts the pages of the checks, in their order, in the place of the folder's name."""
    pages = sorted((ROOT / "docs" / "checks").glob("CKV_*.md"), key=lambda page: int(page.stem.rpartition("_")[2]))
    listed = ["checks/README.md", *(f"checks/{page.name}" for page in pages)]
    config.nav = [{title: listed if inside == "checks" else inside} for each in config.nav for title, inside in each.items()]
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A link to a file of the repository that is no page leads to the repository, or is its text while that has no home."""
    folder = posixpath.dirname(page.file.src_uri)

    def rewritten(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, link["target"]))
        if path.startswith("docs/"):
            return link[0]
        return f"[{link['text']}]({home()}/blob/main/{path})" if home() else link["text"]

    return _LINK.sub(rewritten, markdown)
