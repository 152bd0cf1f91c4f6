"""Holds a policy to the published schema and to what no schema can say, in sentences that name the key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from planproof.errors import PatternError
from planproof.policy import bundled
from planproof.policy.operators import unusable
from planproof.policy.yaml_file import Document, KeyPath
from planproof.text.escaping import one_line
from planproof.text.pattern import compiled

NAME = "planproof.schema"
SHARED = ("level", "levels", "severity", "enabled")
"""The keys that the section of every check may have."""

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "minLength": "text of at least {} characters",
    "maxLength": "text of at most {} characters",
    "minProperties": "a mapping of at least {} keys",
    "multipleOf": "a multiple of {}",
    "const": "{}",
}


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of a policy file."""
    loaded = json.loads(bundled.DATA[NAME])
    assert isinstance(loaded, dict)
    return loaded


def problems(document: Document, checks: Collection[str] = ()) -> list[tuple[KeyPath, str]]:
    """What the schema refuses in one file, as key path and sentence, in the file's order. `checks`: the sections of all checks;
    what those hold that the schema does not know is theirs to say, but for the keys that all have."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(_with_sections(checks), format_checker=_formats())
    found: dict[KeyPath, str] = {}
    for path, text in _sentences(validator.iter_errors(document.data), document):
        found.setdefault(path, text)
    return sorted(found.items(), key=lambda problem: (_line(document, problem[0]), str(problem[0])))


def _formats() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(("date", "regex"))
    checker.checks("planproof-pattern", raises=PatternError)(lambda text: not isinstance(text, str) or bool(compiled(text)))
    return checker


def _with_sections(keys: Collection[str]) -> Mapping[str, Any]:
    if schema()["properties"]["checks"]["properties"].keys() >= set(keys):
        return schema()
    shared = {name: {"$ref": f"#/$defs/{name}"} for name in SHARED}
    described: Any = json.loads(bundled.DATA[NAME])
    sections = described["properties"]["checks"]["properties"]
    sections.update({key: {"type": "object", "properties": shared} for key in keys if key not in sections})
    assert isinstance(described, dict)
    return described


def _line(document: Document, path: KeyPath) -> int:
    return int(document.place(path).rpartition(":")[2]) if document.lines else 0


def _sentences(errors: Any, document: Document) -> Iterator[tuple[KeyPath, str]]:
    for error in errors:
        path = tuple(error.absolute_path)
        where = named(path)
        if error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for key in sorted(error.instance.keys() - set(known)):
                yield (*path, key), _unknown_key(key, where, known)
        elif error.validator == "enum" and "propertyNames" in error.absolute_schema_path:
            yield (*path, error.instance), _unknown_key(error.instance, where, error.validator_value)
        elif error.validator == "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            yield path, f"{where} needs {', '.join(missing)}"
        elif error.validator == "dependentRequired":
            for key in sorted(error.validator_value.keys() & error.instance.keys()):
                missing = [name for name in error.validator_value[key] if name not in error.instance]
                if missing:
                    yield path, f"{where} has {key}, so it also needs {', '.join(missing)}"
        else:
            yield path, f"{where} {_demand(error)}{_hint(error, document.words.get(path))}"


def _demand(error: Any) -> str:
    """`has to be a whole number, and is "90"`."""
    value, demanded = quoted(error.instance), error.validator_value
    if error.validator == "type":
        return f"must be {_types(demanded)}, not {value}"
    if error.validator == "enum":
        return f"must be one of {', '.join(str(word) for word in demanded if word is not None)}, not {value}"
    if error.validator == "format" and demanded == "date":
        return f"must be an existing date such as 2030-01-31, not {value}"
    if isinstance(error.cause, PatternError):
        return f"must be a pattern, but {value} {error.cause}"
    if error.validator == "format":
        return f"must be a regular expression, but {value} cannot be read as one"
    if error.validator in ("anyOf", "oneOf"):
        return f"does not have one of the allowed forms: {_forms(error.schema)}"
    if error.validator in _BOUNDS:
        return f"must be {_BOUNDS[error.validator].format(demanded)}, not {value}"
    if error.validator == "uniqueItems":
        return "contains an entry twice"
    return f"is {value}, which does not match {error.validator} {quoted(demanded)}"


def _hint(error: Any, word: str | None) -> str:
    if error.validator == "type" and error.instance is None and error.validator_value in ("object", "array"):
        return "; indent its entries below it, or remove it"
    near = difflib.get_close_matches(str(error.instance), map(str, error.validator_value), 1) if error.validator == "enum" else []
    if near:
        return f"; did you mean {near[0]}?"
    if word is not None and word.lower() not in ("true", "false"):
        return f" (YAML converts the unquoted word {word}: put it in quotes)"
    return ""


def _unknown_key(key: str, where: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known keys are {', '.join(sorted(known)[:20])}" if known else ""
    own = (
        "; for a check of your own, provide its folder (--checks-from, PLANPROOF_CHECKS)"
        if where == "checks" and not near
        else ""
    )
    return f"unknown key {one_line(key)!r} in {where}{hint}{own}"


def _forms(part: Mapping[str, Any]) -> str:
    forms = part.get("anyOf", part.get("oneOf", ()))
    return " or ".join(str(form.get("title") or _types(form.get("type", "something else"))) for form in forms)


def _types(kinds: Any) -> str:
    return " or ".join(_TYPES.get(kind, str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds]))


# --- what no schema can say ------------------------------------------------------------------------------------------


def impossible(data: Mapping[str, Any], check_ids: Collection[str]) -> Iterator[tuple[KeyPath, str]]:
    """What is impossible in an effective policy though each value of it is well formed."""
    for key, section in (data.get("checks") or {}).items():
        fewest, most = section.get("retention_days"), section.get("max_days")
        if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
            yield (
                ("checks", key, "max_days"),
                f"checks.{key} cannot be met: retention_days ({fewest}) is greater than max_days ({most})",
            )
    yield from _unusable_demands(data)
    for number, exception in enumerate(data.get("exceptions") or ()):
        if exception["check"] not in check_ids:
            near = difflib.get_close_matches(exception["check"], check_ids, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield ("exceptions", number, "check"), f"exceptions.{number}: there is no check {exception['check']}{hint}"


def _unusable_demands(data: Any) -> Iterator[tuple[KeyPath, str]]:
    """What says nothing once all layers are merged, as each layer may hold a part of it: predicates, and demands without any."""
    pending: list[tuple[KeyPath, Any, Mapping[str, Any]]] = [((), data, schema())]
    while pending:
        path, value, part = pending.pop()
        if part.get("format") == "planproof-predicate" and value is not None:
            yield from unusable(value, path)
        elif isinstance(value, Mapping):
            if part.get("format") == "planproof-demand" and not value.get("must"):
                yield path, f"{named(path)} needs must: the requirements of the type"
            known, others = part.get("properties", {}), part.get("additionalProperties")
            below = [((*path, key), inner, resolved(known.get(key, others))) for key, inner in value.items()]
            pending += reversed(below)
        elif isinstance(value, list):
            pending += [((*path, number), inner, resolved(part.get("items"))) for number, inner in enumerate(value)][::-1]


def is_table(part: Mapping[str, Any]) -> bool:
    """Whether this part of the schema is a table: a mapping whose keys are the team's own."""
    return isinstance(part.get("additionalProperties"), Mapping)


def without_nulls(data: Any, part: Mapping[str, Any] | None = None) -> Any:
    """The data without the entries of tables that are null: that is how a policy takes out an entry of the one it extends."""
    part = schema() if part is None else part
    if not isinstance(data, Mapping):
        return data
    known, others = part.get("properties", {}), part.get("additionalProperties")
    kept = ((key, value) for key, value in data.items() if not (value is None and key not in known and is_table(part)))
    return {key: without_nulls(value, resolved(known.get(key, others))) for key, value in kept}


def resolved(part: Any) -> Mapping[str, Any]:
    """The part of the schema itself, where it stands elsewhere."""
    if isinstance(part, Mapping) and "$ref" in part:
        part = schema()["$defs"][part["$ref"].rpartition("/")[2]]
    return part if isinstance(part, Mapping) else {}


def named(path: KeyPath, whole: str = "the policy") -> str:
    """`checks.tagging.required`, or what the whole is called."""
    return one_line(".".join(map(str, path))) or whole


def quoted(value: Any) -> str:
    """A value for a message, never long."""
    text = one_line(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= 60 else text[:57] + "..."
