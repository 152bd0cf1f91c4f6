"""Lists the checks: ID, severity and level in the effective policy, what they judge, and the rule."""

from __future__ import annotations

import argparse

from planproof.check import Check
from planproof.check_page import subjects
from planproof.cli.exit_codes import OK
from planproof.cli.options import add_own_checks, add_policy
from planproof.cli.output_files import write_stdout
from planproof.engine import find_policy
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks
from planproof.text.escaping import one_line
from planproof.verdict import MANDATORY, OFF


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    add_own_checks(parser)


def run(options: argparse.Namespace) -> int:
    own = own_checks(*options.checks_from)
    policy = find_policy(options.policy, own)
    rows = [(c.id, _weight(c, policy), subjects(c).replace("`", ""), one_line(c.name)) for c in (*all_checks(), *own)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {d}\n{'':<{sum(widths) + 4}}judges {c}" for a, b, c, d in rows]
    write_stdout("\n".join(lines) + "\n")
    return OK


def _weight(check: Check, policy: Policy) -> str:
    """`HIGH`, `LOW, advisory`, or `off`."""
    level = policy.level(check)
    if not policy.is_on(check):
        return OFF
    return policy.severity(check) + ("" if level == MANDATORY else f", {level}")
