"""Exceptions that stand in the configuration, as Checkov reads them: `#checkov:skip=CKV_PLAN_1:reason expires=2027-01-31`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from planproof.text.escaping import one_line
from planproof.verdict import EXCEPTION_EXPIRED, Verdict

MARK = ":skip="
ALLOW, REQUIRE_EXPIRY, FORBID = "allow", "require_expiry", "forbid"
_SKIP = re.compile(r"(?:checkov|bridgecrew|cortex):skip=[ \t]*([\w-]+(?:,[\w-]+)*)(?::([^\r\n]*))?")
_EXPIRES = re.compile(r"\bexpires=([^\s,;)*]*)[,;]?")
_LONGEST = 300


class InlineSkip(NamedTuple):
    """`expires` is what the comment says, and `day` what that comes to; both are None where it says nothing."""

    reason: str
    expires: str | None = None
    day: datetime.date | None = None

    def why_not(self, rule: str) -> str:
        """Why it does not hold, whatever the day is; empty if it may."""
        if rule == FORBID:
            return "a comment skips this, but the policy forbids inline skips"
        if self.expires is not None and self.day is None:
            return (
                f"a comment skips this until {one_line(self.expires)[:40] or 'nothing'}, which is not a date such as 2030-01-31"
            )
        if self.expires is None and rule == REQUIRE_EXPIRY:
            return "a comment skips this without the expiry that the policy requires: add expires=2030-01-31"
        return ""


def after_inline_skips(
    check_id: str, comments: Iterable[str], rule: str, today: datetime.date, verdict: Verdict, code: str, reason: str
) -> tuple[Verdict, str, str]:
    """The verdict, code and reason once the comments of a block are read: SKIP until the day, FAIL from then on. Of several, the one that
    holds longest counts."""
    found = list(_skips_of(check_id, comments))
    holding = [skip for skip in found if not skip.why_not(rule)]
    if not found:
        return verdict, code, reason
    if not holding:
        return verdict, code, f"{reason} ({found[0].why_not(rule)})"
    longest = max(holding, key=lambda skip: skip.day or datetime.date.max)
    if longest.day is None:
        return Verdict.SKIP, code, f"skipped by a comment: {longest.reason}"
    if today < longest.day:
        return Verdict.SKIP, code, f"skipped by a comment until {longest.day}: {longest.reason}"
    return Verdict.FAIL, EXCEPTION_EXPIRED, f"a comment skipped this until {longest.day} ({longest.reason}): {reason}"


def _skips_of(check_id: str, comments: Iterable[str]) -> Iterator[InlineSkip]:
    for comment in comments:
        for ids, words in _SKIP.findall(comment):
            if check_id in ids.split(","):
                yield _skip(words)


def _skip(words: str) -> InlineSkip:
    until = _EXPIRES.search(words)
    reason = " ".join(_EXPIRES.sub(" ", words).replace("*/", " ").split())[:_LONGEST] or "no reason is given"
    return InlineSkip(reason, until[1], _day(until[1])) if until else InlineSkip(reason)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None
