"""Which checks judge, of all that there are: by id, number or name, or by a pattern of one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from planproof.check import Check
from planproof.errors import CommandError
from planproof.text.escaping import one_line


def select_checks(checks: Iterable[Check], only: Iterable[str] = (), skipped: Iterable[str] = ()) -> tuple[Check, ...]:
    """The checks that an entry of `only` names (all, if there is none), without those that an entry of `skipped` names.

    An entry is an id, a number or a name, with `*`, `?` and `[...]` as in the names of files: `CKV_PLAN_1?`, `*bucket*`. Raises
    CommandError for an entry that fits no check, and if no check is left.
    """
    checks, only, skipped = tuple(checks), tuple(only), tuple(skipped)
    wanted = {check.id for entry in only for check in _fitting(entry, checks)}
    refused = {check.id for entry in skipped for check in _fitting(entry, checks)}
    found = tuple(check for check in checks if (not only or check.id in wanted) and check.id not in refused)
    if checks and not found:
        raise CommandError("no check is left: each one that is asked for is skipped too" if only else "every check is skipped")
    return found


def find_check(name: str, checks: Sequence[Check]) -> Check:
    """The check of that id, number or name. Raises CommandError, with the nearest one."""
    wanted = name.strip().lower()
    found = next((check for check in checks if wanted in _names(check)), None)
    if found is None:
        raise CommandError(f"there is no check {one_line(name.strip())!r}; {_near(wanted, checks)}")
    return found


def _fitting(entry: str, checks: Sequence[Check]) -> list[Check]:
    wanted = entry.strip().lower()
    if not any(sign in wanted for sign in "*?["):
        return [find_check(entry, checks)]
    found = [check for check in checks if any(fnmatchcase(name, wanted) for name in _names(check))]
    if not found:
        raise CommandError(f"no check has an id or name like {one_line(entry.strip())!r}; `planproof list` shows them all")
    return found


def _names(check: Check) -> tuple[str, str, str]:
    return check.id.lower(), check.id.rpartition("_")[2], check.key


def _near(wanted: str, checks: Sequence[Check]) -> str:
    shown = {alias: name for check in checks for alias, name in ((check.id.lower(), check.id), (check.key, check.key))}
    near = difflib.get_close_matches(wanted, shown, n=1)
    return f"did you mean {shown[near[0]]}?" if near else "`planproof list` shows them all"
