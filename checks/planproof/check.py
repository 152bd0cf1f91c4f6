"""What a check is: a declaration and a pure function.

    @check(id="CKV_PLAN_12", name="...", severity="MEDIUM", category="LOGGING", types=("aws_cloudwatch_log_group",))
    def log_group_retention(group: Instance, context: Context) -> Outcome: ...

The function is given one subject at a time (or the plan, where `types` is PLAN_WIDE) and answers with outcomes. It reads the
plan, the policy and the source through the context, changes nothing, and knows nothing of Checkov.

This module is all that the author of a check imports; `__all__` is what can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.errors import AnswerError
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Value
from planproof.verdict import CHECK_ERROR, EXCEPTION_EXPIRED, SEVERITIES, Outcome, Verdict, failed, passed, unknown

__all__ = [
    "ANY_TYPE",
    "LISTED_TYPES",
    "PLAN_WIDE",
    "Check",
    "Context",
    "Instance",
    "Outcome",
    "Plan",
    "Value",
    "check",
    "failed",
    "passed",
    "unknown",
]

PLAN_WIDE: tuple[str, ...] = ()
"""For `types`: the subject is the plan itself."""
ANY_TYPE: tuple[str, ...] = ("*",)
"""For `types`: every managed resource, of those that `applies` admits."""

LISTED_TYPES: tuple[str, ...] = ("*listed",)
"""For `types`: those that `types` in the check's section of the policy lists, or has as keys with something other than null."""
CATEGORIES = (
    "LOGGING",
    "ENCRYPTION",
    "GENERAL_SECURITY",
    "NETWORKING",
    "IAM",
    "BACKUP_AND_RECOVERY",
    "CONVENTION",
    "SECRETS",
    "KUBERNETES",
    "APPLICATION_SECURITY",
    "SUPPLY_CHAIN",
    "API_SECURITY",
)
"""Those of Checkov's that fit a plan."""
_ID = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9]+_[0-9]+")
_WORD = re.compile(r"[\w.-]+")


Judge = Callable[[Any, Context], Outcome | Iterable[Outcome]]


class Check(NamedTuple):
    """A check: `id` (CKV_...), `name` (one line: what holds when it passes), `severity` (one of SEVERITIES), `category`
    (one of Checkov's), `types` (the resource types of its subjects, PLAN_WIDE, ANY_TYPE or LISTED_TYPES), the function, and `applies`,
    which says whether an instance of those types is a subject."""

    id: str
    name: str
    severity: str
    category: str
    types: tuple[str, ...]
    judge: Judge
    applies: Callable[[Instance, Context], bool] | None = None
    key: str = ""
    """The check's section in the policy: the function's name."""
    reads_configuration: bool = False
    """Whether a verdict hangs on how the configuration is written, and not on values alone. Whether that is as it was no plan tells, so
    `--only-changes` leaves none of its findings out."""
    also_decided_by: tuple[str, ...] = ()
    """Types of resources, `*` for any text, that may decide a verdict though neither they nor the subject name the other, such as a trail
    that records all buckets: where a plan changes one, `--only-changes` leaves none of its findings out."""
    problem: str = ""
    """Why its file cannot be loaded; then it fails whatever the plan is."""

    @property
    def is_plan_wide(self) -> bool:
        return self.types == PLAN_WIDE

    def subjects(self, context: Context) -> Iterable[Instance]:
        if self.types == ANY_TYPE:
            found = context.plan.managed
        else:
            found = context.plan.of_type(*(self._listed(context) if self.types == LISTED_TYPES else self.types))
        return found if self.applies is None else [instance for instance in found if self._is_subject(instance, context)]

    def _is_subject(self, instance: Instance, context: Context) -> bool:
        found = self.applies is None or self.applies(instance, context)
        if not isinstance(found, bool):  # None, of a function without a return, would leave every resource out
            raise AnswerError(f"applies returned {type(found).__name__}, not True or False")
        return found

    def _listed(self, context: Context) -> list[str]:
        types = context.settings(self.key)["types"]
        return [kind for kind in types if not isinstance(types, Mapping) or types[kind] is not None]


def check(
    *,
    id: str,
    name: str,
    severity: str,
    category: str,
    types: tuple[str, ...],
    applies: Callable[[Instance, Context], bool] | None = None,
    reads_configuration: bool = False,
    also_decided_by: tuple[str, ...] = (),
) -> Callable[[Judge], Check]:
    """Declares the decorated function a check. Raises ValueError where the declaration would come to nothing."""
    if not _ID.fullmatch(id):
        raise ValueError(f"the id of a check must look like CKV_ACME_1, not {id!r}")
    if severity not in SEVERITIES:
        raise ValueError(f"{id}: the severity must be one of {', '.join(SEVERITIES)}, not {severity!r}")
    if category not in CATEGORIES:
        raise ValueError(f"{id}: the category must be one of {', '.join(CATEGORIES)}, not {category!r}")
    for name_of, given in (("types", types), ("also_decided_by", also_decided_by)):
        if not isinstance(given, tuple) or not all(isinstance(kind, str) and kind for kind in given):
            raise ValueError(f"{id}: {name_of} must be a tuple of resource types, such as ('aws_s3_bucket',)")

    def declare(judge: Judge) -> Check:
        found = Check(id, name, severity, category, types, judge, applies, judge.__name__, reads_configuration, also_decided_by)
        declared.setdefault(judge.__module__, []).append(found)
        return found

    return declare


declared: dict[str, list[Check]] = {}
"""By module, all that its file declares: what has no name of its own there, the registry would not find."""


def outcomes_of(answer: object) -> list[Outcome]:
    """What a check's function answered: an Outcome, or several. Raises AnswerError for anything else, such as a text as the verdict: that
    would be shown as a failure, and counted as none."""
    if isinstance(answer, Outcome):
        return [_as_answer(answer)]
    if isinstance(answer, Iterable) and not isinstance(answer, (str, bytes, Mapping)):
        return [_as_answer(one) for one in answer]
    raise AnswerError(f"it returned {type(answer).__name__}; {_ANSWERS}")


_ANSWERS = "a check must return passed(...), failed(...) or unknown(...), or a list of them"


def _as_answer(found: object) -> Outcome:
    if not isinstance(found, Outcome):
        raise AnswerError(f"it returned a list with {type(found).__name__}; {_ANSWERS}")
    if found.verdict not in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN) or not isinstance(found.verdict, Verdict):
        raise AnswerError(f"it returned an invalid verdict; {_ANSWERS}")
    if not isinstance(found.code, str) or not _is_code(found.code):
        raise AnswerError("it returned an invalid code; put a word such as not_encrypted before the reason")
    if not isinstance(found.reason, str) or not found.reason.strip():
        raise AnswerError("the reason it returned is not a string")
    if not _are_texts(found.evidence) or not _are_texts(found.block):
        raise AnswerError("evidence and block must be strings, each as a separate argument")
    return found


@lru_cache(maxsize=1024)
def _is_code(text: str) -> bool:
    return bool(_WORD.fullmatch(text)) and text not in (CHECK_ERROR, EXCEPTION_EXPIRED)


def _are_texts(part: object) -> bool:
    return part == () or (isinstance(part, tuple) and all(isinstance(text, str) for text in part))
