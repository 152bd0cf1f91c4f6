"""No role requires MFA from principals that cannot use it."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.iam.language import Answer, Principal, Statement, Who, both, either, negated, on_request
from planproof.aws.iam.trust import (
    MACHINES,
    POLICY,
    ROLE,
    Trust,
    actions_of,
    asked,
    by_trust,
    display_name,
    is_on_mfa,
    machine_request,
    unread_parts,
)
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.verdict import Verdict


@check(
    id="CKV_PLAN_2",
    name="Roles do not require MFA from services or federated identities",
    severity="HIGH",
    category="IAM",
    types=(ROLE,),
)
def mfa_on_machine_principals(role: Instance, context: Context) -> Outcome:
    """A service (`ec2.amazonaws.com`) or a federated identity (SAML, OIDC, EKS service accounts) can never assume a role
    whose trust policy requires MFA from it. The check finds an Allow whose condition needs `aws:MultiFactorAuthPresent` or
    `aws:MultiFactorAuthAge`, and a Deny that matches every request without them (`BoolIfExists` false, `Null` true).

    Why: the two keys exist only in requests that are signed with temporary credentials of an identity that can use MFA.
    Requests from services and federated identities never contain them. `Bool` true does not match a missing key, so the role
    cannot be used, and the mistake shows only at run time, as AccessDenied.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent

    The `IfExists` form of an Allow passes, because it matches a missing key. A `Bool` false Deny passes, because it does
    not. If a statement also names people, the check still evaluates its services and federated identities.

    Cannot see: a trust policy whose text is known only after apply and is not built with `aws_iam_policy_document`, unless
    the source is provided (without the source, a text built from one such document counts as that document); and what the
    service control policies of an organization deny. A Deny with additional conditions counts unless they exclude machines
    (`aws:PrincipalIsAWSService`, `aws:PrincipalArn`, `aws:PrincipalType`, `aws:username`, `aws:PrincipalOrgID`).

    Fix: remove the MFA condition from the statement for the service, and move people to a separate statement (or better, a
    separate role) that keeps it. In a Deny, use `Bool` false, or list the people in `Principal`.
    """
    return by_trust(role, context, _judge)


def _judge(trust: Trust) -> Outcome:
    found = [*_by_allow(trust), *_by_deny(trust)]
    worst = min(found, key=lambda o: o.verdict is not Verdict.FAIL, default=None)
    if worst:
        return worst
    if trust.document.undetermined:
        return unknown("unknown_policy", trust.document.undetermined[0], *trust.document.where)
    if not any(who.who in MACHINES for _, allow in trust.allows for who in allow.principals):
        return passed("no_machines", "no service or federated identity can assume the role", *trust.document.where)
    return passed("not_demanded", "MFA is not required from services or federated identities", *trust.document.where)


def _by_allow(trust: Trust) -> Iterator[Outcome]:
    """An Allow that a request without the MFA keys never fits."""
    for name, allow in trust.allows:
        demanded = either(*(negated(c.holds(None)) for c in allow.conditions if is_on_mfa(c)))
        for who in () if allow.not_principals else allow.principals:
            answer = both(demanded, _is_machine(who), _sure(allow, "Allow"))
            text = (
                f"{name} of {POLICY} allows {display_name(who)} only with {asked(allow)}, a key that its requests never contain"
            )
            yield from _outcome(answer, "allow_demands_mfa", text, trust, allow)


def _by_deny(trust: Trust) -> Iterator[Outcome]:
    """A Deny that fits every request without the MFA keys, of a machine that an Allow lets in."""
    for name, deny in trust.denies:
        if not any(is_on_mfa(c) for c in deny.conditions):
            continue
        for _, allow in trust.allows:
            for who in () if allow.not_principals else allow.principals:
                answer = both(_catches(deny, allow, who), _is_machine(who), _sure(deny, "Deny"), _sure(allow, "Allow"))
                text = (
                    f"{name} of {POLICY} denies {display_name(who)} through {asked(deny)}, a key that its requests never contain"
                )
                yield from _outcome(answer, "deny_catches_machines", text, trust, deny)


def _catches(deny: Statement, allow: Statement, who: Principal) -> Answer:
    request = machine_request(who, deny)
    acts = either(*(deny.acts_on(action) for action in actions_of(who, allow)))
    return both(acts, deny.is_about(who), deny.conditions_hold(on_request(request, otherwise=True)))


def _is_machine(who: Principal) -> Answer:
    return None if who.who is Who.UNSURE else who.who in MACHINES


def _sure(statement: Statement, effect: str) -> Answer:
    return True if statement.effect == effect else None


def _outcome(answer: Answer, code: str, text: str, trust: Trust, statement: Statement) -> Iterator[Outcome]:
    if answer is True:
        yield failed(code, text, *trust.document.where)
    elif answer is None:
        reason = f"it is possible that {text}; known after apply: {unread_parts(statement) or 'the rest of the statements'}"
        yield unknown("unknown_demand", reason, *trust.document.where)
