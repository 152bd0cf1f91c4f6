"""Writes docs/policy.md: the parts of it that the schema and the bundled policies say.

    python tools/policy_reference.py [--check]

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; what stands around the parts is written by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "checks"))

from planproof.policy import bundled  # noqa: E402
from planproof.policy.layers import Layered, bundled_layers, bundled_policy  # noqa: E402
from planproof.policy.profiles import bundled_data  # noqa: E402
from planproof.policy.schema import SHARED, is_table, resolved, schema  # noqa: E402
from planproof.registry import all_checks  # noqa: E402

TARGET = ROOT / "docs" / "policy.md"
_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TYPES = {"object": "mapping", "array": "list", "string": "text", "integer": "whole number", "boolean": "true or false"}
_LONGEST = 60  # characters of a value; a longer one is in the policy itself


def top() -> Iterator[str]:
    """The keys at the top, but for the tables that have a part of their own."""
    keys = {key: part for key, part in schema()["properties"].items() if key not in ("checks",)}
    yield from _table(keys, bundled_policy("secure-logs"), "")


def checks() -> Iterator[str]:
    """A table for each check, in the order of their ids."""
    sections, default = schema()["properties"]["checks"]["properties"], bundled_policy("secure-logs")["checks"]
    for check in (check for check in all_checks() if check.key in sections):
        page = f"checks/{check.id}.md"
        yield f"\n### `{check.key}`: [{check.id}]({page})\n"
        yield f"{check.name}. Severity {check.severity} unless the policy says otherwise.\n"
        own = {key: part for key, part in sections[check.key]["properties"].items() if key not in SHARED}
        if own:
            yield from _table(own, default[check.key], "")


def exceptions() -> Iterator[str]:
    part = schema()["$defs"]["exception"]
    yield "| key | | |"
    yield "|---|---|---|"
    for key, below in part["properties"].items():
        yield f"| `{key}` | {'required' if key in part['required'] else 'optional'} | {_cell(below['description'])} |"


def profiles() -> Iterator[str]:
    """What each bundled profile has otherwise than the one that it extends."""
    for name in sorted(bundled.POLICIES):
        data = bundled_data(name)
        if "extends" in data:
            yield f"`{name}` extends `{data['extends']}` and says:\n"
            yield "```yaml"
            yield from _yaml({key: value for key, value in data.items() if key not in ("version", "extends")}, 0)
            yield "```"
            assert Layered(bundled_layers(name)).effective == bundled_policy(name)


PARTS: dict[str, Callable[[], Iterator[str]]] = {"top": top, "checks": checks, "exceptions": exceptions, "profiles": profiles}


def _table(keys: Mapping[str, Any], default: Mapping[str, Any], prefix: str) -> Iterator[str]:
    yield "| key | is | default | meaning |"
    yield "|---|---|---|---|"
    yield from _rows(keys, default, prefix, set())


def _rows(keys: Mapping[str, Any], default: Mapping[str, Any], prefix: str, told: set[str]) -> Iterator[str]:
    """A row for each key, and for those below it; `told` are the definitions of the schema that a table has shown already."""
    for key, raw in keys.items():
        part, name = resolved(raw), raw.get("$ref", "")
        again = name in told
        told |= {name} - {""}
        value = default.get(key, part.get("default"))
        inner = part.get("properties")
        shown = "" if inner else f"`{json.dumps(value)}`" if value is not None or "default" in part else ""
        if len(shown) > _LONGEST:
            shown = f"{len(value)} entries" if isinstance(value, (list, Mapping)) else shown
        yield f"| `{prefix}{key}` | {_kind(part)} | {_cell(shown)} | {_cell(part.get('description', ''))} |"
        if again:
            continue
        if inner:
            yield from _rows(inner, value if isinstance(value, Mapping) else {}, f"{prefix}{key}.", told)
        elif is_table(part):
            yield from _rows(_entry(part["additionalProperties"]), {}, f"{prefix}{key}.*.", told)


def _entry(part: Any) -> Mapping[str, Any]:
    """The keys of a table's entry, where it is a mapping."""
    found = resolved(part)
    forms = [found, *(resolved(form) for word in ("anyOf", "oneOf") for form in found.get(word, ()))]
    return next((form["properties"] for form in forms if "properties" in form), {})


def _kind(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return " \\| ".join(f"`{value}`" for value in part["enum"] if value is not None)
    if "const" in part:
        return f"`{part['const']}`"
    kinds = part.get("type", "")
    if is_table(part):
        return "table"
    named = [_TYPES.get(kind, kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    bounds = "".join(f", {word} {part[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most")) if key in part)
    return " or ".join(filter(None, named)) + bounds


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _yaml(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    from planproof.policy.as_yaml import yaml_lines

    yield from (text for text, _ in yaml_lines(data, (), depth))


def render(text: str) -> str:
    """The page with its generated parts made anew."""
    return _PART.sub(lambda found: f"{found[1]}{chr(10).join(PARTS[found[2]]())}\n{found[3]}", text)


def main(check: bool) -> int:
    text = TARGET.read_text(encoding="utf-8")
    made = render(text)
    if check:
        if made != text:
            print("docs/policy.md is out of date: run `make generate`", file=sys.stderr)
        return int(made != text)
    TARGET.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
