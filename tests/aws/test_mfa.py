"""The two MFA checks against a second opinion: a small evaluator that plays requests through a policy as AWS does.

It is written from AWS's evaluation logic and knows nothing of the checks: who calls, with which keys, and whether STS lets them in.
What the checks have to say follows from it. Every operator, value, effect and kind of principal is combined.
"""

from __future__ import annotations

import copy
import fnmatch
import itertools
import json
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from conftest import ROOT
from planproof.engine import evaluate
from planproof.plan import Plan
from planproof.policy import Policy
from planproof.registry import all_checks
from planproof.verdict import Verdict

PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
ACCOUNT, ALICE = "123456789012", "arn:aws:iam::123456789012:user/alice"
PLAIN = json.loads((ROOT / "fixtures/good/mfa_on_machine_principals/plain/plan.json").read_text(encoding="utf-8"))
CHECKS = {check.key: check for check in all_checks()}
MACHINES, PEOPLE = CHECKS["mfa_on_machine_principals"], CHECKS["mfa_on_human_principals"]


# --- the second opinion -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """Who makes a request: how policies may name them, how they come in, and the keys that their requests have."""

    names: frozenset[tuple[str, str]]
    action: str
    keys: dict[str, str]
    person: bool


def user(account: str, name: str, keys: dict[str, str]) -> Caller:
    names = {account, f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:user/{name}", "*"}
    return Caller(frozenset(("AWS", n) for n in names), "sts:AssumeRole", keys, True)


def machine(kind: str, name: str, action: str) -> Caller:
    return Caller(frozenset({(kind, name), ("AWS", "*")}), action, {}, False)


WITHOUT_MFA: tuple[dict[str, str], ...] = ({}, {PRESENT: "false"})
USERS = [user(a, n, k) for a, n in ((ACCOUNT, "alice"), (ACCOUNT, "bob"), ("210987654321", "eve")) for k in WITHOUT_MFA]
SAML, OIDC = "arn:aws:iam::123456789012:saml-provider/corp", "arn:aws:iam::123456789012:oidc-provider/example.org"
CALLERS = [
    *USERS,
    machine("Service", "ec2.amazonaws.com", "sts:AssumeRole"),
    machine("Service", "lambda.amazonaws.com", "sts:AssumeRole"),
    machine("Federated", SAML, "sts:AssumeRoleWithSAML"),
    machine("Federated", OIDC, "sts:AssumeRoleWithWebIdentity"),
]


def fits(statement: dict[str, Any], caller: Caller) -> bool:
    inside = names(statement.get("Principal", statement.get("NotPrincipal"))) & caller.names
    action = any(fnmatch.fnmatch(caller.action.lower(), a.lower()) for a in listed(statement["Action"]))
    conditions = ((o, k, v) for o, keys in statement.get("Condition", {}).items() for k, v in keys.items())
    met = all(
        holds(o, caller.keys.get(k), [str(x).lower() if isinstance(x, bool) else str(x) for x in listed(v)])
        for o, k, v in conditions
    )
    return bool(inside) == ("Principal" in statement) and action and met


def names(principal: Any) -> set[tuple[str, str]]:
    if principal == "*":
        return {("AWS", "*")}
    return {(kind, name) for kind, found in principal.items() for name in listed(found)}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def holds(operator: str, present: str | None, values: list[str]) -> bool:
    if operator == "Null":
        return any((value == "true") is (present is None) for value in values)
    if operator.endswith("IfExists"):
        return present is None or holds(operator.removesuffix("IfExists"), present, values)
    quantifier, _, plain = operator.rpartition(":")
    if present is None:
        return quantifier == "ForAllValues" or (not quantifier and "Not" in plain)
    return COMPARE[plain](present, values)


COMPARE = {
    "Bool": lambda p, v: p in [x.lower() for x in v],
    "StringEquals": lambda p, v: p in v,
    "StringNotEquals": lambda p, v: p not in v,
    "StringEqualsIgnoreCase": lambda p, v: p.lower() in [x.lower() for x in v],
    "StringNotEqualsIgnoreCase": lambda p, v: p.lower() not in [x.lower() for x in v],
    "StringLike": lambda p, v: any(fnmatch.fnmatchcase(p, x) for x in v),
    "StringNotLike": lambda p, v: not any(fnmatch.fnmatchcase(p, x) for x in v),
    "NumericLessThan": lambda p, v: any(float(p) < float(x) for x in v),
    "NumericGreaterThan": lambda p, v: any(float(p) > float(x) for x in v),
    "NumericNotEquals": lambda p, v: all(float(p) != float(x) for x in v),
}


def let_in(statements: list[dict[str, Any]], caller: Caller) -> bool:
    found = [s["Effect"] for s in statements if fits(s, caller)]
    return "Allow" in found and "Deny" not in found


def without_demand(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements as they would be if nobody spoke of MFA."""
    spoken = [s for s in statements if s["Effect"] == "Allow" or "Condition" not in s]
    return [{k: v for k, v in s.items() if k != "Condition"} for s in spoken]


def expected(statements: list[dict[str, Any]]) -> tuple[Verdict, Verdict]:
    """What the check of machines and the check of people have to say of a role with this trust policy."""
    denies = [s for s in statements if s["Effect"] == "Deny"]
    shut_out = any(
        let_in(without_demand([allow, *denies]), caller) and not let_in([allow, *denies], caller)
        for allow in statements
        if allow["Effect"] == "Allow"
        for caller in CALLERS
        if not caller.person and names(allow.get("Principal", {})) & (caller.names - {("AWS", "*")})
    )
    free = any(let_in(statements, caller) for caller in USERS)
    return (Verdict.FAIL if shut_out else Verdict.PASS), (Verdict.FAIL if free else Verdict.PASS)


# --- all combinations -------------------------------------------------------------------------------------------------

TEXTUAL = (
    "Bool",
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
)
NUMERIC = ("NumericLessThan", "NumericGreaterThan", "NumericNotEquals")
VALUES: tuple[Any, ...] = ("true", "false", True, False, ["true"], ["true", "false"])


def forms(operators: tuple[str, ...]) -> list[str]:
    prefixed = [
        f"{prefix}{o}{suffix}"
        for o in operators
        for prefix in ("", "ForAnyValue:", "ForAllValues:")
        for suffix in ("", "IfExists")
    ]
    return [*prefixed, "Null"]


CONDITIONS = [{o: {PRESENT: v}} for o in forms(TEXTUAL) for v in VALUES]
CONDITIONS += [{o: {AGE: v}} for o in forms(NUMERIC) for v in (("true", "false") if o == "Null" else ("3600", ["60", "3600"]))]
SOME = CONDITIONS[::5]  # each operator and each value, though not each pair
PRINCIPALS: dict[str, Any] = {
    "a service": {"Service": "ec2.amazonaws.com"},
    "two services": {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]},
    "SAML": {"Federated": SAML},
    "OIDC": {"Federated": [OIDC]},
    "a root ARN": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "an account id": {"AWS": [ACCOUNT]},
    "a user": {"AWS": ALICE},
    "everyone": "*",
    "every AWS principal": {"AWS": "*"},
    "a role": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci"},
    "a service and an account": {"Service": "ec2.amazonaws.com", "AWS": ACCOUNT},
    "OIDC and a user": {"Federated": OIDC, "AWS": [ALICE]},
}
# A federated identity comes in by actions of its own; an Allow of sts:AssumeRole alone would be none for it.
ALLOWED, DENIED = ("sts:Assume*", "sts:AssumeRole"), ("sts:AssumeRole", "sts:*", "sts:TagSession")


def allow(principal: Any, condition: dict[str, Any] | None = None, action: str = ALLOWED[0]) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action} | ({"Condition": condition} if condition else {})


def deny(principal: Any, condition: dict[str, Any], action: str = DENIED[1], element: str = "Principal") -> dict[str, Any]:
    return {"Effect": "Deny", element: principal, "Action": action, "Condition": condition}


def verdicts(policies: list[list[dict[str, Any]]]) -> list[tuple[Verdict, Verdict]]:
    """What the checks say of roles with these trust policies: a real plan, with the policies in its role's place."""
    document = copy.deepcopy(PLAIN)
    module = document["planned_values"]["root_module"]
    role = next(r for r in module["resources"] if r["name"] == "app")
    module["resources"] = [
        {
            **role,
            "address": f"aws_iam_role.app[{n}]",
            "index": n,
            "values": {**role["values"], "assume_role_policy": json.dumps({"Statement": p})},
        }
        for n, p in enumerate(policies)
    ]
    report = evaluate(Plan.load(document), Policy.default(), checks=(MACHINES, PEOPLE))
    found = {(f.check_id, f.subject): f.verdict for f in report.findings}
    assert report.errors == ()
    return [tuple(found[c.id, f"aws_iam_role.app[{n}]"] for c in (MACHINES, PEOPLE)) for n in range(len(policies))]  # type: ignore[misc]


def differences(policies: list[list[dict[str, Any]]]) -> list[tuple[str, Any, Any]]:
    pairs = zip(policies, verdicts(policies), strict=True)
    return [(json.dumps(p), said, expected(p)) for p, said in pairs if said != expected(p)]


@pytest.mark.parametrize("principal", PRINCIPALS.values(), ids=PRINCIPALS)
def test_an_allow_under_every_condition(principal: Any) -> None:
    assert differences([[allow(principal)], *([allow(principal, c)] for c in CONDITIONS)]) == []


@pytest.mark.parametrize("principal", PRINCIPALS.values(), ids=PRINCIPALS)
def test_a_deny_under_every_condition(principal: Any) -> None:
    others = ("*", {"AWS": ACCOUNT}, {"AWS": ALICE}, {"Service": "ec2.amazonaws.com"}, {"Federated": OIDC})
    assert differences([[allow(principal), deny(other, c)] for other in others for c in SOME]) == []


@pytest.mark.parametrize("action", DENIED)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_a_deny_to_all_but_some_and_of_some_actions(action: str, element: str) -> None:
    conditions = [{"BoolIfExists": {PRESENT: "false"}}, {"Null": {PRESENT: "true"}}, {"Bool": {PRESENT: "false"}}]
    cases = itertools.product(PRINCIPALS.values(), ({"AWS": ALICE}, {"Service": "ec2.amazonaws.com"}), conditions)
    assert differences([[allow(p), deny(other, c, action, element)] for p, other, c in cases]) == []


def test_the_second_opinion_is_not_of_one_mind() -> None:
    """It knows each pair of answers, but for the one that cannot be: a statement for both that is wrong for both."""
    policies = [[allow(p, c)] for p in PRINCIPALS.values() for c in CONDITIONS]
    F, P = Verdict.FAIL, Verdict.PASS
    assert {expected(p) for p in policies} == {(F, P), (P, F), (P, P), (F, F)}


def statement(random: Random) -> dict[str, Any]:
    principal, condition = random.choice(list(PRINCIPALS.values())), random.choice(CONDITIONS)
    if random.random() < 0.5:
        return allow(principal, random.choice((None, condition)), random.choice(ALLOWED[: 1 if "Federated" in principal else 2]))
    return deny(principal, condition, random.choice(DENIED), random.choice(("Principal", "NotPrincipal")))


@pytest.mark.parametrize("seed", range(4))
def test_several_statements_together(seed: int) -> None:
    random = Random(seed)
    assert differences([[statement(random) for _ in range(random.randint(2, 5))] for _ in range(500)]) == []
