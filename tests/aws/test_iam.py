"""IAM policy documents: what a condition, a principal and a statement mean, and that no text can break the reader."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planproof.aws.iam.json_text import parsed
from planproof.aws.iam.language import Condition, Principal, Unknown, Who, fits, principal, service

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition")
STATEMENT = st.dictionaries(st.sampled_from(ELEMENTS), JSON | st.sampled_from(["Allow", "Deny", "*", {"AWS": "*"}]))


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@given(st.text() | JSON.map(json.dumps))
@example("[" * 100_000)
@example('{"Statement":' * 5_000)
@example("NaN")
def test_no_text_breaks_the_reader(text: str) -> None:
    document = parsed(text)
    assert document.problem or isinstance(json.loads(text), dict)


@pytest.mark.slow
@given(JSON | STATEMENT | st.lists(STATEMENT))
@settings(max_examples=300)
def test_no_statement_breaks_the_reader_or_the_questions(statement: object) -> None:
    document = parsed(json.dumps({"Statement": statement}))
    assert document.allows(service("ec2.amazonaws.com"), "sts:AssumeRole") in (True, False, None)


MALFORMED = {
    "not JSON": ("{", "not JSON"),
    "a list": ("[]", "not an object"),
    "a statement that is a text": ('{"Statement": "Allow"}', "statement 1 is not an object"),
    "no effect": (policy(Action="*"), "statement 1 has neither Effect Allow nor Deny"),
    "another effect": (policy(Effect="Permit"), "statement 1 has neither Effect Allow nor Deny"),
    "a principal that is no object": (
        policy(Effect="Allow", Principal="123456789012"),
        "statement 1 has a Principal that is neither * nor an object",
    ),
    "both forms": (policy(Effect="Allow", Action="*", NotAction="*"), "statement 1 has both an element and its Not form"),
    "a condition without keys": (
        policy(Effect="Allow", Condition={"Bool": "true"}),
        "statement 1 has a condition operator without keys",
    ),
    "a null value": (policy(Effect="Allow", Action=[None]), "statement 1 has an object or null instead of a string"),
    "an element twice": ('{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}', "an element is given twice"),
    "too deep": ("[" * 40 + "]" * 40, "nested too deeply"),
    "too long": (policy(Effect="Allow", Sid="x" * 70_000), "longer than 64 KiB"),
}


@pytest.mark.parametrize(("text", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_what_aws_would_refuse_says_why(text: str, reason: str) -> None:
    document = parsed(text)
    assert (document.problem, document.malformed) == (f"not a policy that AWS accepts: {reason}", True)


@pytest.mark.parametrize(("effect", "allowed"), {"allow": True, "ALLOW": True, "deny": False}.items())
def test_an_effect_counts_in_any_case(effect: str, allowed: bool) -> None:
    document = parsed(policy(Effect=effect, Action="sts:AssumeRole", Principal={"Service": "backup.amazonaws.com"}))
    assert not document.malformed
    assert document.allows(service("backup.amazonaws.com"), "sts:AssumeRole") is allowed


WHO = {
    ("AWS", "*"): Who.ANYONE,
    ("*", "*"): Who.ANYONE,
    ("AWS", "123456789012"): Who.ACCOUNT,
    ("AWS", "arn:aws-us-gov:iam::123456789012:root"): Who.ACCOUNT,
    ("CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"): Who.ACCOUNT,
    ("AWS", "arn:aws:iam::123456789012:user/division/alice"): Who.USER,
    ("AWS", "AIDACKCEVSQ6C2EXAMPLE"): Who.USER,
    ("AWS", "arn:aws:iam::123456789012:role/ci"): Who.ROLE,
    ("AWS", "arn:aws-cn:sts::123456789012:assumed-role/ci/session"): Who.ROLE,
    ("AWS", "AROACKCEVSQ6C2EXAMPLE"): Who.ROLE,
    ("AWS", "arn:aws:sts::123456789012:federated-user/bob"): Who.ROLE,
    ("Federated", "arn:aws:iam::123456789012:saml-provider/corp"): Who.FEDERATED,
    ("Federated", "cognito-identity.amazonaws.com"): Who.FEDERATED,
    ("Service", "ec2.amazonaws.com"): Who.SERVICE,
    ("AWS", "arn:aws:iam::123456789012:group/admins"): Who.OTHER,
    ("AWS", "nonsense"): Who.OTHER,
}


@pytest.mark.parametrize(("given_", "who"), WHO.items(), ids=[" ".join(key)[:40] for key in WHO])
def test_what_a_principal_is(given_: tuple[str, str], who: Who) -> None:
    assert principal(*given_).who is who


ROOT, USER = principal("AWS", "arn:aws:iam::123456789012:root"), principal("AWS", "arn:aws:iam::123456789012:user/a")
OTHER_USER, EC2 = principal("AWS", "arn:aws:iam::210987654321:user/a"), service("ec2.amazonaws.com")
ANYONE = principal("AWS", "*")
MADE = Principal(Who.USER, Unknown("aws_iam_user.a.arn", Who.USER, exact=True))
INCLUDES = [
    (ANYONE, EC2, True),
    (ANYONE, USER, True),
    (USER, ANYONE, False),
    (ROOT, USER, True),
    (ROOT, principal("AWS", "123456789012"), True),
    (ROOT, OTHER_USER, False),
    (ROOT, EC2, False),
    (USER, ROOT, False),
    (USER, USER, True),
    (EC2, service("EC2.amazonaws.com"), True),
    (EC2, service("lambda.amazonaws.com"), False),
    (MADE, MADE, True),
    (MADE, USER, None),
    (ROOT, MADE, None),
    (EC2, MADE, False),
]


@pytest.mark.parametrize(("one", "other", "answer"), INCLUDES)
def test_which_principals_another_includes(one: Principal, other: Principal, answer: bool | None) -> None:
    assert one.includes(other) is answer


T, F = True, False
# operator, values: for a request with the key "true", with it "false", without it
HOLDS = {
    ("Bool", "true"): (T, F, F),
    ("bool", "TRUE"): (T, F, F),
    ("Bool", "false"): (F, T, F),
    ("Bool", "true", "false"): (T, T, F),
    ("BoolIfExists", "true"): (T, F, T),
    ("BoolIfExists", "false"): (F, T, T),
    ("Null", "true"): (F, F, T),
    ("Null", "false"): (T, T, F),
    ("StringEquals", "true"): (T, F, F),
    ("StringNotEquals", "true"): (F, T, T),
    ("StringNotEqualsIfExists", "true"): (F, T, T),
    ("StringEqualsIgnoreCase", "True"): (T, F, F),
    ("StringNotEqualsIgnoreCase", "True"): (F, T, T),
    ("StringLike", "t*"): (T, F, F),
    ("StringNotLike", "t???"): (F, T, T),
    ("ForAnyValue:Bool", "true"): (T, F, F),
    ("ForAnyValue:BoolIfExists", "true"): (T, F, T),
    ("ForAllValues:Bool", "true"): (T, F, T),
    ("ForAllValues:StringNotEquals", "true"): (F, T, T),
    ("ForAnyValue:StringNotEquals", "true"): (F, T, F),
    ("NumericLessThan", "3600"): (None, None, F),
    ("NumericLessThanIfExists", "3600"): (None, None, T),
    ("NumericNotEquals", "3600"): (None, None, T),
    ("Boolean", "true"): (None, None, None),
    ("NullIfExists", "maybe"): (None, None, None),
}


@pytest.mark.parametrize(("condition", "answers"), HOLDS.items(), ids=[" ".join(key) for key in HOLDS])
def test_when_a_condition_holds(condition: tuple[str, ...], answers: tuple[bool | None, ...]) -> None:
    found = Condition(condition[0], "aws:MultiFactorAuthPresent", condition[1:])
    assert tuple(found.holds(present) for present in ("true", "false", None)) == answers


def test_an_unknown_operator_or_value_leaves_it_open_only_where_it_matters() -> None:
    value = Condition("Bool", "aws:MultiFactorAuthPresent", (Unknown("random_uuid.a.result"),))
    assert [value.holds(present) for present in ("true", None)] == [None, False]
    assert Condition(Unknown("local"), "aws:MultiFactorAuthPresent", ("true",)).holds(None) is None


WILDCARDS = [("*", "", T), ("a*c", "abbc", T), ("a?c", "abc", T), ("a?c", "ac", F), ("*b*", "abc", T), ("a*b", "acx", F)]


@pytest.mark.parametrize(("pattern", "text", "answer"), WILDCARDS)
def test_wildcards(pattern: str, text: str, answer: bool) -> None:
    assert fits(pattern, text) is answer


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_mean_what_the_standard_library_says(pattern: str, text: str) -> None:
    from fnmatch import fnmatchcase

    assert fits(pattern, text) is fnmatchcase(text, pattern)


def kms(statement: dict[str, object], *more: dict[str, object]) -> str:
    return json.dumps({"Statement": [statement, *more]})


LET_IN = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudwatch.amazonaws.com"},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
}
ALLOWS = {
    "named": (kms(LET_IN), T),
    "by wildcard": (kms(LET_IN | {"Action": "KMS:*"}), T),
    "another service": (kms(LET_IN | {"Principal": {"Service": "sns.amazonaws.com"}}), F),
    "the account": (kms(LET_IN | {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}), F),
    "all but": (kms({"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "NotAction": "kms:Put*"}), T),
    "under a condition": (kms(LET_IN | {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}), T),
    "denied": (kms(LET_IN, LET_IN | {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}), F),
    "denied to others": (
        kms(LET_IN, {"Effect": "Deny", "NotPrincipal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "kms:*"}),
        T,
    ),
    "no policy": ("[]", None),
}


@pytest.mark.parametrize(("text", "answer"), ALLOWS.values(), ids=ALLOWS)
def test_whether_a_key_policy_lets_a_service_use_the_key(text: str, answer: bool | None) -> None:
    assert parsed(text).allows(service("cloudwatch.amazonaws.com"), "kms:GenerateDataKey") is answer
