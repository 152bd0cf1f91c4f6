"""Roles that people can assume require MFA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from planproof.aws.iam.language import Answer, Condition, Principal, Statement, both, either, negated
from planproof.aws.iam.permissions import policy_that_asks_for_mfa
from planproof.aws.iam.trust import (
    EVERYONE,
    LONG_TERM,
    PEOPLE,
    PERSON,
    POLICY,
    ROLE,
    UNSURE,
    WITHOUT_MFA,
    Trust,
    actions_of,
    asked,
    by_trust,
    display_name,
    is_on_mfa,
    people_in,
    person_holds,
    unread_parts,
)
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.text.wildcards import matches
from planproof.verdict import Verdict


@check(
    id="CKV_PLAN_11",
    name="Roles that people can assume require MFA",
    severity="HIGH",
    category="IAM",
    types=(ROLE,),
)
def mfa_on_human_principals(role: Instance, context: Context) -> Outcome:
    """A person must use MFA to assume the role. A person is an account (its root ARN or bare ID), an IAM user, or `*`; a
    role, a service or a federated identity is not.

    The check evaluates each such principal of an Allow statement as AWS evaluates two requests without MFA. One uses
    long-term access keys, which do not have the MFA keys. The other comes from a session created without MFA, in which
    `aws:MultiFactorAuthPresent` is false. The condition of the Allow, or a Deny that covers both requests, must deny them.

    Why: without MFA, a stolen access key is enough to assume the role. `BoolIfExists` true in an Allow does not prevent
    this, because requests with long-term keys do not have the key that it reads. `Bool` true in an Allow denies them; in a
    Deny, use `BoolIfExists` false.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html

    If the permission policies of the role require MFA, the reason says so. They do not replace the condition, because the
    role can still be assumed.

    Cannot see: who in a named account is a person. A statement that requires `sts:ExternalId` is for a third party's
    machine, and one that `aws:PrincipalArn` restricts to roles is for roles; add other exemptions to the policy
    (`exempt_addresses`, `exempt_principals`). The check does not read service control policies or the policies of users.

    Fix: add a condition `Bool` `aws:MultiFactorAuthPresent` = "true" to the Allow. If you use a Deny instead, use
    `BoolIfExists` "false" for all principals that the Allow names.

    Controls: NIST 800-53 IA-2(1), PCI DSS 8.4.
    """
    settings = context.settings("mfa_on_human_principals")
    if any(matches(glob, role.address) for glob in settings["exempt_addresses"]):
        return passed("exempt", "the policy exempts this role", role.address)
    outcome = by_trust(role, context, partial(_judge, settings["exempt_principals"]))
    by = (
        policy_that_asks_for_mfa(role, context)
        if outcome.verdict is Verdict.FAIL and outcome.code != "malformed_policy"
        else None
    )
    return (
        outcome._replace(reason=f"{outcome.reason}; {by} requires MFA for what the role does, not for assuming it")
        if by
        else outcome
    )


def _judge(exempt: Sequence[str], trust: Trust) -> Outcome:
    if trust.document.undetermined:
        return unknown("unknown_policy", trust.document.undetermined[0], *trust.document.where)
    people = [(name, allow, who) for name, allow in trust.allows for who in _people(allow, exempt)]
    found = [outcome for one in people for outcome in _without_mfa(*one, trust)]
    if found:
        return min(found, key=lambda outcome: outcome.verdict is not Verdict.FAIL)
    if not people and any(_is_third_party(allow) for _, allow in trust.allows):
        reason = "a third-party account with sts:ExternalId can assume the role; no person can"
        return passed("third_party", reason, *trust.document.where)
    if not people:
        return passed("no_people", "no account, user or * can assume the role", *trust.document.where)
    return passed("mfa_demanded", "people who can assume the role must use MFA", *trust.document.where)


def _people(allow: Statement, exempt: Sequence[str]) -> Iterator[Principal]:
    """Who in an Allow may be a person, but for those that the policy exempts and those that its other conditions keep out."""
    for who in (EVERYONE,) if allow.not_principals else allow.principals:
        excused = isinstance(who.id, str) and any(matches(glob, who.id) for glob in exempt)
        others = [person_holds(c, who, PERSON, True) for c in allow.conditions if not is_on_mfa(c)]
        if who.who in PEOPLE | UNSURE and not excused and both(*others) is not False:
            yield who


def _is_third_party(allow: Statement) -> bool:
    """Whether an Allow names an account and demands an external id, which third parties' machines give."""
    return any(who.who in PEOPLE for who in allow.principals) and any(c.is_on("sts:externalid") for c in allow.conditions)


def _without_mfa(name: str, allow: Statement, who: Principal, trust: Trust) -> Iterator[Outcome]:
    """What is wrong where a request without MFA gets in."""
    people = list(people_in(who, trust.document))
    answers = {
        kind: either(*(both(inside, _gets_in(allow, person, kind, trust)) for person, inside in people)) for kind in WITHOUT_MFA
    }
    ways = [kind for kind, answer in answers.items() if answer is True]
    where = trust.document.where
    if len(ways) == len(answers):
        yield failed("no_mfa", f"{name} of {POLICY} allows {display_name(who)} to assume the role without MFA", *where)
    elif ways == [LONG_TERM]:
        by = asked(allow) or next(filter(None, (asked(deny) for _, deny in trust.denies)), "the condition")
        text = f"{name} of {POLICY} allows {display_name(who)} to assume the role with long-term access keys: {by} does not deny requests that lack the key"
        yield failed("long_term_keys", text, *where)
    elif ways:
        text = f"{name} of {POLICY} allows {display_name(who)} to assume the role from a session created without MFA: the key is present and false"
        yield failed("session_without_mfa", text, *where)
    elif None in answers.values():
        open_ = unread_parts(*trust.document.statements) or "the result of an operator that AWS does not have"
        text = f"{name} of {POLICY} may allow {display_name(who)} to assume the role without MFA; known after apply: {open_}"
        yield unknown("unknown_demand", text, *where)


def _gets_in(allow: Statement, who: Principal, kind: str, trust: Trust) -> Answer:
    """Whether this kind of request without MFA fits the Allow, and no Deny."""
    person = None if who.who in UNSURE or allow.effect != "Allow" else True
    fits = allow.conditions_hold(lambda condition: person_holds(condition, who, WITHOUT_MFA[kind], True))

    def denied(action: str) -> Answer:
        return trust.once(lambda: _denied(action, allow, who, kind, trust), action, allow.conditions, who, kind)

    return both(person, fits, either(*(both(allow.acts_on(a), negated(denied(a))) for a in actions_of(who, allow))))


def _denied(action: str, allow: Statement, who: Principal, kind: str, trust: Trust) -> Answer:
    """Whether a Deny refuses every such request that the Allow lets in; a condition that both have is met already."""

    def holds(condition: Condition) -> Answer:
        shared = condition.is_settled and condition in allow.conditions
        return True if shared else person_holds(condition, who, WITHOUT_MFA[kind], False)

    def refuses(deny: Statement) -> Answer:
        about = trust.once(lambda: both(deny.is_about(who), deny.acts_on(action)), id(deny), who, action)
        sure = True if deny.effect == "Deny" else None
        return both(sure, about, deny.conditions_hold(holds)) if about is not False else False

    return either(*(refuses(deny) for _, deny in trust.denies))
