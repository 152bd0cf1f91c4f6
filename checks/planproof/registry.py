"""The checks: one file each in the folder `failure_modes`."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from planproof.check import PLAN_WIDE, Check, Context
from planproof.plan import Plan

_ID = re.compile(r"\bCKV_[A-Z0-9]+_\d+\b")
LOADING_FAILED = "CKV_PLAN_0"


class LoadError(Exception):
    """A check's file cannot be imported."""


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


def load_folder(folder: Path) -> tuple[Check, ...]:
    """The checks that a folder's files declare. Raises LoadError where there are none."""
    files = sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))
    found = {check.id: check for file in files for check in _load(file)}
    if not found:
        raise LoadError(f"there are no checks in {folder}")
    return tuple(sorted(found.values(), key=lambda check: _order(check.id)))


def _order(check_id: str) -> tuple[str, int]:
    head, _, number = check_id.rpartition("_")
    return head, int(number)


def _load(file: Path) -> list[Check]:
    name = f"planproof.failure_modes.{file.stem}"
    module = sys.modules.get(name)
    if module is None or getattr(module, "__file__", None) != str(file):
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            sys.modules.pop(name, None)
            return [_broken(file, error)]
    return [value for value in vars(module).values() if isinstance(value, Check)]


def _broken(file: Path, error: Exception) -> Check:
    """Stands in for a check whose file cannot be imported, under its own id, so that nothing passes for want of it."""
    found = _ID.search(file.read_text(encoding="utf-8", errors="replace"))
    reason = f"{file.name} cannot be imported: {type(error).__name__}: {error}"

    def cannot_judge(_plan: Plan, _context: Context) -> NoReturn:
        raise LoadError(reason)

    return Check(
        found[0] if found else LOADING_FAILED, f"{file.stem} can be loaded", "HIGH", "CONVENTION", PLAN_WIDE, cannot_judge
    )
