"""IAM policy documents: what a statement says, and whether a request fits it.

`planproof.aws.iam.documents.read` makes a `Document` of whatever the plan has: a JSON string, a data source, or its deferred blocks.
Here is the language itself, in one normal form: strings and lists are lists, `NotPrincipal` and `NotAction` are flags, operators
are split into their parts. A text that is known only after apply is an `Unknown` in its place, so that the rest can be judged.

Answers are True, False, or None for "known only after apply"; `both`, `either` and `negated` combine them.

    document = iam_documents.read(key, context, "policy")
    document.problem                                    # "" or why there is nothing to judge; `malformed`: AWS would refuse it
    document.allows(service("cloudwatch.amazonaws.com"), "kms:Decrypt")    # True, False or None
    for statement in document.statements: ...

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Answer = bool | None
"""True, False, or None: the plan does not say."""


def both(*answers: Answer) -> Answer:
    """Whether all hold."""
    return False if False in answers else None if None in answers else True


def either(*answers: Answer) -> Answer:
    """Whether any holds."""
    return True if True in answers else None if None in answers else False


def negated(answer: Answer) -> Answer:
    return None if answer is None else not answer


class Who(enum.Enum):
    """What a principal is."""

    SERVICE = "service"
    FEDERATED = "federated identity"  # SAML, OIDC
    ROLE = "role"  # its sessions too, and those that GetFederationToken makes, which cannot assume a role
    USER = "user"
    ACCOUNT = "account"  # everyone in it whom its own policies let
    ANYONE = "anyone"
    OTHER = "unrecognised principal"  # known, and none of these
    SOMEBODY = "account, user or role known after apply"
    UNSURE = "principal known after apply"


class Unknown(NamedTuple):
    """A text that is known only after apply. Two are the same text where `exact` and equal.

    `what` names what it is made of (`aws_iam_user.a.arn`), `who` what such a principal is, `types` the resource types behind it.
    """

    what: str
    who: Who = Who.SOMEBODY
    types: frozenset[str] = frozenset()
    exact: bool = False


Text = str | Unknown


def same(one: Text, other: Text) -> Answer:
    """Whether two texts are equal, whatever their case."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if one == other and isinstance(one, Unknown) and one.exact:
        return True
    return None


def fits(pattern: str, text: str) -> bool:
    """Whether `text` fits `pattern`, in which `*` stands for any text and `?` for any character."""
    at = mark = back = 0
    star = -1
    for _ in range((len(pattern) + 1) * (len(text) + 1)):
        if mark >= len(text):
            break
        if at < len(pattern) and pattern[at] == "*":
            star, at, back = at, at + 1, mark
        elif at < len(pattern) and pattern[at] in ("?", text[mark]):
            at, mark = at + 1, mark + 1
        elif star >= 0:
            back += 1
            at, mark = star + 1, back
        else:
            return False
    return mark >= len(text) and not pattern[at:].strip("*")


# --- principals -------------------------------------------------------------------------------------------------------

_ACCOUNT = re.compile(r"^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$")
_ARN = re.compile(r"^arn:[^:]*:(?:iam|sts)::([^:]*):(user|role|root|assumed-role|federated-user|saml-provider|oidc-provider)\b")
_BY_ARN = {
    "user": Who.USER,
    "root": Who.ACCOUNT,
    "role": Who.ROLE,
    "assumed-role": Who.ROLE,
    "federated-user": Who.ROLE,
    "saml-provider": Who.FEDERATED,
    "oidc-provider": Who.FEDERATED,
}
_BY_UNIQUE_ID = {"AIDA": Who.USER, "AROA": Who.ROLE}
_BY_TYPE = {"service": Who.SERVICE, "federated": Who.FEDERATED, "canonicaluser": Who.ACCOUNT, "*": Who.ANYONE}


class Principal(NamedTuple):
    """One principal of a statement."""

    who: Who
    id: Text

    @property
    def account(self) -> str | None:
        """The account that it is, or lies in, where its text says so."""
        if not isinstance(self.id, str):
            return None
        found = _ACCOUNT.match(self.id) or _ARN.match(self.id)
        return found[1] if found else None

    @property
    def is_unnamed(self) -> bool:
        """Whether it stands for the users of an account whom no statement names."""
        return isinstance(self.id, str) and self.id.endswith(":user/*")

    def includes(self, other: Principal) -> Answer:
        """Whether a statement about this one is about the whole of the other. An account stands for everyone in it."""
        if self.who is Who.ANYONE:
            return True
        pair = {self.who, other.who}
        if Who.UNSURE in pair or (Who.SOMEBODY in pair and not pair & {Who.SERVICE, Who.FEDERATED}):
            return same(self.id, other.id)
        inside = self.who is Who.ACCOUNT and other.who in (Who.ACCOUNT, Who.USER, Who.ROLE)
        if not inside and self.who is not other.who:
            return False
        if self.who is Who.SERVICE and self.id == "*":
            return True
        if self.who is Who.USER and other.is_unnamed:
            return self == other
        if inside and self.account is not None and other.account is not None:
            return self.account == other.account
        return same(self.id, other.id) if self.who is other.who else None


def service(name: str) -> Principal:
    """The principal of an AWS service: `service("cloudwatch.amazonaws.com")`."""
    return Principal(Who.SERVICE, name)


def unnamed_user(account: str) -> Principal:
    """A user of the account whom no statement names."""
    return Principal(Who.USER, f"arn:aws:iam::{account}:user/*")


def principal(kind: Text, identifier: Text) -> Principal:
    """What `{kind: identifier}` in a policy's `Principal` is: `principal("AWS", "123456789012")`."""
    if isinstance(kind, Unknown):
        return Principal(Who.UNSURE, identifier)
    if kind.lower() in _BY_TYPE:
        return Principal(_BY_TYPE[kind.lower()], identifier)
    if isinstance(identifier, Unknown):
        return Principal(identifier.who, identifier)
    return Principal(who_by_text(identifier), identifier)


def who_by_text(identifier: str) -> Who:
    """What an identifier under `"AWS"` is, by its shape."""
    if identifier == "*":
        return Who.ANYONE
    if _ACCOUNT.match(identifier):
        return Who.ACCOUNT
    arn = _ARN.match(identifier)
    return _BY_ARN[arn[2]] if arn else _BY_UNIQUE_ID.get(identifier[:4], Who.OTHER)


# --- conditions -------------------------------------------------------------------------------------------------------

_OPERATOR = re.compile(r"^(?:for(?P<set>any|all)values?:)?(?P<name>[a-z]+?)(?P<exists>ifexists)?$")
_COMPARE = re.compile(
    r"^(?:string(?P<not_string>not)?(?:equals|like)|stringequalsignorecase|string(?P<not_ignore>not)equalsignorecase"
    r"|arn(?P<not_arn>not)?(?:equals|like)|numeric(?:(?P<not_numeric>not)?equals|(?:less|greater)than(?:equals)?)"
    r"|date(?:(?P<not_date>not)?equals|(?:less|greater)than(?:equals)?)|bool|binaryequals|(?P<not_ip>not)?ipaddress|null)$"
)
_TEXTUAL = ("string", "arn", "bool")


class Condition(NamedTuple):
    """One key under one operator: it holds where the request's value fits any of `values`."""

    operator: Text
    key: Text
    values: tuple[Text, ...]

    @property
    def is_settled(self) -> bool:
        """Whether one that is equal to it is the same condition: no text in it is unknown, or it is exactly the same."""
        texts = (self.operator, self.key, *self.values)
        return all(isinstance(text, str) or text.exact for text in texts)

    @property
    def has_operator(self) -> bool:
        """Whether the operator is one that AWS has."""
        return isinstance(self.operator, str) and _parts(self.operator) is not None

    def is_on(self, *keys: str) -> bool:
        """Whether it is about one of these keys (given in lower case)."""
        return isinstance(self.key, str) and self.key.lower() in keys

    def holds(self, present: str | None) -> Answer:
        """Whether it holds for a request whose value of this key is `present`; None: the request has no such key.

        A missing key fits no operator but the negated ones, `...IfExists`, `ForAllValues:` and `Null` true. None, too, where the
        operator is unknown, is none that AWS has, or does not suit the value.
        """
        if isinstance(self.operator, Unknown):
            return None
        parts = _parts(self.operator)
        if parts is None:
            return None
        of_set, name, if_exists, negative = parts
        if name == "null":
            return either(*(_is_null(value, present) for value in self.values))
        if present is None:
            return True if if_exists or of_set == "all" else negative and not of_set
        if not name.startswith(_TEXTUAL):
            return None
        found = either(*(_equal(name, value, present) for value in self.values))
        return negated(found) if negative else found


def _parts(operator: str) -> tuple[str, str, bool, bool] | None:
    """An operator's set prefix ("any", "all" or ""), its name in lower case, whether it ends in IfExists, and whether it negates."""
    found = _OPERATOR.match(operator.lower())
    compared = _COMPARE.match(found["name"]) if found else None
    if found is None or compared is None:
        return None
    return found["set"] or "", found["name"], bool(found["exists"]), any(compared.groupdict().values())


def _is_null(value: Text, present: str | None) -> Answer:
    if isinstance(value, Unknown):
        return None
    return {"true": present is None, "false": present is not None}.get(value.lower())


def _equal(name: str, value: Text, present: str) -> Answer:
    if isinstance(value, Unknown):
        return None
    if "like" in name or name.startswith("arn"):
        return fits(value, present)
    return value.lower() == present.lower() if name == "bool" or "ignorecase" in name else value == present


# --- statements -------------------------------------------------------------------------------------------------------


class Statement(NamedTuple):
    """One statement. `not_principals` and `not_actions`: the lists say to whom and to what it does not apply.

    `effect` is Unknown, too, where it cannot be told whether the statement stays in the document.
    """

    sid: Text = ""
    effect: Text = "Allow"
    principals: tuple[Principal, ...] = ()
    not_principals: bool = False
    actions: tuple[Text, ...] = ()
    not_actions: bool = False
    resources: tuple[Text, ...] = ()
    not_resources: bool = False
    conditions: tuple[Condition, ...] = ()

    @property
    def may_allow(self) -> bool:
        return self.effect != "Deny"

    @property
    def may_deny(self) -> bool:
        return self.effect != "Allow"

    def acts_on(self, action: str) -> Answer:
        """Whether it is about this action: `acts_on("sts:AssumeRole")`."""
        found = either(*(None if isinstance(a, Unknown) else fits(a.lower(), action.lower()) for a in self.actions))
        return negated(found) if self.not_actions else found

    def is_about(self, who: Principal) -> Answer:
        """Whether it is about a principal; of an account or anyone, about those in it whom it does not name apart."""
        found = either(*(p.includes(who) for p in self.principals))
        return negated(found) if self.not_principals else found

    def conditions_hold(self, ask: Callable[[Condition], Answer]) -> Answer:
        """Whether all its conditions hold; `ask` answers for one, as `on_request` does."""
        return both(*(ask(condition) for condition in self.conditions))


def on_request(request: Mapping[str, str | None], otherwise: bool) -> Callable[[Condition], Answer]:
    """Asks a condition whether it holds for a request, given by lower-case key; None for a key that is missing from it.

    Of the keys that are not given nothing is known but that their conditions can be met, or not: `otherwise`.
    """

    def ask(condition: Condition) -> Answer:
        if isinstance(
            condition.key, Unknown
        ):  # one made from an AWS resource, such as an OIDC provider's URL, is none of AWS's own
            return otherwise if any(kind.startswith("aws_") for kind in condition.key.types) else None
        key = condition.key.lower()
        return condition.holds(request[key]) if key in request else otherwise

    return ask


class Document(NamedTuple):
    """A policy document.

    `problem`: why there is nothing to judge, "" where there is; `malformed`: the text is known, and is no policy that AWS takes.
    `undetermined`: reasons for which there may be more statements than these. `sensitive`: nothing of its text may be shown.
    """

    statements: tuple[Statement, ...] = ()
    problem: str = ""
    malformed: bool = False
    undetermined: tuple[str, ...] = ()
    sensitive: bool = False
    alternatives: tuple[Document, ...] = ()
    """Where there is a problem: the documents of which it is one, though the plan does not say which."""
    where: tuple[str, ...] = ()
    """Evidence: the attribute, and the data sources that the document was read from."""

    def allows(self, who: Principal, action: str, request: Mapping[str, str | None] | None = None) -> Answer:
        """Whether this document, taken alone, lets the principal do this. Conditions on keys that `request` does not give count as
        met in an Allow, and as not met in a Deny."""
        if self.problem:
            return None
        given = request or {}
        allowed = either(*(_applies(s, "Allow", who, action, given, True) for s in self.statements if s.may_allow))
        denied = either(*(_applies(s, "Deny", who, action, given, False) for s in self.statements if s.may_deny))
        answer = both(allowed, negated(denied))
        return None if self.undetermined and denied is not True else answer


def _applies(
    statement: Statement, effect: str, who: Principal, action: str, request: Mapping[str, str | None], otherwise: bool
) -> Answer:
    fitting = both(statement.is_about(who), statement.acts_on(action), statement.conditions_hold(on_request(request, otherwise)))
    return fitting if statement.effect == effect else both(fitting, None)
