"""Trust policies and the two checks of MFA: each combination against a second opinion, and what is known only after apply.

Every operator, value, effect and kind of principal is combined, and `support.sts` says what follows from it. Then tests/plans/trust: what
is read with the source, and without. Without source what plan JSON lacks (locals, the text around an expression) is UNKNOWN, never a guess.
"""

from __future__ import annotations

import copy
import itertools
import json
from random import Random
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks
from planproof.source.model import Source
from planproof.verdict import Verdict
from support.repository import PLANS, ROOT, agreeing, load
from support.sts import ACCOUNT, AGE, ALICE, OIDC, PRESENT, SAML, expected

PLAIN = json.loads((ROOT / "fixtures/good/mfa_on_machine_principals/plain/plan.json").read_text(encoding="utf-8"))
CHECKS = {check.key: check for check in all_checks()}
MFA = MACHINES, PEOPLE = CHECKS["mfa_on_machine_principals"], CHECKS["mfa_on_human_principals"]
F, P, U = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN


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
    report = evaluate(Plan.load(agreeing(document)), Policy.default(), checks=MFA)
    found = {(f.check_id, f.subject): f.verdict for f in report.findings}
    assert report.errors == ()
    return [tuple(found[c.id, f"aws_iam_role.app[{n}]"] for c in MFA) for n in range(len(policies))]  # type: ignore[misc]


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


# --- what is known only after apply -------------------------------------------------------------------------------

WITHOUT = {(f.check_id, f.subject): f for f in evaluate(load("trust"), Policy.default(), checks=MFA).findings}
WITH = {
    (f.check_id, f.subject): f
    for f in evaluate(load("trust"), Policy.default(), Source.open(PLANS / "trust"), checks=MFA).findings
}

# role: the verdicts of the check of machines, without and with source, and of the check of people, without and with source
ROLES = {
    "aws_iam_role.splat": (P, P, F, F),
    "aws_iam_role.forroles": (P, P, P, P),
    "aws_iam_role.localrole": (P, P, U, P),
    "aws_iam_role.usertpl": (P, P, U, F),
    "aws_iam_role.jsonfor": (U, P, U, P),
    "aws_iam_role.irsa": (U, P, U, P),
    "aws_iam_role.cond": (P, P, U, F),
    "aws_iam_role.either": (P, P, F, F),
    "aws_iam_role.modout": (P, P, F, F),
    "aws_iam_role.dyn": (P, P, U, F),
    "aws_iam_role.localjson": (U, P, U, P),
    "module.irsa.aws_iam_role.r": (U, P, U, F),
    "aws_iam_role.counted[0]": (P, P, P, P),
    "aws_iam_role.counted[1]": (P, P, F, F),
    "aws_iam_role.first": (P, P, P, P),
    "aws_iam_role.vars": (P, P, F, F),
    "aws_iam_role.both": (P, P, F, F),
    "aws_iam_role.replaced": (P, U, F, U),
    "aws_iam_role.org": (P, P, F, F),
    "aws_iam_role.ext": (U, P, U, P),
    "aws_iam_role.svc": (U, F, U, P),
    'aws_iam_role.roles["a"]': (P, P, P, P),
    'aws_iam_role.roles["b"]': (P, P, P, P),
}


@pytest.mark.parametrize(("role", "verdicts"), ROLES.items(), ids=ROLES)
def test_what_is_known_of_a_policy_decides(role: str, verdicts: tuple[Verdict, ...]) -> None:
    keys = [(check.id, role) for check in MFA]
    assert tuple(found[key].verdict for key in keys for found in (WITHOUT, WITH)) == verdicts


def test_every_role_of_the_plan_is_in_the_table() -> None:
    assert {role for _, role in WITH} == ROLES.keys()


def test_no_variable_s_value_is_shown() -> None:
    reasons = [f.reason for f in [*WITHOUT.values(), *WITH.values()]]
    assert not any("111122223333" in reason for reason in reasons)
    assert all("known after apply" in f.reason for f in WITH.values() if f.verdict is U)
