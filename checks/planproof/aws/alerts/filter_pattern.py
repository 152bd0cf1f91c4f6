"""The filter patterns of CloudWatch Logs: the language of metric filters and subscription filters.

    pattern = compile('{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }')
    pattern.matches(cloudtrail_record)

By what AWS documents, and where that is silent by what is known of it:
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html (1,024 characters)
- https://github.com/DataBiosphere/azul/issues/5884 (`!=` on a field that is missing does not match; seen at AWS)

There are four forms. `{ ... }` compares fields of a JSON event. `[ ... ]` compares the words of a line. `%...%` is a regular
expression over the line. Everything else is terms that the line must hold, any of which may be optional (`?`) or excluded (`-`).

A comparison holds for strings and numbers only: neither `=` nor `!=` matches a field that is missing, null, a boolean, an object
or a list. A string that is compared to may have `*` for any text, at whatever place. `[*]` and `.*` select every element or field,
and any one of them is enough. What the documentation leaves open is read as its author meant it, since AWS itself refuses a
wrong pattern while it is applied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NamedTuple

from planproof.aws.alerts.filter_regex import Regex
from planproof.errors import PatternError
from planproof.text.wildcards import matches as fits_wildcard

LONGEST = 1024
_MOST_REGEXES = 2
_COUNT = re.compile(r"(\d+)\}")
_MOST_WILDCARDS = 3

_GRAMMAR = r"""
json: "{" any_of "}"
?any_of: all_of ("||" all_of)*
?all_of: _condition ("&&" _condition)*
_condition: compare | is | not_exists | "(" any_of ")"

compare: selector OPERATOR _value
is: selector _IS (TRUE | FALSE | NULL)
not_exists: selector _NOT _EXISTS

selector: "$" _step+
_step: "." NAME | "." STAR | "."? "[" (INDEX | STAR | KEY) "]"

words: "[" word ("," word)* "]"
word: [name_only | ELLIPSIS | word_any]
name_only: WORD_NAME
?word_any: word_all ("||" word_all)*
?word_all: _word_condition ("&&" _word_condition)*
_word_condition: word_compare | "(" word_any ")"
word_compare: WORD_NAME OPERATOR _value

terms: (TERM | OPTIONAL_TERM | EXCLUDED_TERM)+
line_regex: REGEX

_value: TEXT | QUOTED | REGEX

OPERATOR: "!=" | "<=" | ">=" | "=" | "<" | ">"
_IS: /IS\b/i
_NOT: /NOT\b/i
_EXISTS: /EXISTS\b/i
TRUE: /TRUE\b/i
FALSE: /FALSE\b/i
NULL: /NULL\b/i
NAME: /[A-Za-z0-9_-]+/
STAR: "*"
INDEX: /[0-9]{1,9}/
KEY: /'[^']+'|"[^"]+"/
ELLIPSIS: "..."
WORD_NAME: /[A-Za-z_][A-Za-z0-9_-]*/
TEXT: /[A-Za-z0-9_.*:\/+-]+/
QUOTED: /"(?:\\.|[^"\\])*"/s
REGEX: /%[^%]*%/
TERM: /(?<!\S)(?:\w+|"(?:\\.|[^"\\])*")(?!\S)/s
OPTIONAL_TERM: /(?<!\S)\?(?:\w+|"(?:\\.|[^"\\])*")(?!\S)/s
EXCLUDED_TERM: /(?<!\S)-(?:\w+|"(?:\\.|[^"\\])*")(?!\S)/s

%ignore /\s+/
"""
# What is missing where a pattern of this form cannot be read.
_FORMS = {
    "json": "a JSON pattern is { $.field OPERATOR value }, conditions joined by && and ||; there is no EXISTS and no IS NOT",
    "words": "a space-delimited pattern is [name, name OPERATOR value, ...]",
    "line_regex": "a regular expression must stand alone, between two percent signs",
    "terms": 'a term with characters other than letters, digits and _ must be in double quotes ("...")',
}

Event = Mapping[str, Any] | str
Test = Callable[[Any], bool]


class FilterPattern(NamedTuple):
    """A compiled pattern. `form` is `everything`, `json`, `words`, `line_regex` or `terms`."""

    text: str
    form: str
    holds: Callable[[Event], bool]
    repeats: int = 0
    """What the counts of its regular expressions, {m,n}, add up to."""

    def matches(self, event: Event) -> bool:
        """Whether an event matches: a JSON document, which CloudTrail delivers as one line without blanks, or a line of text."""
        return self.holds(event)


def compile(text: str) -> FilterPattern:
    """The pattern. Raises PatternError for what AWS would refuse. Linear in the text, which has at most 1,024 characters."""
    if len(text) > LONGEST:
        raise PatternError(f"a filter pattern can have at most {LONGEST:,} characters, and this one has {len(text):,}")
    form = _form(text)
    if form == "everything":
        return FilterPattern(text, form, lambda _: True)
    tree = _parse(text, form)
    regexes = [str(token) for token in tree.scan_values(_is_regex)]
    if len(regexes) > _MOST_REGEXES:
        raise PatternError(f"a filter pattern can contain at most {_MOST_REGEXES} regular expressions")
    repeats = sum(int(count) for regex in regexes for count in _COUNT.findall(regex))
    return FilterPattern(text, form, _COMPILERS[form](tree), repeats)


def _form(text: str) -> str:
    start = text.strip()
    if not start:
        return "everything"
    return {"{": "json", "[": "words", "%": "line_regex"}.get(start[0], "terms")


def _parse(text: str, form: str) -> Any:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text, start=form)
    except UnexpectedInput as error:
        is_end = getattr(getattr(error, "token", None), "type", "") == "$END"
        place = "its end" if is_end or error.pos_in_stream is None else f"character {error.pos_in_stream + 1}"
        raise PatternError(f"the filter pattern is invalid at {place}: {_FORMS[form]}") from None


@cache
def _parser() -> Any:
    """Built once, and only where a plan has a filter: LALR with a lexer that knows what may come next, so linear."""
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", start=list(_FORMS), maybe_placeholders=False)


def _is_regex(token: Any) -> bool:
    return bool(token.type == "REGEX")


# ---- JSON


def _json(tree: Any) -> Callable[[Event], bool]:
    wildcards = [sum(1 for part in selector.children if part.type == "STAR") for selector in tree.find_data("selector")]
    if max(wildcards) > 1 or sum(wildcards) > _MOST_WILDCARDS:
        raise PatternError(f"a selector can contain one wildcard, and a filter pattern {_MOST_WILDCARDS}")
    holds = _logic(tree.children[0], _condition)

    def matches(event: Event) -> bool:
        document = _document(event)
        return document is not None and holds(document)

    return matches


def _logic(tree: Any, leaf: Callable[[Any], Test]) -> Test:
    """A tree of any_of and all_of over conditions, as one test."""
    if tree.data not in _JOINS:
        return leaf(tree)
    join, tests = _JOINS[tree.data], [_logic(child, leaf) for child in tree.children]
    return lambda subject: join(test(subject) for test in tests)


_JOINS: dict[str, Callable[[Iterator[bool]], bool]] = {"any_of": any, "all_of": all, "word_any": any, "word_all": all}


def _condition(tree: Any) -> Test:
    path = tuple(_step(token) for token in tree.children[0].children)
    if tree.data == "not_exists":
        return lambda document: next(_select(document, path), None) is None
    if tree.data == "is":
        wanted = {"TRUE": True, "FALSE": False, "NULL": None}[tree.children[1].type]
        return lambda document: any(found is wanted for (found,) in _select(document, path))
    compares = _comparison(*tree.children[1:])
    return lambda document: any(compares(found) for (found,) in _select(document, path))


def _step(token: Any) -> str | int | None:
    """A field's name, an element's index, or None for all of them."""
    if token.type == "STAR":
        return None
    if token.type == "INDEX":
        return int(token)
    return str(token[1:-1]) if token.type == "KEY" else str(token)


def _select(value: Any, path: tuple[str | int | None, ...]) -> Iterator[tuple[Any]]:
    """What a selector finds, each in a tuple of its own, as it may be null."""
    if not path:
        yield (value,)
        return
    step, rest = path[0], path[1:]
    if step is None:
        below = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        for each in below:
            yield from _select(each, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _select(value[step], rest)
    elif isinstance(value, Mapping) and step in value:
        yield from _select(value[step], rest)


def _document(event: Event) -> Any:
    """The event as JSON; None where it is a line of text that is none."""
    if not isinstance(event, str):
        return event
    try:
        return json.loads(event)
    except (ValueError, RecursionError):
        return None


# ---- comparisons


def _comparison(operator: Any, token: Any) -> Test:
    """`operator` and what follows it, as a test of a field's value."""
    if token.type == "REGEX":
        if operator not in ("=", "!="):
            raise PatternError("a regular expression works only with = and !=")
        regex = Regex(str(token[1:-1]))
        return lambda value: (text := _text(value)) is not None and regex.search(text) is (operator == "=")
    wanted = _unquoted(token) if token.type == "QUOTED" else str(token)
    number = _number(wanted)
    if operator in _ORDERS:
        if number is None or token.type == "QUOTED":
            raise PatternError(f"{operator} needs a number")
        return _ordered(_ORDERS[str(operator)], number)
    return lambda value: (text := _text(value)) is not None and _equal(value, text, wanted, number) is (operator == "=")


def _equal(value: Any, text: str, wanted: str, number: Decimal | None) -> bool:
    if fits_wildcard(wanted, text):
        return True
    return number is not None and not isinstance(value, str) and _number(text) == number


def _ordered(order: Callable[[Decimal, Decimal], bool], number: Decimal) -> Test:
    def compares(value: Any) -> bool:
        text = _text(value)
        found = _number(text) if text is not None else None
        return found is not None and order(found, number)

    return compares


_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _text(value: Any) -> str | None:
    """A string or a number as text; None for what cannot be compared."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _unquoted(token: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", token[1:-1])


# ---- lines: terms, words, a regular expression


def _line(event: Event) -> str:
    return event if isinstance(event, str) else json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _terms(tree: Any) -> Callable[[Event], bool]:
    """All terms must be there, no excluded one, and any one of the optional terms where there are no others."""
    kinds: dict[str, list[str]] = {"TERM": [], "OPTIONAL_TERM": [], "EXCLUDED_TERM": []}
    for token in tree.children:
        term = str(token) if token.type == "TERM" else str(token[1:])
        kinds[token.type].append(_unquoted(term) if term.startswith('"') else term)
    # A blank in quotes matches everything, as AWS says, and not only lines with a blank.
    required, excluded = [term.strip() and term for term in kinds["TERM"]], kinds["EXCLUDED_TERM"]
    optional = kinds["OPTIONAL_TERM"] if not required and not excluded else []

    def matches(event: Event) -> bool:
        line = _line(event)
        if any(term not in line for term in required) or any(term in line for term in excluded):
            return False
        return not optional or any(term in line for term in optional)

    return matches


def _line_regex(tree: Any) -> Callable[[Event], bool]:
    regex = Regex(str(tree.children[0][1:-1]))
    return lambda event: regex.search(_line(event))


def _words(tree: Any) -> Callable[[Event], bool]:
    """Each entry is a word of the line, the last one takes what is left, and `...` stands for any number of words."""
    entries = [entry.children[0] if entry.children else None for entry in tree.children]
    if entries == [None]:
        return lambda _: True
    gaps = [at for at, entry in enumerate(entries) if getattr(entry, "type", "") == "ELLIPSIS"]
    if len(gaps) > 1:
        raise PatternError("a space-delimited pattern can contain one ellipsis (...)")
    names: list[str] = []
    tests = [_word(entry, names) for entry in entries]
    if len(set(names)) < len(names):
        raise PatternError("a space-delimited pattern names a field twice")
    gap = gaps[0] if gaps else None
    return lambda event: _words_fit(tests, gap, _line(event))


def _words_fit(tests: list[Test], gap: int | None, line: str) -> bool:
    words = _split(line)
    if gap is None:
        if len(words) < len(tests):
            return False
        if len(words) > len(tests):
            last = len(tests) - 1
            words[last:] = [(line[words[last][1] :].rstrip(), 0)]
        return all(test(word) for test, (word, _) in zip(tests, words, strict=True))
    before, after = tests[:gap], tests[gap + 1 :]
    if len(words) < len(before) + len(after):
        return False
    return all(test(word) for test, (word, _) in zip(before, words, strict=False)) and all(
        test(word) for test, (word, _) in zip(reversed(after), reversed(words), strict=False)
    )


def _word(entry: Any, names: list[str]) -> Test:
    """The test of one entry; its name is added to `names`."""
    if entry is None or getattr(entry, "type", "") == "ELLIPSIS":
        return lambda _: True
    if entry.data == "name_only":
        names.append(str(entry.children[0]))
        return lambda _: True
    found = {str(compare.children[0]) for compare in entry.find_data("word_compare")}
    if len(found) > 1:
        raise PatternError("the conditions of one field of a space-delimited pattern name different fields")
    names.extend(found)
    return _logic(entry, lambda compare: _comparison(*compare.children[1:]))


_FIELD = re.compile(r'\[(?P<brackets>[^\]]*)\](?=\s|$)|"(?P<quotes>[^"]*)"(?=\s|$)|(?P<plain>(?:"[^"]*"|\S)+)')


def _split(line: str) -> list[tuple[str, int]]:
    """The words of a line and where each begins. What stands in brackets or double quotes is one word."""
    return [
        (next(text for text in field.group("brackets", "quotes", "plain") if text is not None), field.start())
        for field in _FIELD.finditer(line)
    ]


_COMPILERS: dict[str, Callable[[Any], Callable[[Event], bool]]] = {
    "json": _json,
    "words": _words,
    "line_regex": _line_regex,
    "terms": _terms,
}
