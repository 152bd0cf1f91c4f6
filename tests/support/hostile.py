"""Input that nobody means well by: Terraform's documents and people's files with a few parts replaced by what should not be there."""

from __future__ import annotations

import html.parser
import importlib
import json
import unicodedata
import xml.etree.ElementTree as xml
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from planproof.cli.commands.check import FORMATS
from planproof.verdict import Report
from support.repository import ROOT

Json = Any

TEXTS = (
    "", " ", "\x1b[31m", "\u202e", "\ud800", "\0", "a\nb", "a" * 3000, "9" * 400, "nan", "-1e999", "*", "${var.a}", "%{if a}", "module.",
    'module.a["', 'aws_s3_bucket.logs["a"]', "each.key", "count.index", "local.a", "..", "[", "]", '["', ".id", "arn:aws:s3:::logs",
    "</script><img src=x onerror=alert(1)>", "]]>", "&#0;", "::error::x", "%0A::error::x", "](javascript:alert(1))", "`a`", "|", "@all",
    "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "true", "null", "{}", '{"Statement": [[[]]]}', "[" * 2000, "{ $.a = 1 }",
)  # fmt: skip
OTHERS: tuple[Json, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), [], {}, [[]], [None], [{}], {"": None}, {"a": [1, {}]},
    {"references": ["a", 1, None]}, {"references": "a"}, {"constant_value": None}, {"references": ["each.value.a", "each.value"]},
    {"references": ["var.a"]}, {"references": ["module.a.b", "module.a"]}, {"references": ["local.a"]}, ["a", 1],
)  # fmt: skip
WRONG = st.sampled_from(TEXTS) | st.sampled_from(OTHERS) | st.text(max_size=20)


@cache
def _plan_texts() -> tuple[str, ...]:
    """The smaller half of the fixtures' plans, so that many can be tried."""
    files = sorted((ROOT / "fixtures").rglob("plan.json"), key=lambda file: file.stat().st_size)
    return tuple(json.dumps(json.loads(file.read_text(encoding="utf-8"))) for file in files[: len(files) * 2 // 3])


def places(document: Json) -> list[tuple[str | int, ...]]:
    """The path of every part."""
    found: list[tuple[str | int, ...]] = []
    pending: list[tuple[tuple[str | int, ...], Json]] = [((), document)]
    while pending:
        path, part = pending.pop()
        steps: Any = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for step, inner in steps:
            found.append((*path, step))
            pending.append(((*path, step), inner))
    return found


@cache
def _places_of(text: str) -> list[tuple[str | int, ...]]:
    """All parts of a plan once, and those that a check may look at five times over."""
    found = places(json.loads(text))
    return found + [path for path in found if {"values", "expressions", "outputs", "after_unknown"} & set(path)] * 4


def _replace(holder: Json, step: str | int, new: Json) -> None:
    holder[step] = new


def _remove(holder: Json, step: str | int, _: Json) -> None:
    del holder[step]


def _repeat(holder: Json, step: str | int, new: Json) -> None:
    """The part once more: under another name, or as one more element."""
    if isinstance(holder, list):
        holder.insert(int(step), holder[int(step)])
    else:
        holder[str(new)] = holder[step]


def _rename(holder: Json, step: str | int, new: Json) -> None:
    if isinstance(holder, dict):
        holder[str(new)] = holder.pop(step)


EDITS: tuple[Callable[[Json, str | int, Json], None], ...] = (_replace, _replace, _replace, _remove, _repeat, _rename)


def edited(draw: Any, document: Json, paths: list[tuple[str | int, ...]], most: int) -> Json:
    """The document with up to `most` of its parts changed."""
    for _ in range(draw(st.integers(1, most))):
        *way, step = draw(st.sampled_from(paths))
        holder = document
        try:
            for part in way:
                holder = holder[part]
            draw(st.sampled_from(EDITS))(holder, step, draw(WRONG))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier edit took it away
    return document


@st.composite
def plan_documents(draw: Any) -> Json:
    """A real plan with some parts changed, and one text of it changed wherever it stands."""
    text = draw(st.sampled_from(_plan_texts()))
    document = edited(draw, json.loads(text), _places_of(text), 5)
    if draw(st.booleans()):
        addresses = sorted({r["address"] for r in _resources(document) if isinstance(r.get("address"), str) and r["address"]})
        if addresses:
            return _renamed(document, draw(st.sampled_from(addresses)), draw(st.sampled_from(TEXTS)))
    return document


def _renamed(part: Json, old: str, new: str) -> Json:
    if isinstance(part, str):
        return part.replace(old, new)
    if isinstance(part, list):
        return [_renamed(inner, old, new) for inner in part]
    return {_renamed(k, old, new): _renamed(v, old, new) for k, v in part.items()} if isinstance(part, dict) else part


def _resources(document: Json) -> Iterator[Json]:
    pending = [document]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "mode" in part:
                yield part
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


@st.composite
def spoilt_text(draw: Any, text: str, pieces: tuple[str, ...]) -> str:
    """A text with parts cut out, doubled, or replaced by one of the pieces or by anything."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *pieces]) | st.text(max_size=10))
        text = text[:start] + middle + text[end:]
    return text


# --- what comes out ---------------------------------------------------------------------------------------------------


def assert_reports_are_harmless(report: Report) -> None:
    """Every format can be made, reads as what it is, and holds no control character and no markup of the plan's."""
    for name in FORMATS:
        text = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}").render([report])
        assert_plain(text)
        {
            **dict.fromkeys(("json", "sarif", "gitlab", "opa", "atlantis", "ocsf", "asff"), json.loads),
            "junit": xml.fromstring,
            "html": _assert_page,
            "github": _assert_commands,
        }.get(name, str)(text)


def assert_plain(text: str) -> None:
    wrong = {c for c in text if unicodedata.category(c)[0] == "C" and c != "\n"}
    assert not wrong, wrong


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)


def _assert_page(text: str) -> None:
    page = _Page()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "object", "embed", "link", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset", "style", "action")]
    assert all((value or "").startswith(("#", "https://")) for name, value in page.attributes if name == "href")


def _assert_commands(text: str) -> None:
    *commands, total, end = text.split("\n")
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in commands)
    assert total.startswith("planproof: ")
    assert end == ""
