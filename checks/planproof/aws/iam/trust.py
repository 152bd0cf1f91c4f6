"""Who may assume a role, and what a request without MFA looks like from each of them.

A request carries `aws:MultiFactorAuthPresent` only where it is signed with temporary credentials, and `aws:MultiFactorAuthAge` only
where MFA was used. So there are two kinds of requests without MFA: with long-term access keys both keys are missing; in a session
made without MFA the first is "false" and the second missing. Services and federated identities have neither, ever.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from planproof.aws.iam.documents import read
from planproof.aws.iam.language import (
    Answer,
    Condition,
    Document,
    Principal,
    Statement,
    Text,
    Unknown,
    Who,
    on_request,
    unnamed_user,
)
from planproof.context import Context
from planproof.plan.model import Instance
from planproof.verdict import Outcome, failed, unknown

ROLE = "aws_iam_role"
POLICY = "assume_role_policy"
PRESENT, AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
UNSURE = frozenset({Who.SOMEBODY, Who.UNSURE})
MAX_STATEMENTS, MAX_PRINCIPALS = 70, 280  # more do not fit in the 4,096 characters that AWS takes
EVERYONE = Principal(Who.ANYONE, "*")
MACHINES = frozenset({Who.SERVICE, Who.FEDERATED})
PEOPLE = frozenset({Who.USER, Who.ACCOUNT, Who.ANYONE, Who.OTHER})

_ASSUME, _BY_SAML, _BY_OIDC = "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"
_OWN_ACTIONS = {Who.FEDERATED: (_BY_SAML, _BY_OIDC)}
_ARN, _TAG = "aws:principalarn", "aws:principaltag/"

Request = Mapping[str, str | None]
_NO_MFA: Request = {PRESENT: None, AGE: None}
# What tells who an IAM principal is; a service or a federated identity has none of it.
_NO_IDENTITY: Request = dict.fromkeys((_ARN, "aws:principaltype", "aws:username", "aws:principalorgid", "aws:principalorgpaths"))
# A person calls STS directly, as an IAM user. An external id is what third parties' machines give.
PERSON: Request = {
    "aws:principaltype": "User",
    "aws:principalisawsservice": "false",
    "aws:viaawsservice": "false",
    "aws:sourcearn": None,
    "aws:sourceaccount": None,
    "sts:externalid": None,
}
LONG_TERM = "long-term access keys"
WITHOUT_MFA: Mapping[str, Request] = {
    LONG_TERM: {**PERSON, **_NO_MFA},
    "a session created without MFA": {**PERSON, PRESENT: "false", AGE: None},
}


class Trust:
    """A role's trust policy, and how messages speak of it."""

    def __init__(self, document: Document, public: Callable[[str], str]) -> None:
        """`public`: a text of the document as a message may show it."""
        self.document, self._public = document, public
        self._answers: dict[object, Answer] = {}

    def once(self, find: Callable[[], Answer], *key: object) -> Answer:
        """What `find` answers, asked once for a key."""
        if key not in self._answers:
            self._answers[key] = find()
        return self._answers[key]

    @cached_property
    def allows(self) -> tuple[tuple[str, Statement], ...]:
        """What lets, or may let, somebody assume the role, by name."""
        return tuple((name, s) for name, s in self._named if s.may_allow)

    @cached_property
    def denies(self) -> tuple[tuple[str, Statement], ...]:
        """What keeps, or may keep, somebody from it."""
        return tuple((name, s) for name, s in self._named if s.may_deny)

    @cached_property
    def _named(self) -> list[tuple[str, Statement]]:
        numbered = enumerate(self.document.statements, 1)
        return [(self.name(number, statement), statement) for number, statement in numbered if _assumes(statement)]

    def name(self, number: int, statement: Statement) -> str:
        sid = "" if self.document.sensitive or isinstance(statement.sid, Unknown) else self._public(statement.sid)
        return f"statement {sid}" if re.fullmatch(r"[A-Za-z0-9]{1,64}", sid) else f"statement {number}"


def by_trust(role: Instance, context: Context, judge: Callable[[Trust], Outcome]) -> Outcome:
    """What `judge` says of the role's trust policy; where it is one of several, what it says of all of them."""
    document = _empty(role) if role.get(POLICY).text == "" else read(role, context, POLICY)

    def public(text: str) -> str:
        return context.redactor.public(text, role, POLICY)

    outcomes = [_judged(each, judge, public) for each in document.alternatives or (document,)]
    if len({outcome.verdict for outcome in outcomes}) == 1:
        return outcomes[0]
    return unknown("unknown_policy", document.problem, *document.where)


def _empty(role: Instance) -> Document:
    return Document(problem="not a policy that AWS accepts: it is empty", malformed=True, where=(f"{role.address}.{POLICY}",))


def _judged(document: Document, judge: Callable[[Trust], Outcome], public: Callable[[str], str]) -> Outcome:
    if document.malformed:
        return failed("malformed_policy", f"{POLICY} is {document.problem}", *document.where)
    if document.problem:
        return unknown("unknown_policy", document.problem, *document.where)
    refused = _refused(document)
    if refused:
        return failed("malformed_policy", f"{POLICY} is not a policy that AWS accepts: {refused}", *document.where)
    principals = sum(len(statement.principals) for statement in document.statements)
    if len(document.statements) > MAX_STATEMENTS or principals > MAX_PRINCIPALS:
        return failed("malformed_policy", f"{POLICY} exceeds the AWS limit of 4,096 characters", *document.where)
    return judge(Trust(document, public))


def _refused(document: Document) -> str:
    """Why IAM refuses a well-formed document as a trust policy, or empty: it has statements, each with a principal and an action, and
    none with a resource. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    if not document.statements and not document.undetermined:
        return "it has no statement"
    for number, statement in enumerate(document.statements, 1):
        if not statement.principals or any(principal.id == "" for principal in statement.principals):
            return f"statement {number} has no Principal"
        if not statement.actions:
            return f"statement {number} has no Action"
        if statement.resources:
            return f"statement {number} has a Resource, which a trust policy cannot have"
    return ""


def people_in(who: Principal, document: Document) -> Iterator[tuple[Principal, Answer]]:
    """The people for whom a principal stands, as the document tells them apart: each user that it names, and for an account or anyone
    those that it does not name. The answer says whether the principal includes them."""
    named = {p: None for s in document.statements for p in s.principals if p.who in (Who.USER, Who.ACCOUNT)}
    account = who.account if who.who is Who.ACCOUNT else None
    yield (unnamed_user(account) if account else who), True
    if who.who is Who.ANYONE:
        yield from ((unnamed_user(a), True) for a in dict.fromkeys(p.account for p in named) if a)
    if who.who in (Who.ANYONE, Who.ACCOUNT):
        inside = ((user, who.includes(user)) for user in named if user.who is Who.USER)
        yield from ((user, answer) for user, answer in inside if answer is not False)


def _assumes(statement: Statement) -> bool:
    return any(statement.acts_on(action) is not False for action in (_ASSUME, _BY_SAML, _BY_OIDC))


def actions_of(who: Principal, statement: Statement) -> list[str]:
    """The actions by which a principal of a statement may assume the role: its own, or whatever the statement names."""
    own = [a for a in _OWN_ACTIONS.get(who.who, (_ASSUME,)) if statement.acts_on(a) is not False]
    return own or [a for a in (_ASSUME, _BY_SAML, _BY_OIDC) if statement.acts_on(a) is not False]


def is_on_mfa(condition: Condition) -> bool:
    return condition.is_on(PRESENT, AGE)


def machine_request(who: Principal, statement: Statement) -> Request:
    """A request of a service or a federated identity, as this statement asks about it."""
    tags = (c.key.lower() for c in statement.conditions if isinstance(c.key, str) and c.key.lower().startswith(_TAG))
    service = {"aws:principalisawsservice": "true"} if who.who is Who.SERVICE else {}
    return {**_NO_MFA, **_NO_IDENTITY, **dict.fromkeys(tags), **service}


def person_holds(condition: Condition, who: Principal, request: Request, otherwise: bool) -> Answer:
    """Whether a condition holds for a person's request. Roles are no persons, whatever account the statement names."""
    if not condition.is_on(_ARN):
        account = {} if who.account is None else {"aws:principalaccount": who.account}
        return on_request({**request, **account}, otherwise)(condition)
    if who.who is Who.USER and isinstance(who.id, str) and who.id.startswith("arn:") and not who.is_unnamed:
        return condition.holds(who.id)
    if condition.values and all(_is_role(value) for value in condition.values):
        return condition._replace(values=("arn:aws:iam::000000000000:role/-",)).holds("arn:aws:iam::000000000000:user/-")
    return otherwise


def _is_role(value: Text) -> bool:
    if isinstance(value, Unknown):
        return value.who is Who.ROLE
    return bool(re.match(r"^arn:[^:]*:(?:iam|sts)::[^:]*:(?:role|assumed-role)/", value))


def asked(statement: Statement) -> str:
    """The MFA conditions of a statement in a message: `Bool aws:MultiFactorAuthPresent`."""
    found = [c for c in statement.conditions if is_on_mfa(c)]
    names = {PRESENT: "aws:MultiFactorAuthPresent", AGE: "aws:MultiFactorAuthAge"}
    return " and ".join(dict.fromkeys(f"{_operator(c)} {names[str(c.key).lower()]}" for c in found))


def _operator(condition: Condition) -> str:
    return condition.operator if isinstance(condition.operator, str) and condition.has_operator else "an operator of"


def display_name(who: Principal) -> str:
    """A principal in a message; of its text no more than a service's name, as it may be a variable's value."""
    if who.who is Who.SERVICE and isinstance(who.id, str) and re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?", who.id):
        return who.id
    return _SHOWN[who.who]


_SHOWN = {
    Who.SERVICE: "an AWS service",
    Who.FEDERATED: "a federated identity (SAML, OIDC)",
    Who.ROLE: "a role",
    Who.USER: "an IAM user",
    Who.ACCOUNT: "an AWS account",
    Who.ANYONE: "anyone (*)",
    Who.OTHER: "a principal of an unknown kind",
    Who.SOMEBODY: "an account, user or role known after apply",
    Who.UNSURE: "a principal known after apply",
}


def unread_parts(*statements: Statement) -> str:
    """What of these statements is known only after apply, for the reason of an UNKNOWN."""
    texts = [text for s in statements for text in _texts(s) if isinstance(text, Unknown)]
    return ", ".join(dict.fromkeys(text.what for text in texts))


def _texts(statement: Statement) -> Iterator[Text]:
    yield statement.effect
    yield from (p.id for p in statement.principals)
    yield from statement.actions
    for condition in statement.conditions:
        yield from (condition.operator, condition.key, *condition.values)
