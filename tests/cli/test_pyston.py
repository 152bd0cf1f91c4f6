"""`planproof checkov` runs without the JIT that Checkov brings on Python 3.10."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from planproof.cli.commands.checkov import _leave_pyston

WORDS = ["-m", "planproof", "checkov", "-f", "plan.json"]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str]]:
    """The processes that this one becomes, with what they are told of the JIT."""
    found: list[tuple[str, list[str], str]] = []
    monkeypatch.setattr(os, "execv", lambda program, words: found.append((program, words, os.environ["DISABLE_PYSTON"])))
    monkeypatch.setattr(sys, "argv", ["planproof", *WORDS[2:]])
    monkeypatch.setattr(sys, "orig_argv", ["python", *WORDS])
    monkeypatch.setitem(sys.modules, "pyston_lite", ModuleType("pyston_lite"))
    monkeypatch.setenv("DISABLE_PYSTON", "")
    monkeypatch.delenv("DISABLE_PYSTON")
    return found


def test_the_command_begins_again_once(begun: list[tuple[str, list[str], str]]) -> None:
    _leave_pyston()
    _leave_pyston()
    assert begun == [(sys.executable, [sys.executable, *WORDS], "1")]


def test_where_there_is_no_jit_it_goes_on(begun: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyston_lite")
    _leave_pyston()
    assert (begun, os.environ["DISABLE_PYSTON"]) == ([], "1")


def test_a_program_that_calls_the_command_is_not_replaced(begun: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["a program of its own"])
    _leave_pyston()
    assert begun == []
