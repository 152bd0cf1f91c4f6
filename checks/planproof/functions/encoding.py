"""Base64, URLs, CSV, hashes and paths: https://developer.hashicorp.com/terraform/language/functions/base64decode and others."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
import urllib.parse
import uuid

from planproof.functions.values import FunctionError, Json, NotComputable, bounded, normal, text

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UUID = re.compile(r"(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_NAMESPACES = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500}
_CHARACTER_SETS = {"utf-8": "utf-8", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "iso-8859-1": "latin-1"}
_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",\n]*))(?P<end>,|\n|\Z)')


def base64encode(string: Json) -> Json:
    return base64.b64encode(text(string).encode()).decode()


def base64decode(string: Json) -> Json:
    return _decoded(_bytes(text(string)), "utf-8")


def textencodebase64(string: Json, encoding: Json) -> Json:
    value, name = text(string), _character_set(encoding)
    try:
        return base64.b64encode(value.encode(name)).decode()
    except UnicodeEncodeError:
        raise FunctionError("a character cannot be written in that encoding") from None


def textdecodebase64(string: Json, encoding: Json) -> Json:
    source, name = text(string), _character_set(encoding)
    found = _decoded(_bytes(source), name)
    if "\ufffd" in found:
        raise FunctionError("the bytes are not text in that encoding")
    return found


def _character_set(name: Json) -> str:
    found = _CHARACTER_SETS.get(text(name).lower())
    if found is None:
        raise NotComputable("an encoding is not known here")
    return found


def _bytes(source: str) -> bytes:
    plain = source.replace("\r", "").replace("\n", "")
    if not _BASE64.fullmatch(plain):
        raise FunctionError("the text is not Base64")
    return base64.b64decode(plain)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return normal(content.decode(encoding))
    except UnicodeDecodeError:
        raise FunctionError("the bytes are not text in that encoding") from None


def urlencode(string: Json) -> Json:
    return urllib.parse.quote_plus(text(string), safe="")


def csvdecode(string: Json) -> Json:
    """A list of objects, whose names the first line gives."""
    rows = _rows(text(string).replace("\r\n", "\n").removesuffix("\r"))
    if not rows:
        raise FunctionError("the text has no line with names")
    names = [normal(name) for name in rows[0]]
    if len(set(names)) < len(names):
        raise FunctionError("two columns have one name")
    if any(len(row) != len(names) for row in rows):
        raise FunctionError("a line has more or fewer fields than the first")
    bounded(len(rows) * len(names), 100_000)
    return [dict(zip(names, map(normal, row), strict=True)) for row in rows[1:]]


def _rows(source: str) -> list[list[str]]:
    rows: list[list[str]] = []
    row: list[str] = []
    at = 0
    while at < len(source) or row:
        if not row and source[at] == "\n":
            at += 1
            continue
        match = _FIELD.match(source, at)
        if not match:
            raise FunctionError("the text is not CSV")
        row.append(match["plain"] if match["quoted"] is None else match["quoted"].replace('""', '"'))
        at = match.end()
        if match["end"] != ",":
            rows.append(row)
            row = []
    return rows


# --- hashes ---


def md5(string: Json) -> Json:
    return hashlib.md5(text(string).encode(), usedforsecurity=False).hexdigest()


def sha1(string: Json) -> Json:
    return hashlib.sha1(text(string).encode(), usedforsecurity=False).hexdigest()


def sha256(string: Json) -> Json:
    return hashlib.sha256(text(string).encode()).hexdigest()


def sha512(string: Json) -> Json:
    return hashlib.sha512(text(string).encode()).hexdigest()


def base64sha256(string: Json) -> Json:
    return base64.b64encode(hashlib.sha256(text(string).encode()).digest()).decode()


def base64sha512(string: Json) -> Json:
    return base64.b64encode(hashlib.sha512(text(string).encode()).digest()).decode()


def uuidv5(namespace: Json, name: Json) -> Json:
    space, value = text(namespace), text(name)
    if space in _NAMESPACES:
        return str(uuid.uuid5(_NAMESPACES[space], value))
    if len(space) == 38:
        raise NotComputable("a UUID is written in a way that is not read here")
    if not _UUID.fullmatch(space):
        raise FunctionError("the namespace is not a UUID")
    return str(uuid.uuid5(uuid.UUID(space[-36:] if "-" in space else space), value))


# --- paths, of a system whose separator is the slash ---


def basename(path: Json) -> Json:
    value = text(path)
    return value.rstrip("/").rpartition("/")[2] or ("/" if value else ".")


def dirname(path: Json) -> Json:
    value = text(path)
    found = posixpath.normpath(value[: value.rfind("/") + 1] or ".")
    return "/" + found.lstrip("/") if found.startswith("//") else found


def pathexpand(path: Json) -> Json:
    value = text(path)
    if value.startswith("~"):
        raise NotComputable("the home folder is that of the machine that runs Terraform")
    return value
