"""The filter patterns of CloudWatch Logs, by the tables of what AWS documents: pattern, event, and whether it matches."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.aws.alerts import filter_regex as cloudwatch_regex
from planproof.aws.alerts.filter_pattern import compile
from planproof.aws.alerts.filter_regex import Regex
from planproof.aws.alerts.sample_records import samples
from planproof.errors import PatternError

DENIED = {sample.name for sample in samples("logs") if sample.access == "denied"}
DENIED_ELSEWHERE = {sample.name for sample in samples("logs") if sample.access == "elsewhere" and "errorCode" in sample.record}

EVENT: dict[str, Any] = {
    "kind": "RotateKey",
    "origin": "10.20.30.40",
    "tags": ["first", "second"],
    "parts": [{"label": "x", "size": 7}, {"label": "y", "size": 8}],
    "nothing": None,
    "flag": True,
    "off": False,
    "flag text": "true",
    "dotted.name": "d",
    "grid": [[0, 1], [2, 3]],
    "owner": {"id": 5, "mail": "a.b@example.org"},
    "size": 404,
    "ratio": 0.001,
    "account": "111122223333",
    "quote": 'say "hi"',
}

JSON = [
    # strings
    ('{ $.kind = "RotateKey" }', True),
    ("{ $.kind = RotateKey }", True),
    ("{$.kind=RotateKey}", True),
    ("\n{ $.kind\t= RotateKey }\n", True),
    ('{ $.kind = "rotatekey" }', False),
    ('{ $.kind != "RotateKey" }', False),
    ("{ $.kind != DeleteKey }", True),
    ("{ $.origin != 10.20.* }", False),
    ("{ $.origin != 10.99.* }", True),
    ("{ $.kind = Rotate* }", True),
    ("{ $.kind = *Key }", True),
    ('{ $.kind = "*tate*" }', True),
    ('{ $.kind = "R*Key" }', True),
    ("{ $.kind = * }", True),
    ('{ $.kind = "Key" }', False),
    ("{ $.account = 111122223333 }", True),
    ('{ $.quote = "say \\"hi\\"" }', True),
    ('{ $.origin = "10.20.30.4?" }', False),
    # selectors
    ('{ $.tags[0] = "first" }', True),
    ('{ $.tags[1] = "first" }', False),
    ('{ $.tags[9] = "first" }', False),
    ("{ $.parts[1].size = 8 }", True),
    ("{ $.grid[1][0] = 2 }", True),
    ("{ $.owner.id = 5 }", True),
    ("{ $.kind[0] = R }", False),
    ("{ $.['dotted.name'] = \"d\" }", True),
    ("{ $['dotted.name'] = \"d\" }", True),
    ('{ $.["flag text"] = "true" }', True),
    ("{ $.dotted.name = d }", False),
    ('{ $.tags[*] = "second" }', True),
    ('{ $.tags[*] = "third" }', False),
    ('{ $.tags[*] != "first" }', True),
    ("{ $.parts[*].size = 8 }", True),
    ("{ $.* = RotateKey }", True),
    ("{ $.owner.* = 5 }", True),
    # a selector that finds a list or an object finds nothing to compare
    ("{ $.tags = first }", False),
    ("{ $.tags != first }", False),
    ("{ $.owner != first }", False),
    # so does one that finds nothing, null or a boolean
    ("{ $.missing = x }", False),
    ("{ $.missing != x }", False),
    ("{ $.missing = * }", False),
    ("{ $.owner.missing.deep != x }", False),
    ("{ $.nothing = * }", False),
    ("{ $.nothing != x }", False),
    ("{ $.flag = true }", False),
    ("{ $.flag != false }", False),
    # numbers
    ("{ $.size = 404 }", True),
    ("{ $.size = 404.0 }", True),
    ("{ $.size = +404 }", True),
    ("{ $.size = 4.04e2 }", True),
    ("{ $.size = 4.04e+2 }", True),
    ("{ $.size = 4* }", True),
    ('{ $.size = "404" }', True),
    ("{ $.size != 404 }", False),
    ("{ $.size != 500 }", True),
    ("{ $.size > 403 }", True),
    ("{ $.size > 404 }", False),
    ("{ $.size >= 404 }", True),
    ("{ $.size < 404.5 }", True),
    ("{ $.size <= 404 }", True),
    ("{ $.size < 404 }", False),
    ("{ $.size > -1 }", True),
    ("{ $.ratio = 1e-3 }", True),
    ("{ $.ratio < .01 }", True),
    ("{ $.kind > 1 }", False),
    ("{ $.missing < 1 }", False),
    ("{ $.flag > 0 }", False),
    # IS and NOT EXISTS
    ("{ $.nothing IS NULL }", True),
    ("{ $.kind IS NULL }", False),
    ("{ $.missing IS NULL }", False),
    ("{ $.flag IS TRUE }", True),
    ("{ $.off IS TRUE }", False),
    ("{ $.off IS FALSE }", True),
    ("{ $.kind IS TRUE }", False),
    ("{ $.owner.id IS TRUE }", False),
    ("{ $.missing NOT EXISTS }", True),
    ("{ $.missing.deep NOT EXISTS }", True),
    ("{ $.kind NOT EXISTS }", False),
    ("{ $.owner NOT EXISTS }", False),
    ("{ $.nothing NOT EXISTS }", False),
    # regular expressions
    ("{ $.kind = %tate% }", True),
    ("{ $.kind = %^tate% }", False),
    ("{ $.kind != %tate% }", False),
    ("{ $.missing != %tate% }", False),
    ("{ $.tags[*] = %s.{2}ond% }", True),
    (r"{ $.* = %10\.20\.30\.4[0-9]{1,2}% }", True),
    (r"{ $.* = %10\.20\.30\.4[0-9]{2}% }", False),
    # together: () before && before ||
    ("{ ($.owner.id = 5) && ($.parts[0].label = x) }", True),
    ("{ $.owner.id = 5 || $.kind = no && $.size = 1 }", True),
    ("{ ($.owner.id = 5 || $.kind = no) && $.size = 1 }", False),
    ("{ ($.owner.id = 6 && $.kind = no) || $.tags[1] = first }", False),
    ("{ $.kind = no || $.kind = neither || ((($.kind = RotateKey))) }", True),
]


@pytest.mark.parametrize(("pattern", "expected"), JSON, ids=[pattern for pattern, _ in JSON])
def test_json_patterns(pattern: str, expected: bool) -> None:
    assert compile(pattern).matches(EVENT) is expected
    assert compile(pattern).matches(json.dumps(EVENT)) is expected


@pytest.mark.parametrize("line", ["kind=RotateKey", "", 'INFO {"a": 1}', "[" * 100_000], ids=["words", "empty", "prefix", "deep"])
def test_a_json_pattern_matches_no_line_that_is_not_json(line: str) -> None:
    assert not compile("{ $.kind NOT EXISTS }").matches(line)
    assert not compile("{ $.kind = * }").matches(line)


BAD_REQUEST, UNAUTHORIZED = "[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST"
MISSING, INFO = "[ERROR 419] MISSING ARGUMENTS", "[INFO 200] OK"

TERMS = [
    ("ERROR", BAD_REQUEST, True),
    ("ERROR", INFO, False),
    ("error", BAD_REQUEST, False),
    ("AUTHORIZED", UNAUTHORIZED, True),
    ("ERROR ARGUMENTS", MISSING, True),
    ("ERROR ARGUMENTS", BAD_REQUEST, False),
    ("?ERROR ?ARGUMENTS", BAD_REQUEST, True),
    ("?ERROR ?ARGUMENTS", INFO, False),
    ('?OK ?"BAD REQUEST"', BAD_REQUEST, True),
    ("?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", True),
    ("?ERROR ?ARGUMENTS REQUEST", MISSING, False),
    ('"BAD REQUEST"', BAD_REQUEST, True),
    ('"REQUEST BAD"', BAD_REQUEST, False),
    ("ERROR -ARGUMENTS", UNAUTHORIZED, True),
    ("ERROR -ARGUMENTS", MISSING, False),
    ('-"MISSING ARGUMENTS"', MISSING, False),
    ("-ARGUMENTS", INFO, True),
    ('" "', "one-word", True),
    ('" "', INFO, True),
    ("", INFO, True),
    ("  \n", INFO, True),
    ("%AUTHORIZED%", UNAUTHORIZED, True),
    ("%^AUTHORIZED%", UNAUTHORIZED, False),
    # an event that is JSON is searched as its one line, without blanks between the parts
    ("RotateKey", EVENT, True),
    ('"\\"kind\\":\\"RotateKey\\""', EVENT, True),
    ('"\\"kind\\": \\"RotateKey\\""', EVENT, False),
    ("%RotateKey%", EVENT, True),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), TERMS, ids=[f"{p} | {str(e)[:20]}" for p, e, _ in TERMS])
def test_terms(pattern: str, event: Any, expected: bool) -> None:
    assert compile(pattern).matches(event) is expected


ACCESS = '10.1.2.3 Prod ann [02/Mar/2026:09:31:07 +0000] "GET /start.html HTTP/1.1" 404 1534'
GET = "INFO 03/02/2026 09:31:00 GET /service/resource/67 1200"
POST = "INFO 03/02/2026 09:31:01 POST /service/resource/67/part/111 1310"
WARNED = "WARNING 03/02/2026 09:31:02 Invalid user request"
FAILED = "ERROR 03/02/2026 09:31:02 Failed to process request"

WORDS = [
    ("[ip, user, name, time, request, code, bytes]", ACCESS, True),
    (r"[ip=%10\.1\.2\.[1-9]%, user, name, time, request =*.html*, code = 4*, bytes]", ACCESS, True),
    ("[..., request =*.html*, code = 4*, bytes]", ACCESS, True),
    ("[..., request=*.html*, code=4*,]", ACCESS, True),
    ("[ip, user, name, time, request =*.html*, code = 404 || code = 410, bytes]", ACCESS, True),
    ("[ip, user, name, time, request, code = 4* && code != 404, bytes]", ACCESS, False),
    ('[..., request = "GET /start.html HTTP/1.1", code, bytes]', ACCESS, True),
    ('[ip, user, name, time = "02/Mar/2026*", ...]', ACCESS, True),
    ("[ip, user, ..., code, bytes > 1000]", ACCESS, True),
    ("[ip, user, ..., code, bytes > 2000]", ACCESS, False),
    ("[ip, user = Test, ...]", ACCESS, False),
    ("[ip, user, rest]", ACCESS, True),
    ("[ip, user, rest = *404*]", ACCESS, True),
    ("[a, b, c, d, e, f, g, h]", ACCESS, False),
    ("[a, b, c, d, e, f, g, h, ...]", ACCESS, False),
    ("[w1=ERROR, w2]", FAILED, True),
    ("[w1=ERROR, w2]", GET, False),
    ("[w1=ERROR, w2]", "ERROR", False),
    ("[w1=ERROR]", FAILED, False),
    ("[w1=ERROR || w1=WARNING, w2]", WARNED, True),
    ("[w1=ERROR || w1=%WARN%, w2]", WARNED, True),
    ("[(w1=ERROR || w1=WARNING) && w1 != ERROR, w2]", FAILED, False),
    ("[w1!=ERROR && w1!=WARNING, w2]", GET, True),
    ("[w1!=ERROR && w1!=WARNING, w2]", WARNED, False),
    ("[level, date, time, method, url=%/service/resource/[0-9]+$%, took]", GET, True),
    ("[level, date, time, method, url=%/service/resource/[0-9]+$%, took]", POST, False),
    ("[level, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, took]", POST, True),
    ("[]", GET, True),
    ("[all]", EVENT, True),
    ('[all = "*RotateKey*"]', EVENT, True),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), WORDS, ids=[f"{p} | {str(e)[:12]}" for p, e, _ in WORDS])
def test_words(pattern: str, event: Any, expected: bool) -> None:
    assert compile(pattern).matches(event) is expected


REFUSED = {
    "too long": ("{ $.a = " + "x" * 1020 + " }", "at most 1,024 characters, and this one has 1,030"),
    "empty": ("{ }", "is invalid at character 3"),
    "no operator": ("{ $.a }", "is invalid at character 7"),
    "no value": ("{ $.a = }", "is invalid at character 9"),
    "no end": ("{ $.a = 1", "is invalid at its end"),
    "open parenthesis": ("{ ($.a = 1 }", "is invalid at character 12"),
    "open quote": ('{ $.a = "x }', "is invalid at character 9"),
    "no dollar": ("{ a = 1 }", "is invalid at character 3"),
    "two equals signs": ("{ $.a == 1 }", "is invalid at character 8"),
    "single ampersand": ("{ $.a = 1 & $.b = 2 }", "is invalid at character 11"),
    "AND": ("{ $.a = 1 AND $.b = 2 }", "is invalid at character 11"),
    "EXISTS": ("{ $.a EXISTS }", "there is no EXISTS and no IS NOT"),
    "IS NOT": ("{ $.a IS NOT NULL }", "there is no EXISTS and no IS NOT"),
    "IS something": ("{ $.a IS MAYBE }", "is invalid at character 10"),
    "at sign": ("{ $.a = x@example.org }", "is invalid at character 10"),
    "more": ("{ $.a = 1 } more", "is invalid at character 13"),
    "index": ("{ $.a[x] = 1 }", "is invalid at character 7"),
    "order of a string": ("{ $.a > x }", "> needs a number"),
    "order of a regex": ("{ $.a > %x% }", "works only with = and !="),
    "two wildcards": ("{ $.a[*].b[*] = 1 }", "a selector can contain one wildcard"),
    "four wildcards": ("{ $.a[*]=1 || $.b[*]=1 || $.c[*]=1 || $.d[*]=1 }", "a filter pattern 3"),
    "three regexes": ("{ $.a = %x% || $.b = %y% || $.c = %z% }", "can contain at most 2 regular expressions"),
    "ellipses": ("[..., a, ...]", "one ellipsis"),
    "name twice": ("[a, a]", "names a field twice"),
    "other name": ("[a=1 || b=2, c]", "name different fields"),
    "word with no value": ("[a = ]", "a space-delimited pattern is"),
    "words open": ("[a, b", "is invalid at its end"),
    "bare symbol": ("ERROR:", 'must be in double quotes ("...")'),
    "bare hyphen": ("a-b", 'must be in double quotes ("...")'),
    "open phrase": ('"ERROR', 'must be in double quotes ("...")'),
    "regex and more": ("%a% b", "must stand alone"),
    "regex open": ("%a", "must stand alone"),
    "regex of nothing": ("%%", "is empty"),
    "regex with a group": ("%(a|b)c%", "can contain ASCII letters"),
    "regex with a symbol": ("%something!%", "can contain ASCII letters"),
    "regex of many bytes": ("%café%", "can contain ASCII letters"),
    "regex of an operator": ("%*a%", "misplaced operator"),
    "regex with an open class": ("%[a%", "misplaced operator"),
    "regex with an empty class": ("%[]%", "misplaced operator"),
    "regex with a backward class": ("%[z-a]%", "whose end is before its start"),
    "regex with a backward count": ("%a{3,2}%", "from a lower to a higher"),
    "regex with a large count": ("%a{1001}%", "at most 1000"),
    "regex with no count": ("%a{,}%", "needs a number"),
    "regex that is too large": ("%" + ".{1000}" * 11 + "%", "too large"),
    "regex with an escaped letter": (r"%\p%", "escapes a character"),
    "regex that ends in a backslash": ("%a\\%", "misplaced operator"),
    "deep": ("(" * 10_000, "at most 1,024 characters"),
    "deep JSON": ("{" + "(" * 1000, "is invalid at its end"),
}


@pytest.mark.parametrize(("pattern", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_aws_refuses_is_one_plain_sentence(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile(pattern)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nesting_as_deep_as_the_length_allows_is_read() -> None:
    assert compile("{" + "(" * 500 + "$.a = 1" + ")" * 500 + "}").matches({"a": 1})
    levels = 90
    nested = "{" + "($.a=1&&" * levels + "$.a=1" + ")" * levels + "}"
    assert compile(nested).matches({"a": 1})
    assert not compile(nested).matches({"a": 2})


REGEX = [
    ("[hc]at", "the hat", True),
    ("^[hc]at", "hat trick", True),
    ("^[hc]at", "a hat", False),
    ("[hc]at$", "the cat", True),
    ("[hc]at$", "cats", False),
    ("colou?r", "color", True),
    ("colou?r", "colour", True),
    ("colou?r", "colouur", False),
    ("[abcx-z]", "y", True),
    ("[abcx-z]", "w", False),
    ("[^a-c]", "abc", False),
    ("[^a-c]", "abcd", True),
    ("^a{3,5}$", "aa", False),
    ("^a{3,5}$", "aaaa", True),
    ("^a{3,5}$", "aaaaaa", False),
    ("^a{,2}$", "aa", True),
    ("^a{,2}$", "aaa", False),
    ("^a{2,}$", "aaaaa", True),
    ("^a{2,}$", "a", False),
    ("^a{2}$", "aa", True),
    ("^xa{0}y$", "xy", True),
    ("^xa{0}y$", "xay", False),
    ("gra|ey", "gray", True),
    ("gra|ey", "grey", True),
    ("gra|ey", "groy", False),
    ("^starting|^initializing|^shutting down", "shutting down now", True),
    ("^starting|^initializing|^shutting down", "skipping initializing", False),
    ("abcc|ab[^c]$", "abcc and more", True),
    ("abcc|ab[^c]$", "aba", True),
    ("abcc|ab[^c]$", "abac", False),
    ("abcc|ab[^c]$", "aac", False),
    (r"\[.\]", "value [7] here", True),
    (r"\[.\]", "value [77] here", False),
    (r"10\.10\.0\.1", "from 10.10.0.1", True),
    (r"10\.10\.0\.1", "10010,051", False),
    ("10.10.0.1", "10010,051", True),
    ("ab*c", "ac", True),
    ("ab*c", "abbbc", True),
    ("ab[0-9]*", "ab", True),
    ("^ab[0-9]*$", "ab129", True),
    ("ab+c", "abbc", True),
    ("ab+c", "ac", False),
    ("^.at$", " at", True),
    ("^.at$", "at", False),
    (r"\d", "port 80", True),
    (r"\d", "port", False),
    (r"^\D+$", "port", True),
    (r"\s", "a\tb", True),
    (r"^\S+$", "a b", False),
    (r"^\w+$", "a_1", True),
    (r"^\W$", "-", True),
    (r"[\d.]+$", "v1.2", True),
    (r"\x3A", "key:value", True),
    (r"\x28", "f(x)", True),
    (r"a\-b", "a-b", True),
    (r"\\", "back\\slash", True),
    (r"a\$", "a$b", True),
    (r"a\\$", "a\\", True),
    (r"[|]|x", "|", True),
    (r"a\|b", "a|b", True),
    ("a.*?b", "a-b", True),
    ("^a?b?c?$", "", True),
    ("^a?b?c?d$", "bd", True),
    ("^a?b?c?d$", "ba", False),
    ("^$", "", True),
    ("^$", "x", False),
]


@pytest.mark.parametrize(("expression", "text", "expected"), REGEX, ids=[f"{e} | {t}" for e, t, _ in REGEX])
def test_regular_expressions(expression: str, text: str, expected: bool) -> None:
    assert Regex(expression).search(text) is expected


ITEM = st.tuples(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\x61", r"\."]),
    st.sampled_from(["", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{,3}", "{0}"]),
).map("".join)
ROW = st.tuples(st.sampled_from(["", "^"]), st.lists(ITEM, max_size=6).map("".join), st.sampled_from(["", "$"])).map("".join)


@given(st.lists(ROW, min_size=1, max_size=3).map("|".join).filter(bool), st.text("ab.1", max_size=12))
@settings(max_examples=300, deadline=None)
def test_regular_expressions_agree_with_python(expression: str, text: str) -> None:
    python = re.sub(r"\{,", "{0,", expression)
    assert Regex(expression).search(text) is (re.search(python.replace("$", r"\Z"), text) is not None)


@pytest.mark.parametrize("expression", ["a*" * 400 + "c", ".*" * 400 + "c", "a?" * 400 + "a" * 50 + "c", "a{0,1000}a{1000}c"])
def test_a_regular_expression_takes_one_step_per_character(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a backtracking matcher hang takes as many steps here as there are characters."""
    steps = 0
    step = cloudwatch_regex.Regex._skipping

    def counted(self: Regex, ready: int) -> int:
        nonlocal steps
        steps += 1
        return step(self, ready)

    monkeypatch.setattr(cloudwatch_regex.Regex, "_skipping", counted)
    assert not Regex(expression).search("a" * 5000)
    assert steps == 5002


def calls_of(function: Callable[[], object]) -> int:
    """How many calls of functions it takes, which says more than a clock does on a busy machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    function()  # what is built once does not count
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "build",
    [
        lambda n: "{" + " || ".join(["$.a[0].b = x*"] * n) + "}",
        lambda n: "{" + "(" * n + "$.a = 1" + ")" * n + "}",
        lambda n: "{$" + ".a" * n + "=1}",
        lambda n: "[" + ",".join(f"w{i}=a*" for i in range(n)) + "]",
        lambda n: " ".join(["?term"] * n),
    ],
    ids=["conditions", "parentheses", "steps", "words", "terms"],
)
def test_a_pattern_of_twice_the_length_takes_twice_the_work(build: Callable[[int], str]) -> None:
    half, whole = (calls_of(lambda n=n: compile(build(n)).matches(EVENT)) for n in (25, 50))
    assert whole <= 2 * half


def pieces() -> Iterator[str]:
    yield from ["{", "}", "(", ")", "[", "]", "$", ".", "$.a", "=", "!=", "<", "&&", "||", "IS", "NOT", "EXISTS", "NULL", "TRUE"]
    yield from [
        "*",
        "1",
        "1e3",
        '"x"',
        '"',
        "%",
        "%a+%",
        "%[%",
        "\\",
        "?",
        "-",
        "...",
        ",",
        "a",
        "_",
        " ",
        "\n",
        "'k'",
        "é",
        "\0",
    ]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(list(pieces())), max_size=40).map("".join)))
@settings(max_examples=600, deadline=None)
@example("{$.a[" + "9" * 1000 + "]=1}")
@example("{$.a=1e99999}")
@example('?"\\"')
def test_any_text_is_a_pattern_or_a_pattern_error(text: str) -> None:
    try:
        pattern = compile(text)
    except PatternError:
        return
    assert pattern.matches(EVENT) in (True, False)
    assert pattern.matches(ACCESS) in (True, False)


def matching(pattern: str) -> set[str]:
    compiled = compile(pattern)
    return {sample.name for sample in samples("logs") if compiled.matches(sample.record)}


# The CIS AWS Foundations Benchmark's filter on unauthorized calls through its versions, and how people write it.
CIS = [
    '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    "{ ($.errorCode = *UnauthorizedOperation) || ($.errorCode = AccessDenied*) }",
    '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "{($.errorCode = %UnauthorizedOperation$%) || ($.errorCode = %^AccessDenied%)}",
    "{ $.errorCode = *UnauthorizedOperation || $.errorCode = AccessDenied || $.errorCode = AccessDeniedException }",
    "?AccessDenied ?UnauthorizedOperation",
    "%AccessDenied|UnauthorizedOperation%",
    '[line = "*AccessDenied*" || line = "*UnauthorizedOperation*"]',
]
CIS_WITHOUT_HEAD = (
    '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && ($.sourceIPAddress!="delivery.logs.amazonaws.com")'
    ' && ($.eventName!="HeadBucket") }'
)


@pytest.mark.parametrize("pattern", CIS)
def test_the_cis_filter_finds_every_denied_call_and_no_other(pattern: str) -> None:
    assert matching(pattern) == DENIED | DENIED_ELSEWHERE


SAMPLED = {
    CIS_WITHOUT_HEAD: DENIED - {"denied-head-bucket"} | DENIED_ELSEWHERE,
    '{ $.eventSource = "s3.amazonaws.com" && $.errorCode = "AccessDenied" }': DENIED | {"denied-get-object-other-bucket"},
    '{ $.errorCode = "AccessDenied" && $.requestParameters.bucketName = "logs" }': DENIED,
    '{ $.errorCode = "AccessDenied" && $.resources[*].ARN = "arn:aws:s3:::logs*" }': DENIED,
    # callers that are known to try are left out
    '{((($.errorCode = "*UnauthorizedOperation") || (($.errorCode = "AccessDenied*") && ($.eventName != "ListUsers")))'
    ' && (($.userIdentity.type != "AssumedRole") || ($.userIdentity.sessionContext.sessionIssuer.userName != "app-server")))}': {
        "denied-get-object-user",
        "denied-get-object-anonymous",
        "denied-get-object-other-account",
        "denied-list-objects",
    },
    # a field that most records lack: nothing but the records that have it can match
    '{ $.errorCode = "AccessDenied" && $.userIdentity.invokedBy != "config.amazonaws.com" }': set(),
    '{ $.errorCode = "AccessDenied" && $.vpcEndpointId NOT EXISTS && $.eventSource = s3.amazonaws.com }': DENIED
    - {"denied-get-object-vpc-endpoint"}
    | {"denied-get-object-other-bucket"},
    '{ $.errorCode = "UnauthorizedAccess" }': set(),
    '{ $.errorcode = "AccessDenied" }': set(),
    "{ ($.errorCode = *UnauthorizedOperation) }": {"denied-run-instances"},
    # the other filters of the benchmark
    '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }': {"console-login-failed"},
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }': {"console-login-failed"},
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }': {
        "console-login-root"
    },
    "{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketPolicy) || ($.eventName = DeleteBucketPolicy)) }": {
        "denied-put-bucket-policy",
        "denied-delete-bucket-policy",
        "put-bucket-policy",
    },
}


@pytest.mark.parametrize(("pattern", "expected"), SAMPLED.items(), ids=[pattern[:60] for pattern in SAMPLED])
def test_patterns_on_the_sample_events(pattern: str, expected: set[str]) -> None:
    assert matching(pattern) == expected


@pytest.mark.parametrize(
    "pattern", ["", '" "', "{ $.eventTime = * }", "{ $.missing NOT EXISTS }", '{ $.eventName != "x" }', "[...]"]
)
def test_patterns_that_match_everything(pattern: str) -> None:
    assert matching(pattern) == {sample.name for sample in samples("logs")}
