"""String functions that take no format and no pattern: https://developer.hashicorp.com/terraform/language/functions/chomp and others."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from planproof.functions.values import FunctionError, Json, NotComputable, bounded, mapping, normal, text, texts, whole

_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
# Ranges none of whose characters joins the one before it: Latin, Greek, Cyrillic, punctuation, signs, Chinese, Japanese, Hangul.
_ALONE = (
    (0x0, 0x2FF),
    (0x370, 0x482),
    (0x48A, 0x52F),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x20A0, 0x20BF),
    (0x2190, 0x23FF),
    (0x2500, 0x26FF),
    (0x3041, 0x3096),
    (0x30A0, 0x30FF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
)


def clusters(value: str) -> list[str]:
    """What a person takes for the characters of a text. Raises NotComputable where that needs more than a look at each."""
    if not value.isascii() and not all(any(low <= ord(c) <= high for low, high in _ALONE) for c in value):
        raise NotComputable("a string holds characters that may combine")
    if "\r\n" not in value:
        return list(value)
    found: list[str] = []
    for character in value:
        if character == "\n" and found and found[-1] == "\r":
            found[-1] = "\r\n"
        else:
            found.append(character)
    return found


def chomp(string: Json) -> Json:
    return text(string).rstrip("\r\n")


def endswith(string: Json, suffix: Json) -> Json:
    return text(string).endswith(text(suffix))


def startswith(string: Json, prefix: Json) -> Json:
    return text(string).startswith(text(prefix))


def strcontains(string: Json, substring: Json) -> Json:
    return text(substring) in text(string)


def indent(spaces: Json, string: Json) -> Json:
    width, lines = whole(spaces), text(string)
    if width < 0:
        raise FunctionError("the number of spaces is negative")
    bounded(len(lines) + lines.count("\n") * width)
    bounded(width)
    return lines.replace("\n", "\n" + " " * width)


def join(separator: Json, *lists: Json) -> Json:
    between = text(separator)
    if not lists:
        raise FunctionError("at least one list is required")
    parts = [part for strings in lists for part in texts(strings)]
    if None in parts:
        raise FunctionError("an element is null")
    known = [part for part in parts if part is not None]
    bounded(sum(map(len, known)) + len(between) * len(known))
    return between.join(known)


def lower(string: Json) -> Json:
    return _by_character(text(string), str.lower)


def upper(string: Json) -> Json:
    return _by_character(text(string), str.upper)


def title(string: Json) -> Json:
    """Each letter after a separator as a capital."""
    before, found = " ", []
    for character in text(string):
        found.append(_by_character(character, str.title) if _separates(before) else character)
        before = character
    return "".join(found)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    category = unicodedata.category(character)
    return character in _SPACES and not (category.startswith("L") or category == "Nd")


def _by_character(value: str, change: Callable[[str], str]) -> str:
    """Character by character, each to one: Terraform has no ß that becomes SS."""
    return change(value) if value.isascii() else "".join(_changed(character, change) for character in value)


def _changed(character: str, change: Callable[[str], str]) -> str:
    found = change(character)
    if len(found) == 1:
        return found
    if character == "\u0130" and change is str.lower:
        return "i"
    if ord(character) < 0x250:
        return character
    raise NotComputable("a string holds letters whose case is not known here")


def replace_plain(string: str, substring: str, replacement: str) -> str:
    """Each place of the substring replaced."""
    bounded(len(string) + (string.count(substring)) * len(replacement))
    return string.replace(substring, replacement)


def split(separator: Json, string: Json) -> Json:
    between, whole_text = text(separator), text(string)
    return [normal(part) for part in (whole_text.split(between) if between else whole_text)]


def strrev(string: Json) -> Json:
    return "".join(reversed(clusters(text(string))))


def substr(string: Json, offset: Json, length: Json) -> Json:
    """Terraform takes a length of 0 with a negative offset for no limit."""
    characters, start, most = clusters(text(string)), whole(offset), whole(length)
    if start >= 0 and most == 0:
        return ""
    if start < 0:
        start = max(0, start + len(characters))
    return "".join(characters[start:] if most <= 0 else characters[start : start + most])


def trim(string: Json, characters: Json) -> Json:
    value, cutset = text(string), text(characters)
    return value.strip(cutset) if cutset else value


def trimprefix(string: Json, prefix: Json) -> Json:
    return text(string).removeprefix(text(prefix))


def trimsuffix(string: Json, suffix: Json) -> Json:
    return text(string).removesuffix(text(suffix))


def trimspace(string: Json) -> Json:
    return text(string).strip(_SPACES)


def transpose(values: Json) -> Json:
    """A map of lists of strings, turned over."""
    found: dict[str, list[str]] = {}
    for name, strings in sorted(mapping(values).items()):
        for value in texts(strings):
            if value is None:
                raise FunctionError("an element is null")
            found.setdefault(value, []).append(name)
    return found
