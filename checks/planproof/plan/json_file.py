"""Plan JSON as a file: read in whatever encoding and wrapping CI gives it; whatever else is taken for a plan is refused by what it is."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

from planproof.errors import PlanError

Json = Any

NEWEST_MAJOR = 1
MAX_BYTES = 2**30
"""More than half a million resources, and less than a device without an end gives."""
_PIECE = 2**20
MAKE_JSON = "terraform plan -out tfplan && terraform show -json tfplan > plan.json"
_HCL = re.compile(r"^\s*(?:resource|data|module|variable|output|provider|terraform|locals)\b[^\n{=:]*\{", re.MULTILINE)
_JSON_START = re.compile(r"^\{", re.MULTILINE)
_BEHIND = re.compile(r"\s*\{")
_STARTS_TRIED = 20
_OF_A_PLAN = frozenset({"format_version", "planned_values", "resource_changes"})
_LOOKS_LIKE_A_PLAN = re.compile(r'^\{\s*"|"(?:format_version|planned_values|resource_changes)"', re.MULTILINE)


class Document(NamedTuple):
    """The JSON object of one plan, what messages call it, and warnings about what stood around it."""

    data: Mapping[str, Json]
    name: str
    warnings: tuple[str, ...] = ()


def documents(content: bytes | str, name: str) -> list[Document]:
    """The JSON objects in `content` that may be plans: one, or several one after the other, `plan.json#1`, `plan.json#2` and so on.

    Raises PlanError.
    """
    if isinstance(content, bytes) and content.startswith(b"PK\x03\x04"):
        raise PlanError(f"{name} is a saved plan (binary); convert it to JSON: terraform show -json {_base(name)} > plan.json")
    try:
        return [Document(_expect_object(_loads(content), name), name)]
    except (ValueError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise _too_deep(name) from None
    return _in_stream(_decode(content, name), name)


def documents_of(source: str | os.PathLike[str] | IO[bytes] | IO[str], name: str | None = None) -> list[Document]:
    """The documents in a file or a stream; `name` is what messages call it. Raises PlanError."""
    if isinstance(source, (str, os.PathLike)):
        name = name or os.fspath(source)
        return documents(read_file(source, name), name)
    name = name or str(getattr(source, "name", "standard input"))
    return documents(read_stream(source, name), name)


def _too_deep(name: str) -> PlanError:
    return PlanError(f"{name}: too deeply nested for a plan")


def _loads(content: bytes | str) -> Json:
    try:
        import orjson
    except ImportError:
        return json.loads(content)
    return orjson.loads(content)


def _in_stream(text: str, name: str) -> list[Document]:
    """Plan JSON in another encoding, with lines of a CI wrapper around it, or several plans (`terragrunt run-all show -json`, `>>`)."""
    if not text.strip():
        raise PlanError(f"{name} is empty; create the plan again: {MAKE_JSON}")
    objects, around, problem = _objects(text, name)
    plans = [found for found in objects if not _OF_A_PLAN.isdisjoint(found)] or objects[:1]
    if not plans:
        raise PlanError(_not_json(text, name, problem))
    if _LOOKS_LIKE_A_PLAN.search(around):
        raise PlanError(
            f"{name} contains a part of a plan that is not valid JSON (it is cut off, or follows other text on its line); "
            f"create it again: {MAKE_JSON}"
        )
    lines = len(around.splitlines()) + len(objects) - len(plans)
    warnings = (f"{name}: skipped {lines} line{'s' * (lines != 1)} around the plan's JSON",) if lines else ()
    if len(plans) == 1:
        return [Document(plans[0], name, warnings)]
    return [Document(data, f"{name}#{n}", warnings if n == 1 else ()) for n, data in enumerate(plans, 1)]


def _objects(text: str, name: str) -> tuple[list[Mapping[str, Json]], str, ValueError | None]:
    """The JSON objects that begin a line or follow another, the lines around them, and what was wrong with the first that cannot be read."""
    decoder = json.JSONDecoder()
    found: list[Mapping[str, Json]] = []
    around: list[str] = []
    problem: ValueError | None = None
    end, position, tried = 0, 0, 0
    while tried < _STARTS_TRIED and (start := _next_start(text, position, end)) is not None:
        try:
            data, stop = decoder.raw_decode(text, start)
        except RecursionError:
            raise _too_deep(name) from None
        except ValueError as error:
            problem, position, tried = problem or error, start + 1, tried + 1
            continue
        around.append(text[end:start].strip())
        found.append(data)
        end = position = stop
    around.append(text[end:].strip())
    return found, "\n".join(filter(None, around)), problem


def _next_start(text: str, position: int, end: int) -> int | None:
    """Where the next object may begin: directly behind the last one, or in a line of its own."""
    behind = _BEHIND.match(text, end) if 0 < end == position else None
    found = behind or _JSON_START.search(text, position)
    return found.end() - 1 if found else None


def _not_json(text: str, name: str, problem: Exception | None) -> str:
    if isinstance(problem, json.JSONDecodeError):
        if problem.pos >= len(text.rstrip()) - 1 or "Unterminated string" in problem.msg:
            return (
                f"{name} is truncated: its JSON ends unexpectedly at line {text.count(chr(10)) + 1}; create it again: {MAKE_JSON}"
            )
        return f"{name} is not valid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}; create it again: {MAKE_JSON}"
    if _HCL.search(text):
        return f"{name} is Terraform configuration (HCL), not a plan; create a plan in its folder: {MAKE_JSON}"
    if "Terraform will perform" in text or "OpenTofu will perform" in text or "No changes." in text:
        return f"{name} is a plan in human-readable text; convert it to JSON: {MAKE_JSON}"
    return f"{name} is not JSON; create a plan: {MAKE_JSON}"


def _decode(content: bytes | str, name: str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        text = content.decode(_encoding(content))
        strange = text.find("\0")  # UTF-16 behind UTF-8 can be read as UTF-8
    except UnicodeDecodeError as error:
        strange = error.start
    if strange >= 0:
        raise PlanError(f"{name} is not text in UTF-8 or UTF-16 (byte {strange}); create it again: {MAKE_JSON}")
    return text


def _encoding(content: bytes) -> str:
    """By the byte order mark; without one, text with a zero in every second byte is UTF-16."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content[:64].count(0) * 3 <= len(content[:64]):
        return "utf-8"
    return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"


def _expect_object(document: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(document, dict):
        raise PlanError(f"{name} holds a JSON {type(document).__name__}, not a plan; create one: {MAKE_JSON}")
    return document


def read_file(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
                return file.read() if status.st_size else b""  # what a system shows as a file may keep a reader waiting
            found: bytes = read_stream(file, name)
            return found
    except FileNotFoundError:
        if os.path.islink(path):
            raise PlanError(f"{name} is a broken link; create the plan: {MAKE_JSON}") from None
        raise PlanError(f"{name} does not exist; create a plan: {MAKE_JSON}") from None
    except IsADirectoryError:
        raise PlanError(f"{name} is a folder; provide the plan's JSON file") from None
    except OSError as error:
        raise PlanError(f"{name} cannot be read: {error.strerror or error}") from None


def read_stream(stream: IO[Any], name: str) -> Any:
    """All that a pipe or the like gives, bytes or text. Raises PlanError where that is more than MAX_BYTES."""
    pieces = []
    size = 0
    while piece := stream.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES:
            raise PlanError(f"{name} is larger than the limit for plans ({MAX_BYTES // 2**30} GiB)")
    return piece[:0].join(pieces)


def is_json(path: str) -> bool:
    """Whether a file is one JSON value, whole."""
    try:
        content = read_file(path, path)
        _loads(content if content.startswith(b"{") else _decode(content, path))
    except (PlanError, ValueError, RecursionError):
        return False
    return True


def refuse_other_documents(document: Mapping[str, Json], name: str) -> None:
    """Each kind of file that is taken for a plan gets its own sentence."""
    if "provider_schemas" in document:
        raise PlanError(f"{name} is a provider schema (`terraform providers schema -json`), not a plan; create one: {MAKE_JSON}")
    if "@message" in document or "@level" in document:
        raise PlanError(f"{name} is the streaming log of `terraform plan -json`, not a plan; create one: {MAKE_JSON}")
    if "planned_values" not in document and ("values" in document or {"lineage", "serial"} & document.keys()):
        raise PlanError(f"{name} is a state, not a plan; create a plan: {MAKE_JSON}")
    version = document.get("format_version")
    major = str(version or "").split(".")[0]
    if major.isdigit() and int(major) > NEWEST_MAJOR:
        raise PlanError(
            f"{name} has plan format {version}, newer than this planproof reads (up to {NEWEST_MAJOR}.x); update planproof"
        )
    if not major.isdigit() or not isinstance(document.get("planned_values"), dict):
        what = "format_version" if not major.isdigit() else "planned_values"
        raise PlanError(f"{name} is JSON but not a Terraform plan (it has no {what}); create one: {MAKE_JSON}")
    if document.get("errored") not in (None, False):
        raise PlanError(
            f"{name}: the plan ended with an error and is incomplete; fix the configuration and plan again: {MAKE_JSON}"
        )


def _base(name: str) -> str:
    return os.path.basename(name) or name
