"""The checks: one file each in the folder `failure_modes`, and in a team's own folders; and which of them are asked for."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from planproof.check import PLAN_WIDE, Check
from planproof.context import Context
from planproof.errors import CommandError, LoadError
from planproof.plan.model import Plan
from planproof.text.escaping import one_line
from planproof.version import RESERVED

_ID = re.compile(r"\bCKV_[A-Z0-9]+_\d+\b")
LOADING_FAILED = "CKV_PLAN_0"
BUNDLED = "planproof.failure_modes"


def checks_folder() -> Path:
    """The folder of the checks: inside the installed package, or beside it in a clone or a copy of `checks`."""
    here = Path(__file__).resolve().parent
    found = next((f for f in (here / "failure_modes", here.parent / "failure_modes") if f.is_dir()), None)
    if found is None:
        raise LoadError(f"the checks are missing: there is no folder failure_modes beside or in {here.name}")
    return found


@lru_cache(maxsize=1)
def all_checks() -> tuple[Check, ...]:
    """All bundled checks in the order of their numbers. One whose file cannot be imported is there too, and always fails."""
    return load_folder(checks_folder())


def own_checks(*folders: str | os.PathLike[str]) -> tuple[Check, ...]:
    """The checks in a team's own folders; by default in those that PLANPROOF_CHECKS names, separated as in PATH.

    Raises LoadError where a folder has none, or where one is called as another is.
    """
    named = os.environ.get("PLANPROOF_CHECKS", "")
    folders = folders or tuple(filter(None, named.split(os.pathsep)))
    if named and not folders:
        raise LoadError(
            f"PLANPROOF_CHECKS is {named!r}, which is not a folder; unset it, or set it to the folders of your checks"
        )
    bundled = all_checks() if folders else ()
    found: list[Check] = []
    for folder in dict.fromkeys(Path(folder).resolve() for folder in folders):
        if not folder.is_dir():
            raise LoadError(f"the folder {folder} of checks does not exist")
        for check in load_folder(folder, _package(folder)):
            if check not in bundled and check not in found:  # a file may import another's
                _refuse_taken(check, bundled, found, folder)
                found.append(check)
    return tuple(found)


def _refuse_taken(check: Check, bundled: Iterable[Check], own: Iterable[Check], folder: Path) -> None:
    if check.id.startswith(RESERVED) and check.id != LOADING_FAILED:
        raise LoadError(
            f"{folder} declares {check.id}, but ids that begin with {RESERVED} are reserved for planproof; use another, such as CKV_ACME_1"
        )
    for other in (*bundled, *own):
        if check.key and check.key == other.key:
            raise LoadError(f"{folder} declares a check named {check.key}, the name of {other.id}; rename its function")
        if check.id == other.id != LOADING_FAILED:
            raise LoadError(f"{folder} declares {check.id} a second time")


def _package(folder: Path) -> str:
    """A package for a folder, so that its files can import one another: `from ._shared import prefix`."""
    import hashlib

    name = f"planproof_own_{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def load_folder(folder: Path, package: str = BUNDLED) -> tuple[Check, ...]:
    """The checks that a folder's files declare. Raises LoadError where there are none, or where a file declares none."""
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    found = dict.fromkeys(check for file in files for check in _load(file, package))
    if not found:
        raise LoadError(f"there are no checks in {folder}")
    return tuple(sorted(found, key=lambda check: _order(check.id)))


def _order(check_id: str) -> tuple[str, int]:
    head, _, number = check_id.rpartition("_")
    return head, int(number)


def _load(file: Path, package: str) -> list[Check]:
    name = f"{package}.{file.stem}"
    module = sys.modules.get(name)
    if module is None or getattr(module, "__file__", None) != str(file):
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: no file ends a run
            sys.modules.pop(name, None)
            return [_broken(file, error, own=package != BUNDLED)]
    found = [value for value in vars(module).values() if isinstance(value, Check)]
    if not found:
        raise LoadError(f"{file} declares no check; if it is a helper, begin its name with an underscore")
    return found


def _broken(file: Path, error: BaseException, own: bool) -> Check:
    """Stands in for a check whose file cannot be imported, under its own id, so that nothing passes for want of it."""
    named = _ID.findall(file.read_text(encoding="utf-8", errors="replace"))
    found = next((name for name in named if not (own and name.startswith(RESERVED))), LOADING_FAILED)
    reason = f"{file.name} cannot be imported: {type(error).__name__}: {error}"

    def cannot_judge(_plan: Plan, _context: Context) -> NoReturn:
        raise LoadError(reason)

    return Check(
        found, f"{file.stem} can be loaded", "HIGH", "CONVENTION", PLAN_WIDE, cannot_judge, key=file.stem, problem=reason
    )


# --- which of them are asked for -----------------------------------------------------------------------------------------


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
    import difflib

    near = difflib.get_close_matches(wanted, shown, n=1)
    return f"did you mean {shown[near[0]]}?" if near else "`planproof list` shows them all"
