"""Trust policies that are known only after the apply: what is read of them, with the source and without.

The plan is tests/plans/trust. Without source what plan JSON lacks (locals, the text around an expression) is UNKNOWN, never a guess.
"""

from __future__ import annotations

import pytest

from conftest import PLANS, load
from planproof.engine import evaluate
from planproof.policy import Policy
from planproof.registry import all_checks
from planproof.source import Source
from planproof.verdict import Verdict

F, P, U = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN
CHECKS = [check for check in all_checks() if check.key.startswith("mfa_on_")]
WITHOUT = {(f.check_id, f.subject): f for f in evaluate(load("trust"), Policy.default(), checks=CHECKS).findings}
WITH = {
    (f.check_id, f.subject): f
    for f in evaluate(load("trust"), Policy.default(), Source.open(PLANS / "trust"), checks=CHECKS).findings
}

# role: the verdicts of the check of machines, without and with source, and of the check of people, without and with source
ROLES = {
    "aws_iam_role.splat": (P, P, F, F),
    "aws_iam_role.forroles": (P, P, P, P),
    "aws_iam_role.localrole": (P, P, U, P),
    "aws_iam_role.usertpl": (P, P, U, F),
    "aws_iam_role.jsonfor": (U, U, U, U),
    "aws_iam_role.irsa": (U, P, U, P),
    "aws_iam_role.cond": (P, P, U, U),
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
    keys = [(check.id, role) for check in CHECKS]
    assert tuple(found[key].verdict for key in keys for found in (WITHOUT, WITH)) == verdicts


def test_every_role_of_the_plan_is_in_the_table() -> None:
    assert {role for _, role in WITH} == ROLES.keys()


def test_no_variable_s_value_is_shown() -> None:
    reasons = [f.reason for f in [*WITHOUT.values(), *WITH.values()]]
    assert not any("111122223333" in reason for reason in reasons)
    assert all("known after the apply" in f.reason for f in WITH.values() if f.verdict is U)
