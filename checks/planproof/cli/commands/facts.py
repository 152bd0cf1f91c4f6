"""Writes what planproof derives from a plan as data: references, unknown values, log buckets, chains of alerts.

OPA and conftest read it beside the plan, as data.planproof_facts:

  planproof facts plan.json --output out/facts.json
  conftest test plan.json --data out --policy "$(planproof rego-dir)" --policy policy

Sensitive values are left out. The others are in it, so keep it where you keep the plan."""

from __future__ import annotations

import argparse

from planproof.cli import inputs
from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_text
from planproof.context import Context
from planproof.engine import find_policy
from planproof.facts.document import facts
from planproof.text.escaping import json_text


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON, a saved plan (tfplan), or - for standard input")
    parser.add_argument("--source", metavar="DIR|SAVED-PLAN", help="as for planproof check")
    parser.add_argument("--policy", metavar="POLICY", help="as for planproof check; it says what a log bucket is")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")


def run(options: argparse.Namespace) -> int:
    policy = find_policy(options.policy)
    plan, source = inputs.read_one(options.plan, options.source, "write the facts of each")
    write_text(json_text({"planproof_facts": facts(Context(plan, policy, source))}) + "\n", options.output)
    return OK
