"""The policy: everything a team may want to change, as data.

A policy file is YAML (policies/secure-logs.yaml is the bundled default, with a remark on every key). `extends:` names a bundled
profile or a relative file; maps merge by key, lists replace.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from planproof.errors import PolicyError
from planproof.policy.inline_skips import FORBID, after_inline_skips
from planproof.policy.profiles import DEFAULT, bundled_data
from planproof.text.wildcards import matches
from planproof.verdict import CHECK_ERROR, EXCEPTION_EXPIRED, MANDATORY, OFF, Finding, Outcome, Verdict

if TYPE_CHECKING:
    from planproof.policy.layers import KnownCheck


class Waiver(NamedTuple):
    """An exception of the policy: the findings of `check` on addresses that fit the glob are skipped before `expires`."""

    check: str
    address: str
    reason: str
    expires: datetime.date
    owner: str = ""
    ticket: str = ""

    def covers(self, check_id: str, subject: str) -> bool:
        return check_id == self.check and matches(self.address, subject)

    @property
    def text(self) -> str:
        """The reason, and who answers for it: `moved to the archive account (owner platform, OPS-12)`."""
        answers = ", ".join(filter(None, (self.owner and f"owner {self.owner}", self.ticket)))
        return f"{self.reason} ({answers})" if answers else self.reason


class Declared(NamedTuple):
    """What another configuration makes, as the section `elsewhere` declares it: `name` is a name or an ARN, and `*` in it any text.
    `alerts`, of a trail: denied access that it logs alerts somebody there. `tags`, of a backup plan: what it backs up has all of them."""

    name: str
    reason: str
    until: datetime.date | None = None
    alerts: bool = False
    tags: tuple[tuple[str, str], ...] = ()


class Policy:
    """An effective policy. `data` is the whole of it, as its YAML reads once everything is merged; it is never changed."""

    def __init__(
        self, data: Mapping[str, Any], name: str = DEFAULT, today: datetime.date | None = None, profile: str = DEFAULT
    ) -> None:
        """`profile`: the bundled profile that it begins with."""
        self.data, self.name, self.profile = data, name, profile
        self._settings = {key: part for key, part in data.get("checks", {}).items() if isinstance(part, Mapping)}
        self.today = today or datetime.datetime.now(datetime.timezone.utc).date()
        self.waivers = tuple(_waiver(raw, name) for raw in data.get("exceptions") or ())
        self._by_place: dict[tuple[str, str], list[Waiver]] = {}
        """By check and address, where that is no glob; the globs of a check stand under the address `*`."""
        for waiver in self.waivers:
            place = "*" if "*" in waiver.address else waiver.address
            self._by_place.setdefault((waiver.check, place), []).append(waiver)

    @classmethod
    def default(cls) -> Policy:
        return cls(bundled_data(DEFAULT))

    @classmethod
    def load(cls, path: str | os.PathLike[str], checks: Iterable[KnownCheck]) -> Policy:
        """The policy of that file, or the bundled profile of that name. `checks`: all that it may have sections and exceptions for.

        Raises PolicyError.
        """
        from planproof.policy.layers import load  # which the default needs not

        found = load(path, checks)
        return cls(found.effective, os.fspath(path), profile=found.profile)

    @classmethod
    def of(cls, data: Mapping[str, Any], checks: Iterable[KnownCheck], name: str = "the policy") -> Policy:
        """The policy of what a policy file would say: `{"extends": "general", "unknown": "fail"}`. Raises PolicyError."""
        from planproof.policy.layers import from_mapping

        found = from_mapping(data, name, checks)
        return cls(found.effective, name, profile=found.profile)

    def settings(self, name: str) -> Mapping[str, Any]:
        """The section of a check, by the name of its function."""
        return self._settings.get(name, {})

    def section(self, name: str) -> Mapping[str, Any]:
        """A section that checks share: `log_buckets`, `environments`."""
        found = self.data.get(name)
        return found if isinstance(found, Mapping) else {}

    def elsewhere(self, kind: str) -> tuple[Declared, ...]:
        """What other configurations make of a kind (`trails`, `topics`, `log_groups`, `backup_plans`), as far as it holds today."""
        return tuple(each for each in self._declared(kind) if each.until is None or self.today < each.until)

    def _declared(self, kind: str) -> tuple[Declared, ...]:
        return tuple(_declaration(raw, self.name) for raw in self.section("elsewhere").get(kind) or ())

    @property
    def outdated(self) -> list[str]:
        """A warning for each declaration whose day has come, and for each key that has a new name."""
        found = [
            f"{self.name}: the declaration of {each.name} in elsewhere.{kind} ended on {each.until}"
            for kind in self.section("elsewhere")
            for each in self._declared(kind)
            if each.until is not None and self.today >= each.until
        ]
        if self.settings("unauthorized_access_alert").get("known_topics"):
            found.append(f"{self.name}: known_topics is deprecated and will be removed in the next release; use elsewhere.topics")
        return found

    @property
    def unknown(self) -> str:
        """What UNKNOWN means: `warn`, `fail` or `ignore`."""
        return str(self.data.get("unknown", "warn"))

    @property
    def unjudged(self) -> str:
        """What it means that nothing judges a plan: `fail`, `warn` or `ignore`."""
        return str(self.data.get("unjudged", "warn"))

    def level(self, check: KnownCheck, code: str = "") -> str:
        """`mandatory`, `advisory` or `off`: of a check, or of what it says with this code. That it could not judge is never let off."""
        settings = self.settings(check.key)
        if code == CHECK_ERROR:
            return MANDATORY
        own = MANDATORY if settings.get("enabled", True) else OFF
        return str((settings.get("levels") or {}).get(code) or settings.get("level") or own)

    def is_on(self, check: KnownCheck) -> bool:
        """Whether the check is asked: unless it, and each code that has a level of its own, is off."""
        codes = self.settings(check.key).get("levels") or ()
        return any(self.level(check, code) != OFF for code in ("", *codes))

    def severity(self, check: KnownCheck) -> str:
        return str(self.settings(check.key).get("severity") or check.severity)

    def after_exceptions(self, check_id: str, subject: str, outcome: Outcome) -> tuple[Verdict, str, str]:
        """The verdict, code and reason once an exception is applied: SKIP until its day, FAIL from then on.

        Of several that fit, the one that holds longest counts. A check that could not judge is never excused.
        """
        unchanged = outcome.verdict, outcome.code, outcome.reason
        if outcome.verdict is Verdict.PASS or outcome.code == CHECK_ERROR:
            return unchanged
        near = [*self._by_place.get((check_id, subject), ()), *self._by_place.get((check_id, "*"), ())]
        waiver = max((w for w in near if w.covers(check_id, subject)), key=lambda w: w.expires, default=None)
        if waiver is None:
            return unchanged
        if self.today < waiver.expires:
            return Verdict.SKIP, outcome.code, f"exception until {waiver.expires}: {waiver.text}"
        return Verdict.FAIL, EXCEPTION_EXPIRED, f"exception expired on {waiver.expires} ({waiver.text}): {outcome.reason}"

    def after_inline_skips(
        self, check_id: str, comments: Iterable[str], verdict: Verdict, code: str, reason: str
    ) -> tuple[Verdict, str, str]:
        """The verdict, code and reason once the comments beside what is judged are read. What is no failure, what an exception covers or
        covered, and what could not be judged stays as it is."""
        if verdict in (Verdict.PASS, Verdict.SKIP) or code in (CHECK_ERROR, EXCEPTION_EXPIRED):
            return verdict, code, reason
        rule = str(self.data.get("inline_skips", FORBID))
        return after_inline_skips(check_id, comments, rule, self.today, verdict, code, reason)

    def unused_exceptions(self, judged: set[str], findings: Iterable[Finding]) -> list[str]:
        """A warning for each exception of the judged checks that no finding fits, or that only findings which pass fit."""
        verdicts_of: dict[str, dict[str, set[Verdict]]] = {}
        for finding in findings:
            verdicts_of.setdefault(finding.check_id, {}).setdefault(finding.subject, set()).add(finding.verdict)
        found = []
        for waiver in (w for w in self.waivers if w.check in judged):
            by_subject = verdicts_of.get(waiver.check, {})
            subjects = by_subject if "*" in waiver.address else by_subject.keys() & {waiver.address}
            verdicts = {v for subject in subjects if waiver.covers(waiver.check, subject) for v in by_subject[subject]}
            if not verdicts - {Verdict.PASS}:
                why = "is not needed: everything it matches passes" if verdicts else "matches nothing in this plan"
                found.append(f"{self.name}: the exception for {waiver.check} on {waiver.address} {why}")
        return found


def _declaration(raw: Mapping[str, Any], name: str) -> Declared:
    until = raw.get("until")
    try:
        day = until if until is None or isinstance(until, datetime.date) else datetime.date.fromisoformat(str(until))
        tags = tuple((key, value) for key, value in (raw.get("tags") or {}).items() if value is not None)
        return Declared(str(raw["name"]), str(raw["reason"]), day, raw.get("alerts") is True, tags)
    except (KeyError, ValueError, TypeError):
        raise PolicyError(
            f"{name}: an entry of elsewhere needs name and reason, and until must be a date such as 2030-01-31"
        ) from None


def _waiver(raw: Mapping[str, Any], name: str) -> Waiver:
    expires = raw.get("expires")
    try:
        day = expires if isinstance(expires, datetime.date) else datetime.date.fromisoformat(str(expires))
        if not str(raw["reason"]).strip():
            raise ValueError
        return Waiver(
            str(raw["check"]), str(raw["address"]), str(raw["reason"]), day, str(raw.get("owner", "")), str(raw.get("ticket", ""))
        )
    except (KeyError, ValueError, TypeError):
        raise PolicyError(f"{name}: an exception needs check, address, reason and expires (a date such as 2030-01-31)") from None
