"""Writes what planproof derives from a plan as data: references, unknown values, log buckets, chains of alerts.

OPA and conftest read it beside the plan, as data.planproof_facts:

  planproof facts plan.json --output out/facts.json
  conftest test plan.json --data out --policy "$(planproof rego-dir)" --policy policy

Sensitive values are left out. The others are in it, so keep it where you keep the plan."""

from __future__ import annotations

import argparse

from planproof.cli import inputs
from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_files, write_stdout
from planproof.context import Context
from planproof.engine import find_policy
from planproof.errors import PlanError
from planproof.facts.document import facts
from planproof.plan.model import Plan
from planproof.text.escaping import json_text


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON, a saved plan (tfplan), or - for standard input")
    parser.add_argument("--source", metavar="DIR|SAVED-PLAN", help="as for planproof check")
    parser.add_argument("--policy", metavar="POLICY", help="as for planproof check; it says what a log bucket is")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")


def run(options: argparse.Namespace) -> int:
    policy = find_policy(options.policy)
    found, source = inputs.read(options.plan, options.source, inputs.Scope(named=(options.plan,)))
    if len(found) > 1:
        raise PlanError(f"{options.plan} holds {len(found)} plans; write the facts of each from a file of its own")
    text = json_text({"planproof_facts": facts(Context(Plan.of(found[0]), policy, source))}) + "\n"
    if options.output:
        write_files([(options.output, text)])
    else:
        write_stdout(text)
    return OK
