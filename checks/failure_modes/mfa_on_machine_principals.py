"""No role demands MFA of principals that cannot present it."""

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
    """Finds IAM roles that a service (`ec2.amazonaws.com`) or a federated identity (SAML, OIDC, EKS service accounts) can never
    assume, because the trust policy demands MFA of it: an Allow whose condition needs `aws:MultiFactorAuthPresent` or
    `aws:MultiFactorAuthAge`, or a Deny that catches every request without them (`BoolIfExists` false, `Null` true).

    Why: the two keys exist only in requests that are signed with temporary credentials of an identity that can use MFA; services
    and federated identities never have them. `Bool` true does not match a missing key, so the role cannot be used at all, and the
    fault shows only at run time, as AccessDenied. The `IfExists` form of an Allow and a `Bool` false Deny never match a missing key,
    and pass. In a statement that names people as well, the machines in it are judged all the same.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent

    Cannot see: a trust policy whose text is known only after apply and is not made by `aws_iam_policy_document`, unless the source
    is given (without it, a text that is made of one such document counts as that document); and what an organization's service control
    policies deny. A Deny that has further conditions counts unless they rule machines out (`aws:PrincipalIsAWSService`,
    `aws:PrincipalArn`, `aws:PrincipalType`, `aws:username`, `aws:PrincipalOrgID`).

    Fix: Take the MFA condition out of the statement for the service, and give people a statement (better: a role) of their own that
    keeps it. In a Deny, use `Bool` false, or name the people in `Principal`.
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
