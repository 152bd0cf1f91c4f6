"""The patch of a plan as suggestions in a review on GitHub: the body of `POST /repos/OWNER/REPOSITORY/pulls/NUMBER/reviews`.

A comment can only stand on lines that the diff of the pull request shows, so the other changes are told of. A suggestion is made only if the
diff and the source have the same text there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.errors import CommandError
from planproof.fix.attached import Fixes
from planproof.fix.hunks import Hunk, hunks, lines
from planproof.fix.patches import Change, Patch, changes, diff
from planproof.syntax.file import SourceFile
from planproof.text.escaping import markdown, markdown_code
from planproof.text.paths import in_repository, patched_from
from planproof.verdict import listed

MAX_COMMENTS = 50
"""Of one review."""
_MAX_BODY = 60_000  # GitHub takes 65,536 characters
_ENDS = "\r\n"
_NEAR = 2  # lines between hunks that become one suggestion

Shown = dict[str, list[dict[int, str]]]
"""By the path of a file: the lines of each part of it that a diff shows, by their numbers in the new file."""


class _Part(NamedTuple):
    """A change of some lines, and the patches that it belongs to."""

    change: Change
    hunk: Hunk
    patches: tuple[Patch, ...]


def review(found: Iterable[Patch], context: Context, shown: Shown) -> dict[str, Any]:
    """The review; `comments` is empty if nothing can be suggested in this diff."""
    fixes = Fixes(context)
    kept = [patch for patch in found if fixes.of(patch).diff]
    parts = [part for change in changes(kept) for part in _parts(change, kept)]
    places = {number: place for number, part in enumerate(parts) if (place := _place(part, shown)) is not None}
    places = dict(list(places.items())[:MAX_COMMENTS])
    outside = [part for number, part in enumerate(parts) if number not in places]
    comments = [_comment(parts[number], place, outside, context) for number, place in places.items()]
    return {"event": "COMMENT", "body": _body(len(comments), len(outside)), "comments": comments}


def _body(inside: int, outside: int) -> str:
    text = f"<!-- planproof suggestions -->\nplanproof suggests {inside} change{'s' * (inside != 1)}."
    if outside:
        one = outside == 1
        text += (
            f" {outside} more {'is' if one else 'are'} on lines that this diff does not show; `planproof fix` writes all of them."
        )
    return text


def shown_by(text: str) -> Shown:
    """The lines of a unified diff, such as `git diff` or `gh pr diff` print. Raises CommandError if it is none."""
    found: Shown = {}
    rows = iter(text.split("\n"))
    path = ""
    for row in rows:
        if row.startswith("+++ "):
            path = _path(row[4:].rstrip("\t\r"))
        elif head := re.match(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", row):
            old, new = (int(head[group] or 1) for group in (1, 3))
            found.setdefault(path, []).append(_right_side(rows, int(head[2]), old, new))
    if not found and text.strip() and not re.search(r"^diff ", text, re.MULTILINE):
        raise CommandError("the diff of the pull request is not a unified diff; write it with git diff or gh pr diff")
    return found


def _right_side(rows: Iterator[str], number: int, old: int, new: int) -> dict[int, str]:
    """The lines that a part of the diff leaves or adds."""
    kept: dict[int, str] = {}
    while old > 0 or new > 0:
        row = next(rows, None)
        if row is None:
            raise CommandError("the diff of the pull request is cut off; write it again")
        if row.startswith("\\"):
            continue
        if not row.startswith("-"):
            kept[number + len(kept)] = row[1:].rstrip("\r")
            new -= 1
        old -= not row.startswith("+")
    return kept


def _path(name: str) -> str:
    """The name of a file, which git quotes if it has other letters than ASCII's."""
    if name.startswith('"'):
        name = (
            name[1:-1]
            .encode("latin-1", "replace")
            .decode("unicode_escape")
            .encode("latin-1", "replace")
            .decode("utf-8", "replace")
        )
    return name.removeprefix("b/")


def _parts(change: Change, found: Sequence[Patch]) -> list[_Part]:
    """The changes of a file, those that are near one another as one."""
    before = lines(change.before or "")
    merged: list[Hunk] = []
    for hunk in hunks(change):
        last = merged[-1] if merged else None
        behind = last.line + len(last.old) if last else 0
        if last and hunk.line - behind <= _NEAR:
            between = tuple(before[behind - 1 : hunk.line - 1])
            merged[-1] = Hunk(last.line, (*last.old, *between, *hunk.old), (*last.new, *between, *hunk.new))
        else:
            merged.append(hunk)
    file = SourceFile(change.file, change.before or "")
    here = [
        (patch, file.position(edit.start)[0], file.position(edit.end)[0])
        for patch in found
        for edit in patch.edits
        if edit.file == change.file
    ]
    return [_Part(change, hunk, _touching(hunk, here)) for hunk in merged]


def _touching(hunk: Hunk, edits: Sequence[tuple[Patch, int, int]]) -> tuple[Patch, ...]:
    """The patches with an edit in the hunk, or beside it; if there is none, those that change the file."""
    first, last = hunk.line - 1, hunk.line + len(hunk.old)
    near = [patch for patch, begin, end in edits if first <= end and begin <= last]
    return tuple(dict.fromkeys(near or [patch for patch, _, _ in edits]))


class _Place(NamedTuple):
    """The lines that a comment stands on, and what it suggests for them."""

    path: str
    first: int
    last: int
    text: str


def _place(part: _Part, shown: Shown) -> _Place | None:
    before, hunk = lines(part.change.before or ""), part.hunk
    path = in_repository(part.change.file)
    anchors = [hunk] if hunk.old else [_with(before, hunk, hunk.line - 1), _with(before, hunk, hunk.line)]
    for anchor in filter(None, anchors):
        wanted = {number: row.rstrip(_ENDS) for number, row in enumerate(anchor.old, anchor.line)}
        if any(wanted.items() <= section.items() for section in shown.get(path, ())):
            text = "".join(f"{row.rstrip(_ENDS)}\n" for row in anchor.new)
            return _Place(path, anchor.line, anchor.line + len(anchor.old) - 1, text) if len(text) < _MAX_BODY else None
    return None


def _with(before: Sequence[str], hunk: Hunk, number: int) -> Hunk | None:
    """Lines that are put in beside a line, as a change of that line."""
    if not 1 <= number <= len(before):
        return None
    row = before[number - 1]
    ended = row if row.endswith("\n") else f"{row}\n"
    return Hunk(number, (row,), (ended, *hunk.new) if number < hunk.line else (*hunk.new, row))


def _comment(part: _Part, place: _Place, outside: Sequence[_Part], context: Context) -> dict[str, Any]:
    made: dict[str, Any] = {"path": place.path, "side": "RIGHT", "line": place.last}
    if place.first < place.last:
        made |= {"start_line": place.first, "start_side": "RIGHT"}
    return {**made, "body": "\n\n".join(_said(part, place, outside, context))}


def _said(part: _Part, place: _Place, outside: Sequence[_Part], context: Context) -> Iterator[str]:
    told = [
        f"**{markdown(f.check_id)}** {markdown_code(f.subject)}: {markdown(f.reason)}" for f in (p.finding for p in part.patches)
    ]
    yield "\n".join(f"- {line}" for line in told[:5]) + (f"\n- and {len(told) - 5} more" if len(told) > 5 else "")
    yield _fenced("suggestion", place.text)
    notes = list(dict.fromkeys(note for patch in part.patches for note in patch.notes))
    yield from (f"{markdown(note)}." for note in notes)
    needed = [other for other in outside if set(part.patches) & set(other.patches)]
    files = list(dict.fromkeys(in_repository(other.change.file) for other in needed))
    others = {edit.file for patch in part.patches for edit in patch.edits} - {part.change.file, *(o.change.file for o in needed)}
    if others:
        yield f"Take it together with the suggestions on {listed(markdown_code(in_repository(file)) for file in sorted(others))}."
    if needed:
        root = context.source.root if context.source and context.source.root else "."
        text = _fenced("diff", diff(changes(part.patches), patched_from(root)))
        patch = text if len(text) < _MAX_BODY else "`planproof fix` writes it."
        yield f"It needs changes of {listed(map(markdown_code, files))} too, on lines that this diff does not show. The whole patch:\n\n{patch}"


def _fenced(kind: str, text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text}{fence}"
