"""EventBridge's event patterns, by the tables of what AWS documents: pattern, event, and whether it matches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.aws.alerts.event_pattern import compile, envelope, is_delivered
from planproof.aws.alerts.sample_records import samples
from planproof.errors import PatternError
from planproof.text import wildcards as glob

EVENT: dict[str, Any] = {
    "source": "aws.ec2",
    "detail-type": "State-change",
    "time": "2026-03-02T09:31:07Z",
    "resources": ["arn:aws:ec2:us-east-1:111122223333:instance/i-1", "arn:aws:ec2:us-east-1:111122223333:volume/v-1"],
    "detail": {
        "state": "running",
        "count": 5,
        "limit": 301.8,
        "ip": "10.0.0.33",
        "ip6": "2001:db8::1",
        "flag": True,
        "nothing": None,
        "empty": "",
        "none": [],
        "numbers": [1, 200],
        "file": "dir/sub/picture.png",
        "star": "a*b\\c",
        "inner": {"deep": "x"},
        "pairs": [{"name": "a", "size": 1}, {"name": "b", "size": 2}, {"label": "c"}],
        "dotted.name": {"end": "y"},
        "mixed": ["one", {"name": "two"}, [["three"]]],
    },
}

# A value of one field of `detail`, and whether it matches.
FIELDS: list[tuple[str, list[Any], bool]] = [
    # exact, and of the same type
    ("state", ["running"], True),
    ("state", ["stopped", "running"], True),
    ("state", ["Running"], False),
    ("state", ["run"], False),
    ("count", [5], True),
    ("count", [5.0], False),
    ("count", ["5"], False),
    ("count", [True], False),
    ("flag", [True], True),
    ("flag", [False], False),
    ("flag", ["true"], False),
    ("flag", [1], False),
    ("nothing", [None], True),
    ("nothing", [""], False),
    ("nothing", [False], False),
    ("empty", [""], True),
    ("empty", [None], False),
    ("missing", [None], False),
    ("missing", [""], False),
    # lists in the event: any element
    ("numbers", [200], True),
    ("numbers", [3, 1], True),
    ("numbers", [2], False),
    ("mixed", ["three"], True),
    ("none", [None], False),
    # prefix and suffix
    ("state", [{"prefix": "run"}], True),
    ("state", [{"prefix": "Run"}], False),
    ("state", [{"prefix": ""}], True),
    ("state", [{"prefix": {"equals-ignore-case": "RUN"}}], True),
    ("state", [{"suffix": "ing"}], True),
    ("state", [{"suffix": "ING"}], False),
    ("state", [{"suffix": {"equals-ignore-case": "ING"}}], True),
    ("count", [{"prefix": "5"}], False),
    ("missing", [{"prefix": ""}], False),
    ("file", [{"suffix": ".jpg"}, {"suffix": ".png"}], True),
    # equals-ignore-case
    ("state", [{"equals-ignore-case": "RuNNing"}], True),
    ("state", [{"equals-ignore-case": "runnin"}], False),
    # wildcard
    ("file", [{"wildcard": "dir/*.png"}], True),
    ("file", [{"wildcard": "*/sub/*"}], True),
    ("file", [{"wildcard": "*"}], True),
    ("file", [{"wildcard": "dir/*.gif"}], False),
    ("file", [{"wildcard": "dir/sub/picture.png"}], True),
    ("file", [{"wildcard": "dir/?ub/*"}], False),
    ("star", [{"wildcard": "a\\*b\\\\c"}], True),
    ("state", [{"wildcard": "r\\*"}], False),
    ("count", [{"wildcard": "*"}], False),
    # anything-but
    ("state", [{"anything-but": "stopped"}], True),
    ("state", [{"anything-but": "running"}], False),
    ("state", [{"anything-but": ["running", "stopped"]}], False),
    ("state", [{"anything-but": 5}], True),
    ("count", [{"anything-but": 5}], False),
    ("count", [{"anything-but": [4, 6]}], True),
    ("count", [{"anything-but": "5"}], True),
    ("flag", [{"anything-but": "true"}], True),
    ("nothing", [{"anything-but": "x"}], True),
    ("missing", [{"anything-but": "x"}], False),
    ("none", [{"anything-but": "x"}], False),
    ("numbers", [{"anything-but": 1}], True),
    ("numbers", [{"anything-but": [1, 200]}], False),
    ("state", [{"anything-but": {"prefix": "run"}}], False),
    ("state", [{"anything-but": {"prefix": "stop"}}], True),
    ("state", [{"anything-but": {"prefix": ["stop", "run"]}}], False),
    ("file", [{"anything-but": {"suffix": ".png"}}], False),
    ("file", [{"anything-but": {"suffix": [".gif", ".jpg"]}}], True),
    ("state", [{"anything-but": {"equals-ignore-case": "RUNNING"}}], False),
    ("state", [{"anything-but": {"equals-ignore-case": ["STOPPED", "x"]}}], True),
    ("file", [{"anything-but": {"wildcard": "*/sub/*"}}], False),
    ("file", [{"anything-but": {"wildcard": ["*/lib/*", "*.gif"]}}], True),
    # numeric
    ("count", [{"numeric": [">", 0, "<=", 5]}], True),
    ("count", [{"numeric": [">", 0, "<", 5]}], False),
    ("count", [{"numeric": ["<", 10]}], True),
    ("count", [{"numeric": [">=", 5]}], True),
    ("limit", [{"numeric": ["=", 3.018e2]}], True),
    ("limit", [{"numeric": ["=", 301]}], False),
    ("state", [{"numeric": [">", 0]}], False),
    ("flag", [{"numeric": ["=", 1]}], False),
    ("numbers", [{"numeric": [">", 100]}], True),
    # exists looks at leaves
    ("state", [{"exists": True}], True),
    ("state", [{"exists": False}], False),
    ("missing", [{"exists": True}], False),
    ("missing", [{"exists": False}], True),
    ("nothing", [{"exists": True}], True),
    ("inner", [{"exists": True}], False),
    ("inner", [{"exists": False}], True),
    ("none", [{"exists": False}], True),
    ("missing", ["x", {"exists": False}], True),
    ("state", ["running", {"exists": False}], True),
    ("state", ["stopped", {"exists": False}], False),
    # cidr
    ("ip", [{"cidr": "10.0.0.0/24"}], True),
    ("ip", [{"cidr": "10.0.0.33/24"}], True),
    ("ip", [{"cidr": "10.0.1.0/24"}], False),
    ("ip6", [{"cidr": "2001:db8::/32"}], True),
    ("ip6", [{"cidr": "10.0.0.0/8"}], False),
    ("state", [{"cidr": "10.0.0.0/8"}], False),
]


@pytest.mark.parametrize(("field", "values", "expected"), FIELDS, ids=[f"{f} {json.dumps(v)}" for f, v, _ in FIELDS])
def test_one_field(field: str, values: list[Any], expected: bool) -> None:
    pattern = {"detail": {field: values}}
    assert compile(pattern).matches(EVENT) is expected
    assert compile(json.dumps(pattern)).matches(EVENT) is expected


WHOLE: dict[str, tuple[Any, bool]] = {
    "fields are all needed": ({"source": ["aws.ec2"], "detail": {"state": ["running"]}}, True),
    "one of them differs": ({"source": ["aws.s3"], "detail": {"state": ["running"]}}, False),
    "lists meet": ({"resources": ["x", "arn:aws:ec2:us-east-1:111122223333:volume/v-1"]}, True),
    "deeper": ({"detail": {"inner": {"deep": ["x"]}}}, True),
    "deeper, of nothing": ({"detail": {"missing": {"deep": ["x"]}}}, False),
    "deeper, absent": ({"detail": {"missing": {"deep": [{"exists": False}]}}}, True),
    "below a string": ({"source": {"deep": [{"exists": False}]}}, True),
    "an element of a list": ({"detail": {"pairs": {"name": ["b"]}}}, True),
    "the same element": ({"detail": {"pairs": {"name": ["b"], "size": [2]}}}, True),
    "different elements": ({"detail": {"pairs": {"name": ["a"], "size": [2]}}}, False),
    "absent in one element is not absent": ({"detail": {"pairs": {"name": [{"exists": False}]}}}, False),
    "absent in every element": ({"detail": {"pairs": {"other": [{"exists": False}]}}}, True),
    "a list of this and that": ({"detail": {"mixed": {"name": ["two"]}}}, True),
    "or": ({"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["running"]}}]}, True),
    "or, none": ({"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["stopped"]}}]}, False),
    "or and more": ({"source": ["aws.s3"], "$or": [{"detail": {"state": ["running"]}}, {"time": ["x"]}]}, False),
    "a field in an or that was there before": ({"source": ["aws.s3"], "$or": [{"source": ["aws.ec2"]}, {"time": ["x"]}]}, True),
    "a field in an or that comes again": ({"$or": [{"source": ["aws.ec2"]}, {"time": ["x"]}], "source": ["aws.s3"]}, False),
    "a dot in the pattern": ({"detail.inner.deep": ["x"]}, True),
    "a dot in the event": ({"detail": {"dotted": {"name": {"end": ["y"]}}}}, True),
    "a dot in both": ({"detail": {"dotted.name.end": ["y"]}}, True),
    "a dot in the event beside an object": ({"detail": {"inner": {"more": ["z"], "deep": [{"exists": True}]}}}, False),
    "a value and a field below it": ({"detail": {"mixed": ["one"]}, "detail.mixed.name": ["two"]}, True),
    "a number that anything but names by value": ({"detail": {"count": [{"anything-but": 5.0}]}}, False),
    "or, with and inside": ({"detail": {"$or": [{"state": ["running"], "count": [6]}, {"count": [5], "flag": [True]}]}}, True),
    "or within or": (
        {"detail": {"$or": [{"state": ["x"]}, {"count": [5], "$or": [{"flag": [False]}, {"ip": [{"prefix": "10."}]}]}]}},
        True,
    ),
    "a text with a field twice": ('{"source": ["aws.s3"], "source": ["aws.ec2"]}', True),
    "two ors": (
        {"$or": [{"source": ["aws.ec2"]}, {"source": ["b"]}], "detail": {"$or": [{"state": ["x"]}, {"count": [6]}]}},
        False,
    ),
    "or with absence": ({"detail": {"$or": [{"missing": [{"exists": False}]}, {"state": ["x"]}]}}, True),
    "or on both sides of a number": (
        {"detail": {"$or": [{"count": [{"numeric": [">", 9]}]}, {"limit": [{"numeric": ["<", 400]}]}]}},
        True,
    ),
}


@pytest.mark.parametrize(("pattern", "expected"), WHOLE.values(), ids=WHOLE)
def test_whole_patterns(pattern: Any, expected: bool) -> None:
    assert compile(pattern).matches(EVENT) is expected


def nested(levels: int, in_or: bool = False) -> dict[str, Any]:
    document: dict[str, Any] = {"a": ["x"]}
    for _ in range(levels):
        document = {"$or": [{"a": ["x"]}, document]} if in_or else {"a": document}
    return document


REFUSED: dict[str, tuple[Any, str]] = {
    "not JSON": ("{source: x}", "not valid JSON"),
    "not an object": ('["x"]', "is a JSON object"),
    "nothing": ("{}", "empty object"),
    "an empty object": ({"detail": {}}, "empty object"),
    "an empty list": ({"source": []}, "empty list"),
    "a bare value": ({"source": "aws.s3"}, "an object or a list"),
    "a list in a list": ({"source": [["aws.s3"]]}, "list within a list"),
    "NaN": ('{"a": [NaN]}', "cannot contain NaN"),
    "an unknown comparison": ({"a": [{"contains": "x"}]}, "that EventBridge does not support"),
    "two comparisons in one": ({"a": [{"prefix": "x", "suffix": "y"}]}, "an object with one key"),
    "no comparison": ({"a": [{}]}, "an object with one key"),
    "prefix of a number": ({"a": [{"prefix": 1}]}, "the prefix of an event pattern must be a string"),
    "prefix of a wildcard": ({"a": [{"prefix": {"wildcard": "x"}}]}, "must be a string or equals-ignore-case"),
    "case of a number": ({"a": [{"equals-ignore-case": 1}]}, "must be a string"),
    "two asterisks": ({"a": [{"wildcard": "x**y"}]}, "two asterisks in a row"),
    "two asterisks alone": ({"a": [{"wildcard": "**"}]}, "two asterisks in a row"),
    "a wrong escape": ({"a": [{"wildcard": "x\\y"}]}, "can escape only an asterisk or a backslash"),
    "anything but a boolean": ({"a": [{"anything-but": True}]}, "must contain either strings or numbers"),
    "anything but both": ({"a": [{"anything-but": ["x", 1]}]}, "must contain either strings or numbers"),
    "anything but nothing": ({"a": [{"anything-but": []}]}, "is empty"),
    "anything but an empty prefix": ({"a": [{"anything-but": {"prefix": ""}}]}, "is empty"),
    "anything but a number's prefix": ({"a": [{"anything-but": {"prefix": [1]}}]}, "must be a string"),
    "anything but a range": ({"a": [{"anything-but": {"numeric": ["<", 1]}}]}, "takes values, prefix"),
    "numeric of a string": ({"a": [{"numeric": [">", "1"]}]}, "must contain numbers"),
    "numeric of a boolean": ({"a": [{"numeric": [">", True]}]}, "must contain numbers"),
    "numeric of nothing": ({"a": [{"numeric": []}]}, "must be an operator"),
    "numeric of one": ({"a": [{"numeric": [">"]}]}, "must be an operator"),
    "numeric that is no list": ({"a": [{"numeric": 5}]}, "must be an operator"),
    "numeric of other operators": ({"a": [{"numeric": ["!=", 5]}]}, "must be an operator"),
    "a range from high to low": ({"a": [{"numeric": ["<", 5, ">", 1]}]}, "must be an operator"),
    "a range that runs backwards": ({"a": [{"numeric": [">", 5, "<", 1]}]}, "whose end is before its start"),
    "a huge number": ({"a": [{"numeric": ["<", 6e9]}]}, "from -5e9 to 5e9"),
    "exists maybe": ({"a": [{"exists": "true"}]}, "must be true or false"),
    "cidr of one address": ({"a": [{"cidr": "10.0.0.1"}]}, "must be a block"),
    "cidr of a word": ({"a": [{"cidr": "x/24"}]}, "must be a block"),
    "or of one": ({"$or": [{"a": ["x"]}]}, "at least two objects"),
    "or of an object": ({"$or": {"a": ["x"]}}, "at least two objects"),
    "or of values": ({"$or": ["x", "y"]}, "at least two objects"),
    "or of comparisons": ({"a": {"$or": [{"prefix": ["x"]}, {"suffix": ["y"]}]}}, '"prefix" cannot be a field inside $or'),
    "or of too many": ({f"{n}": {"$or": [{"a": ["x"]}, {"b": ["x"]}]} for n in range(10)}, "more than 1,000 alternatives"),
    "deep": (nested(200), "nested too deeply"),
    "deep by dots": ({"." * 10_000: ["x"]}, "nested too deeply"),
    "deep in or": (nested(900, in_or=True), "nested too deeply"),
    "deep text": ('{"a":' * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize(("pattern", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_eventbridge_refuses_is_one_plain_sentence(pattern: Any, reason: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile(pattern)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


LEAF = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=True), st.text("a*\\", max_size=4))
COMPARISON = st.sampled_from(
    ["prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr", "<", ">=", "$or", "other"]
)
DOCUMENT = st.recursive(
    LEAF,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(st.one_of(COMPARISON, st.sampled_from(["a", "b", "a.b"])), below, max_size=3),
        st.tuples(COMPARISON, below).map(lambda pair: [dict([pair])]),
    ),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["a", "b", "$or", "detail"]), DOCUMENT, max_size=3), DOCUMENT)
@settings(max_examples=600, deadline=None)
@example({"a": [{"numeric": [">", float("nan")]}]}, None)
def test_any_document_is_a_pattern_or_a_pattern_error(document: dict[str, Any], value: Any) -> None:
    try:
        pattern = compile(document)
    except PatternError:
        return
    for event in ({}, {"a": value}, {"a": [value, value], "b": value}, {"detail": {"a": value}}, EVENT):
        assert pattern.matches(event) in (True, False)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_pattern_or_a_pattern_error(text: str) -> None:
    with pytest.raises(PatternError):
        compile(text)


@given(st.text("ab*", max_size=10).filter(lambda text: "**" not in text), st.text("ab", max_size=12))
def test_wildcards_agree_with_regular_expressions(wildcard: str, text: str) -> None:
    import re

    expected = re.fullmatch(".*".join(map(re.escape, wildcard.split("*"))), text) is not None
    assert compile({"a": [{"wildcard": wildcard}]}).matches({"a": text}) is expected
    assert glob.matches(wildcard, text) is expected


def test_a_wildcard_looks_for_each_of_its_parts_once() -> None:
    """What makes a backtracking matcher hang: `str.find` is called once for each part."""
    searches = 0

    class Counted(str):
        def find(self, *arguments: Any) -> int:
            nonlocal searches
            searches += 1
            return super().find(*arguments)

    assert not compile({"a": [{"wildcard": "*a" * 500 + "*b*"}]}).matches({"a": Counted("a" * 20_000)})
    assert searches == 501


# ---- CloudTrail's events


def matching(pattern: dict[str, Any], state: str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") -> set[str]:
    compiled = compile(pattern)
    return {s.name for s in samples("logs") if is_delivered(s.record, state) and compiled.matches(envelope(s.record))}


DENIED = {sample.name for sample in samples("logs") if sample.is_unauthorized}
S3 = {"source": ["aws.s3"], "detail-type": ["AWS API Call via CloudTrail"]}


def test_a_rule_on_denied_calls_to_the_bucket_finds_them_and_no_other() -> None:
    detail = {"errorCode": [{"prefix": "AccessDenied"}], "requestParameters": {"bucketName": ["logs"]}}
    assert matching({**S3, "detail": detail}) == DENIED
    by_resource = {"errorCode": ["AccessDenied"], "resources": {"ARN": [{"wildcard": "arn:aws:s3:::logs*"}]}}
    assert matching({**S3, "detail": by_resource}) == DENIED


def test_a_rule_sees_read_only_management_calls_only_in_the_state_for_them() -> None:
    pattern = {**S3, "detail": {"errorCode": ["AccessDenied"], "requestParameters": {"bucketName": ["logs"]}}}
    assert matching(pattern, "ENABLED") == DENIED - {"denied-get-bucket-acl"}
    assert matching(pattern, "DISABLED") == set()


def test_a_rule_on_every_call_matches_allowed_ones_too() -> None:
    found = matching({**S3, "detail": {"eventSource": ["s3.amazonaws.com"]}})
    assert found > DENIED
    assert "get-object" in found


def test_a_rule_on_events_of_s3_itself_sees_no_denied_call() -> None:
    assert matching({"source": ["aws.s3"], "detail-type": ["Object Created", "Object Deleted"]}) == set()


def test_a_sign_in_and_a_services_own_event_have_types_of_their_own() -> None:
    found = {s.name: envelope(s.record) for s in samples("logs", account="222233334444", region="eu-west-1")}
    assert found["console-login"]["detail-type"] == "AWS Console Sign In via CloudTrail"
    assert found["rotate-key"]["detail-type"] == "AWS Service Event via CloudTrail"
    denied = found["denied-get-object"]
    assert {key: denied[key] for key in ("source", "detail-type", "account", "region", "resources")} == {
        "source": "aws.s3",
        "detail-type": "AWS API Call via CloudTrail",
        "account": "222233334444",
        "region": "eu-west-1",
        "resources": [],
    }
    assert denied["detail"]["errorCode"] == "AccessDenied"
