"""What planproof raises on purpose."""

from __future__ import annotations


class PlanproofError(Exception):
    """There is nothing to judge, or to judge by; `str()` is one plain sentence: what is wrong, where, and what to do."""


class PlanError(PlanproofError):
    """The input is not a plan that can be judged."""


class SourceError(PlanproofError):
    """The source cannot be read."""


class PolicyError(PlanproofError):
    """The policy cannot be used. `problems` are all that is wrong with it; `str()` is the first."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")

    def __reduce__(self) -> tuple[type[PolicyError], tuple[str, ...]]:
        return PolicyError, self.problems


class BaselineError(PlanproofError):
    """The baseline cannot be used."""


class LoadError(PlanproofError):
    """Checks cannot be loaded."""


class AnswerError(PlanproofError):
    """A check's function answers with what is no answer; `str()` shows no value of it."""


class CommandError(PlanproofError):
    """A command cannot do what it was asked."""


class PatternError(PlanproofError, ValueError):
    """A pattern cannot be used, or AWS would refuse it; `str()` says why, goes on from the pattern's name, and shows no value of it."""


class SyntaxProblem(PlanproofError):
    """A file of the configuration that cannot be read; `line` and `column` begin at 1."""

    def __init__(self, path: str, line: int, column: int, what: str) -> None:
        super().__init__(f"{path}, line {line}, column {column}: {what}")
        self.path, self.line, self.column = path, line, column
