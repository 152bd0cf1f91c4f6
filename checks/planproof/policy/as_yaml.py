"""A policy as YAML for people: what is in force with where it is from, and a starter in which every key is explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from planproof.policy.layers import Layered, bundled_policy
from planproof.policy.profiles import DEFAULT
from planproof.policy.schema import is_table, resolved, schema
from planproof.policy.yaml_file import KeyPath
from planproof.text.escaping import one_line

_SHOWN = 4  # entries of a table
_EXCEPTION = """\
exceptions:
  - check: CKV_PLAN_1
    address: module.archive.aws_s3_bucket.*
    reason: kept in the archive account until it is closed
    expires: 2030-01-31 # the first day on which the check fails again
    owner: platform team
    ticket: OPS-123""".splitlines()


def effective(policy: Layered) -> str:
    """The whole policy, each value with its file and line. Read as a policy again it means the same."""
    shown = ["# The effective policy, with the file that sets each value; null: removed from a table."]
    shown += (f"{text}  # {one_line(policy.place(path))}" if path else text for text, path in yaml_lines(policy.merged, ()))
    return "\n".join(shown) + "\n"


def starter(names: Mapping[str, str], profile: str = DEFAULT) -> str:
    """A policy that changes nothing, with the keys, their meaning and their bundled values behind a #. `names`: what each check finds,
    by its section."""
    default = bundled_policy(profile)
    lines = [
        "# A planproof policy. It contains only the differences from the policy it extends: maps merge by key, lists replace, and null",
        "# removes an entry from a table. To change a key, remove the first # from its line and from the lines of its parent keys.",
        "# `planproof policy check FILE` reports mistakes; `planproof policy show --policy FILE` prints the effective policy.",
        "version: 1",
        "",
        "# A bundled profile (secure-logs, or general for any stack), or the path of another policy relative to this file.",
        f"extends: {profile}",
    ]
    for key, part in schema()["properties"].items():
        if key not in ("version", "extends"):
            lines += ["", *_behind(_explained(key, part, default.get(key), names))]
    return "\n".join(lines) + "\n"


def _behind(lines: Iterable[str]) -> Iterator[str]:
    return (f"# {line}" for line in lines)


def _explained(key: str, part: Mapping[str, Any], value: Any, names: Mapping[str, str], depth: int = 0) -> Iterator[str]:
    """A key with its meaning above it; of a long table the first entry alone."""
    indent = "  " * depth
    about = (names.get(key) if depth == 1 else None) or part.get("description")
    if about and (value is not None or "default" in part):
        yield f"{indent}# {about}"
    if key == "exceptions":
        yield from _EXCEPTION
    elif "properties" in part and depth < 2:
        yield f"{indent}{key}:"
        for name, below in part["properties"].items():
            below = resolved(below)
            if below.get("deprecated"):
                continue
            yield from _explained(name, below, (value or {}).get(name, below.get("default")), names, depth + 1)
    elif is_table(part) and isinstance(value, Mapping) and len(value) > _SHOWN:
        name, first = next(iter(value.items()))
        yield from (line for line, _ in yaml_lines({key: {name: first}}, (), depth))
        yield f"{indent}  # ... and {len(value) - 1} more: planproof policy show"
    elif value is not None or "default" in part:
        yield from (line for line, _ in yaml_lines({key: value}, (), depth))


def yaml_lines(data: Mapping[str, Any], path: KeyPath, depth: int = 0) -> Iterator[tuple[str, KeyPath]]:
    """The lines of a mapping, each with the path of the value that it shows, or nothing where it shows a key alone."""
    for key, value in data.items():
        at, indent = (*path, key), "  " * depth
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_flow(key)}:", ()
            yield from yaml_lines(value, at, depth + 1)
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            yield f"{indent}{_flow(key)}:", at
            yield from ((f"{indent}  - {_flow(item)}", ()) for item in value)
        else:
            yield f"{indent}{_flow(key)}: {_flow(value)}", at


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    import yaml

    text = yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=False, sort_keys=False)
    return str(text).strip()[1:-1]
