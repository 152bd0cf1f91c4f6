"""Plan JSON as a file: read in whatever encoding and wrapping CI gives it; whatever else is taken for a plan is refused by what it is."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from typing import IO, Any

from planproof.errors import PlanError

Json = Any

NEWEST_MAJOR = 1
MAX_BYTES = 2**30
"""More than half a million resources, and less than a device without an end gives."""
_PIECE = 2**20
MAKE_JSON = "terraform plan -out tfplan && terraform show -json tfplan > plan.json"
_HCL = re.compile(r"^\s*(?:resource|data|module|variable|output|provider|terraform|locals)\b[^\n{=:]*\{", re.MULTILINE)
_JSON_START = re.compile(r"^\{", re.MULTILINE)
_STARTS_TRIED = 20


def parse(content: bytes | str, name: str) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    """The JSON object in `content`, and warnings about what stood around it. Raises PlanError."""
    if isinstance(content, bytes) and content.startswith(b"PK\x03\x04"):
        raise PlanError(f"{name} is a saved plan (binary); write it as JSON: terraform show -json {_base(name)} > plan.json")
    try:
        return _expect_object(_loads(content), name), ()
    except (ValueError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise PlanError(f"{name}: nested too deeply to be a plan") from None
    return _parse_wrapped(_decode(content, name), name)


def _loads(content: bytes | str) -> Json:
    try:
        import orjson
    except ImportError:
        return json.loads(content)
    return orjson.loads(content)


def _parse_wrapped(text: str, name: str) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    """Plan JSON in another encoding, or with lines of a CI wrapper before or after it."""
    if not text.strip():
        raise PlanError(f"{name} is empty; make the plan again: {MAKE_JSON}")
    whole, problem = None, None
    for match, _ in zip(_JSON_START.finditer(text), range(_STARTS_TRIED), strict=False):
        try:
            document, end = json.JSONDecoder().raw_decode(text, match.start())
        except RecursionError:
            raise PlanError(f"{name}: nested too deeply to be a plan") from None
        except ValueError as error:
            problem = problem or error
            continue
        if isinstance(document, dict) and ("@message" in document or "@level" in document):
            raise PlanError(f"{name} is the streaming log of `terraform plan -json`, not a plan; make one: {MAKE_JSON}")
        if whole is None or "format_version" in document:
            whole = (document, match.start(), end)
        if "format_version" in document:
            break
    if whole is None:
        raise PlanError(_not_json(text, name, problem))
    document, start, end = whole
    around = len((text[:start] + text[end:]).strip().splitlines())
    warnings = (f"{name}: passed over {around} line{'s' * (around != 1)} around the plan's JSON",) if around else ()
    return _expect_object(document, name), warnings


def _not_json(text: str, name: str, problem: Exception | None) -> str:
    if isinstance(problem, json.JSONDecodeError):
        if problem.pos >= len(text.rstrip()) - 1 or "Unterminated string" in problem.msg:
            return (
                f"{name} is truncated: its JSON ends in the middle, at line {text.count(chr(10)) + 1}; make it again: {MAKE_JSON}"
            )
        return f"{name} is not valid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}; make it again: {MAKE_JSON}"
    if _HCL.search(text):
        return f"{name} is Terraform configuration (HCL), not a plan; make one in its folder: {MAKE_JSON}"
    if "Terraform will perform" in text or "OpenTofu will perform" in text or "No changes." in text:
        return f"{name} is the plan as text for people; write it as JSON: {MAKE_JSON}"
    return f"{name} is not JSON; a plan is made with: {MAKE_JSON}"


def _decode(content: bytes | str, name: str) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        raise PlanError(f"{name} is not text in UTF-8 or UTF-16 (byte {error.start}); make it again: {MAKE_JSON}") from None


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
        raise PlanError(f"{name} holds a JSON {type(document).__name__}, not a plan; make one: {MAKE_JSON}")
    return document


def read_file(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
                return file.read()
            found: bytes = read_stream(file, name)
            return found
    except FileNotFoundError:
        raise PlanError(f"{name} does not exist; make a plan: {MAKE_JSON}") from None
    except IsADirectoryError:
        raise PlanError(f"{name} is a folder; give the plan's JSON file") from None
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
            raise PlanError(f"{name} is larger than a plan can be ({MAX_BYTES // 2**30} GiB)")
    return piece[:0].join(pieces)


def refuse_other_documents(document: Mapping[str, Json], name: str) -> None:
    """Each kind of file that is taken for a plan gets its own sentence."""
    if "provider_schemas" in document:
        raise PlanError(f"{name} is a provider schema (`terraform providers schema -json`), not a plan; make one: {MAKE_JSON}")
    if "@message" in document or "@level" in document:
        raise PlanError(f"{name} is the streaming log of `terraform plan -json`, not a plan; make one: {MAKE_JSON}")
    if "planned_values" not in document and ("values" in document or {"lineage", "serial"} & document.keys()):
        raise PlanError(f"{name} is a state, not a plan; make a plan: {MAKE_JSON}")
    version = document.get("format_version")
    major = str(version or "").split(".")[0]
    if major.isdigit() and int(major) > NEWEST_MAJOR:
        raise PlanError(
            f"{name} has plan format {version}, newer than this planproof reads (up to {NEWEST_MAJOR}.x); update planproof"
        )
    if not major.isdigit() or not isinstance(document.get("planned_values"), dict):
        what = "format_version" if not major.isdigit() else "planned_values"
        raise PlanError(f"{name} is JSON but not a Terraform plan (it has no {what}); make one: {MAKE_JSON}")
    if document.get("errored") not in (None, False):
        raise PlanError(
            f"{name}: the plan ended in an error and is only a part; fix the configuration and plan again: {MAKE_JSON}"
        )


def _base(name: str) -> str:
    return os.path.basename(name) or name
