"""A second opinion on trust policies: plays requests through a policy as AWS does, and says what the two MFA checks have to say.

It is written from AWS's evaluation logic and knows nothing of the checks: who calls, with which keys, and whether STS lets them in.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any

from planproof.verdict import Verdict

PRESENT, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
ACCOUNT, ALICE = "123456789012", "arn:aws:iam::123456789012:user/alice"


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
