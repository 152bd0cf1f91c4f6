"""What planproof raises on purpose."""

from __future__ import annotations


class PlanproofError(Exception):
    """There is nothing to judge, or to judge by; `str()` is one plain sentence: what is wrong, where, and what to do."""


class SyntaxProblem(PlanproofError):
    """A file of the configuration that cannot be read; `line` and `column` begin at 1."""

    def __init__(self, path: str, line: int, column: int, what: str) -> None:
        super().__init__(f"{path}, line {line}, column {column}: {what}")
        self.path, self.line, self.column = path, line, column
