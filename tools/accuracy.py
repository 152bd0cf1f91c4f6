"""Judges many configurations, and counts what a person thought of what failed.

    python tools/accuracy.py FOLDER...                  # each has a plan.json and the configuration that it was made from
    python tools/accuracy.py --pairs FILE.tsv           # a plan and the folder of its configuration on each line
    python tools/accuracy.py FOLDER... --list > failures.tsv
    python tools/accuracy.py --read failures.tsv

Prints how many configurations exit with 0, 1 and 2, and what each check says of them. `--list` prints instead each failure that makes the exit code 1,
as TSV whose first column is for a word of whoever reads it against the source: `worth` (a reviewer's word), `noise` (true, and nobody would act on it) or
`wrong`. `--read` counts those words; with `--list`, failures keep the words that they have there.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from differential import pairs_of
from planproof.cli.commands.check import exit_code
from planproof.cli.exit_codes import CANNOT_JUDGE
from planproof.engine import evaluate, find_policy
from planproof.errors import CommandError, PlanproofError
from planproof.policy.model import Policy
from planproof.text.escaping import one_line
from planproof.verdict import Report, Standing

WORDS = ("worth", "noise", "wrong")


class Failure(NamedTuple):
    """A finding that makes the exit code 1, and what a person said of it."""

    word: str
    plan: str
    check: str
    code: str
    subject: str
    place: str
    reason: str

    @property
    def identity(self) -> tuple[str, ...]:
        return self.plan, self.check, self.code, self.subject


class Judged:
    """What came of all configurations."""

    def __init__(self) -> None:
        self.exits: Counter[int] = Counter()
        self.counts: dict[str, Counter[Standing]] = {}
        self.failures: list[Failure] = []
        self.problems: list[str] = []

    def add(self, plan: Path, source: Path, policy: Policy) -> None:
        """Judges one configuration; one that cannot be judged exits with 2."""
        try:
            report = evaluate(plan, policy, source)
        except PlanproofError as error:
            self.exits[CANNOT_JUDGE] += 1
            self.problems.append(f"{plan}: {error}")
            return
        self.exits[exit_code(report)] += 1
        self.problems += [f"{plan}: {error}" for error in report.errors]
        for rule in report.rules:
            self.counts.setdefault(rule.id, Counter())
        for finding in report.findings:
            self.counts[finding.check_id][finding.standing] += 1
        self.failures += failures(str(plan), report)

    def lines(self) -> Iterator[str]:
        found = sum((each for each in self.counts.values()), Counter[Standing]())
        yield f"{self.exits.total()} configurations: " + ", ".join(f"{self.exits[code]} exit {code}" for code in range(3))
        yield f"{found.total()} findings: {found[Standing.UNKNOWN]} UNKNOWN ({share(found[Standing.UNKNOWN], found.total())})"
        yield ""
        yield from table(("check", "PASS", "FAIL", "UNKNOWN", "advisory", "configurations that it fails"), self._rows())
        yield ""
        kinds = Counter((failure.check, failure.code) for failure in self.failures)
        yield from table(("check", "code", "failures"), ((*kind, count) for kind, count in kinds.most_common()))

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for check, of in self.counts.items():
            plans = {failure.plan for failure in self.failures if failure.check == check}
            standings = (Standing.PASS, Standing.FAIL, Standing.UNKNOWN, Standing.ADVISORY)
            yield check, *(of[standing] for standing in standings), len(plans)


def failures(plan: str, report: Report) -> Iterator[Failure]:
    for finding in report.findings:
        if report.fails_by(finding):
            place = f"{finding.file}:{finding.line}" if finding.file else ""
            yield Failure("", plan, finding.check_id, finding.code, finding.subject, place, one_line(finding.reason))


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    heads = list(heads)
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(map(str, row))} |"


def read(file: Path) -> list[Failure]:
    """Failures with their words. Raises CommandError where a line is not one."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows, 1):
        if len(row) != len(Failure._fields):
            raise CommandError(
                f"{file}:{number}: a line has {len(Failure._fields)} columns, not {len(row)}; make the file with --list"
            )
        if number > 1 and row[0] not in ("", *WORDS):
            raise CommandError(f"{file}:{number}: {row[0]!r} is no word; write {', '.join(WORDS)} or nothing")
    return [Failure(*row) for row in rows[1:]]


def told(found: Iterable[Failure]) -> Iterator[str]:
    """The table of words: what share of what was read is worth a reviewer's word, by check."""
    by_check: dict[str, Counter[str]] = {}
    for failure in found:
        by_check.setdefault(failure.check, Counter())[failure.word] += 1
    rows = sorted(by_check.items(), key=lambda row: (len(row[0]), row[0]))
    rows.append(("all", sum((words for _, words in rows), Counter[str]())))
    heads = ("check", "FAIL", *WORDS, "not read", "worth a word")
    yield from table(heads, ((check, of.total(), *(of[w] for w in WORDS), of[""], _worth(of)) for check, of in rows))


def _worth(words: Counter[str]) -> str:
    return share(words["worth"], words.total() - words[""])


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Judges many configurations, and counts what a person thought of what failed.")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--pairs", action="append", default=[], type=Path, help="a plan and its source on each line (TSV)")
    parser.add_argument("--policy", default="general", help="a file, or a bundled profile (default: general)")
    parser.add_argument("--list", action="store_true", help="each failure that makes the exit code 1, as TSV")
    parser.add_argument("--read", type=Path, help="a list of failures with words in it")
    given = parser.parse_args(words)
    if not (given.folders or given.pairs or given.read):
        parser.error("name the folders of configurations, a list of --pairs, or a list to --read")
    known = read(given.read) if given.read else []
    if given.read and not given.list:
        print(*told(known), sep="\n")
        return 0
    policy, judged = find_policy(given.policy), Judged()
    for plan, source in pairs_of(given.folders, given.pairs):
        judged.add(plan, source, policy)
    print(*judged.problems, sep="\n", end="\n" if judged.problems else "", file=sys.stderr)
    if given.list:
        said = {failure.identity: failure.word for failure in known}
        listed = (failure._replace(word=said.get(failure.identity, "")) for failure in judged.failures)
        print(*("\t".join(row) for row in (Failure._fields, *listed)), sep="\n")
    else:
        print(*judged.lines(), sep="\n")
    return CANNOT_JUDGE if judged.problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, PlanproofError) as problem:
        sys.exit(f"accuracy: {problem}")
