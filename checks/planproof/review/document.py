"""A document of headings, prose, lists, tables, plots and code, and how it is written as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from planproof.formats.to_markdown import MARK
from planproof.formats.to_pr_comment import MAX_BYTES
from planproof.text.escaping import markdown, markdown_code, one_line


class Code(NamedTuple):
    """A name or an address inside prose."""

    text: str


class Link(NamedTuple):
    """The address of a page."""

    url: str


Prose = Sequence[str | Code | Link]


class Heading(NamedTuple):
    level: int
    text: str


class Paragraph(NamedTuple):
    prose: Prose
    label: str = ""  # stands before it, in bold


class Bullets(NamedTuple):
    items: Sequence[Prose]


class Table(NamedTuple):
    head: Sequence[str]
    rows: Sequence[Sequence[Prose]]


class Listing(NamedTuple):
    """Lines of a file as they stand there, each with its number (0 for what is left out), and whether it is the one at fault."""

    lines: Sequence[tuple[int, str, bool]]


class Changes(NamedTuple):
    """Lines that a patch takes out (`-`) and adds (`+`)."""

    lines: Sequence[str]


class Plot(NamedTuple):
    """Numbers with what each is of: a bar each or, if they are in the order of time, a column each. A reader of text has them as a table."""

    head: tuple[str, str]
    points: Sequence[tuple[str, int]]
    is_over_time: bool = False

    @property
    def table(self) -> Table:
        return Table(self.head, [[[label], [f"{number:,}"]] for label, number in self.points])


Block = Changes | Heading | Paragraph | Bullets | Table | Listing | Plot


# --- Markdown --------------------------------------------------------------------------------------------------------


def to_markdown(blocks: Iterable[Block]) -> str:
    return "\n\n".join("\n".join(_markdown(block)) for block in blocks) + "\n"


def to_comment(blocks: Iterable[Block]) -> str:
    """The Markdown with the mark of a comment, whole blocks as long as they fit into one."""
    kept = [MARK]
    left = MAX_BYTES - len(MARK) - len(_CUT) - 2
    for block in blocks:
        text = "\n\n" + "\n".join(_markdown(block))
        left -= len(text.encode("utf-8"))
        if left < 0:
            kept.append(_CUT)
            break
        kept.append(text)
    return "".join(kept) + "\n"


_CUT = "\n\n_The rest of the review does not fit into a comment; `planproof review` writes all of it._"


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {markdown(block.text)}"
    elif isinstance(block, Paragraph):
        yield (f"**{markdown(block.label)}** " if block.label else "") + _inline(block.prose)
    elif isinstance(block, Bullets):
        yield from (f"- {_inline(item)}" for item in block.items)
    elif isinstance(block, Table):
        yield f"| {' | '.join(map(markdown, block.head))} |"
        yield "|---" * len(block.head) + "|"
        yield from (f"| {' | '.join(map(_inline, row))} |" for row in block.rows)
    elif isinstance(block, Changes):
        fence = _fence(block.lines)
        yield f"{fence}diff"
        yield from map(one_line, block.lines)
        yield fence
    elif isinstance(block, Plot):
        yield from _markdown(block.table)
    else:
        fence = _fence(text for _, text, _ in block.lines)
        yield fence
        yield from _numbered(block)
        yield fence


def _fence(texts: Iterable[str]) -> str:
    """Backticks that no line of the code can close."""
    return "`" * max(3, 1 + max((len(run) for text in texts for run in _ticks(text)), default=0))


def _inline(prose: Prose) -> str:
    return "".join(map(_in_markdown, prose))


def _in_markdown(part: str | Code | Link) -> str:
    if isinstance(part, Link):
        return f"<{part.url}>"
    return markdown_code(part.text) if isinstance(part, Code) else markdown(part)


def _ticks(text: str) -> Iterator[str]:
    """The runs of backticks in a text."""
    return (run for run in "".join(c if c == "`" else " " for c in text).split())


def _numbered(listing: Listing) -> Iterator[str]:
    wide = max((len(str(number)) for number, _, _ in listing.lines), default=1)
    for number, text, is_at_fault in listing.lines:
        yield f"{'>' if is_at_fault else ' '} {number or '':>{wide}}  {one_line(text)}".rstrip()


# --- HTML ------------------------------------------------------------------------------------------------------------

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --fault: #d335; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 54rem; padding: 2rem 1.2rem 4rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; } h2 { border-top: 1px solid var(--line); margin-top: 2.4rem; padding-top: 1.2rem; }
code, pre { font: 0.88em/1.5 ui-monospace, monospace; } code { background: var(--soft); padding: 0 0.25em; border-radius: 3px; }
pre { background: var(--soft); border-radius: 6px; overflow-x: auto; padding: 0.7rem 0.9rem; } pre mark { background: var(--fault); color: inherit; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
th { overflow-wrap: normal; } td { overflow-wrap: break-word; } td code { overflow-wrap: anywhere; } .number { white-space: nowrap; }
.bars td { border: 0; padding: 0.1rem 0.6rem 0.1rem 0; vertical-align: middle; } .bars td:nth-child(2) { width: 45%; } .bars td:last-child { text-align: right; }
svg { display: block; width: 100%; color: #3b6fd4; } .bars svg { height: 0.9rem; } figure { margin: 1rem 0; } figure svg { height: 8rem; border-bottom: 1px solid var(--line); }
figcaption { display: flex; justify-content: space-between; font-size: 0.88em; }
@media print { body { max-width: none; padding: 0; } h2, h3 { break-after: avoid; } pre, tr { break-inside: avoid; } }
"""


def to_html(blocks: Iterable[Block], title: str) -> str:
    """A page that needs nothing else."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        label = f"<strong>{escape(block.label)}</strong> " if block.label else ""
        return f"<p>{label}{_span(block.prose)}</p>"
    if isinstance(block, Bullets):
        return "<ul>\n" + "\n".join(f"<li>{_span(item)}</li>" for item in block.items) + "\n</ul>"
    if isinstance(block, Table):
        head = "".join(f"<th>{escape(text)}</th>" for text in block.head)
        rows = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in block.rows)
        return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'
    if isinstance(block, Changes):
        return "<pre>" + "\n".join(escape(one_line(line)) for line in block.lines) + "</pre>"
    if isinstance(block, Plot):
        return _columns(block) if block.is_over_time else _bars(block)
    marked = zip(block.lines, _numbered(block), strict=True)
    return "<pre>" + "\n".join(f"<mark>{escape(t)}</mark>" if line[2] else escape(t) for line, t in marked) + "</pre>"


def _cell(prose: Prose) -> str:
    text = _span(prose)
    return f'<td class="number">{text}</td>' if text.replace(",", "").isdigit() else f"<td>{text}</td>"


def _bars(plot: Plot) -> str:
    most = max((number for _, number in plot.points), default=0) or 1
    rows = "\n".join(
        f"<tr><td>{escape(label)}</td><td>{_svg(_bar(number / most), 100, 10, '')}</td><td>{number:,}</td></tr>"
        for label, number in plot.points
    )
    head = "".join(f"<th>{escape(text)}</th>" for text in (plot.head[0], "", plot.head[1]))
    return f'<div class="wide"><table class="bars">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>'


def _bar(share: float) -> str:
    return f'<rect width="{share * 100:.1f}" height="10" fill="currentColor"/>'


def _columns(plot: Plot) -> str:
    """The words are outside of the picture, so that they stay legible on a small screen."""
    most = max((number for _, number in plot.points), default=0) or 1
    drawn = "".join(
        f'<rect x="{at * 10 + 1}" y="{100 - number / most * 100:.1f}" width="8" height="{number / most * 100:.1f}" fill="currentColor">'
        f"<title>{escape(label)}: {number:,}</title></rect>"
        for at, (label, number) in enumerate(plot.points)
    )
    ends = [f"{label}: {number:,}" for label, number in plot.points]
    words = "".join(f"<span>{escape(end)}</span>" for end in dict.fromkeys((ends[0], ends[-1]))) if ends else ""
    label = f"{plot.head[1]} by {plot.head[0]}, at most {most:,}"
    return f"<figure>{_svg(drawn, len(plot.points) * 10, 100, label)}<figcaption>{words}</figcaption></figure>"


def _svg(drawn: str, wide: int, high: int, label: str) -> str:
    said = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg viewBox="0 0 {wide} {high}" preserveAspectRatio="none" {said}>{drawn}</svg>'


def _span(prose: Prose) -> str:
    return "".join(map(_in_html, prose))


def _in_html(part: str | Code | Link) -> str:
    if isinstance(part, Link):
        return f'<a href="{escape(part.url)}">{escape(part.url)}</a>'
    return f"<code>{escape(part.text)}</code>" if isinstance(part, Code) else escape(part)
