"""Lines of the block at fault: those that the reason is about, and nothing that Terraform keeps secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.source.model import Source
from planproof.source.modules import ModuleSource
from planproof.syntax.file import SourceFile
from planproof.verdict import Verdict
from support.canaries import MASKS, all_sensitive
from support.repository import FIXTURES

REVIEW = FIXTURES / "bad" / "review"
SECRET = "OpenSesame"
NAMES = ("password", "environment", "token_wo", "setting", "policy")
TEXT = f"""\
variable "secret" {{
  default   = "{SECRET}"
  sensitive = true
}}

resource "aws_thing" "t" {{
  name     = "plain"
  password = "{SECRET}"

  policy = jsonencode({{
    secret = "{SECRET}"
  }})
  token_wo = <<-EOT
    {SECRET}
  EOT
  environment {{
    secret = "{SECRET}"
  }}
  dynamic "setting" {{
    for_each = ["{SECRET}"]
    content {{ value = setting.value }}
  }}
  connection {{
    password = "{SECRET}"
  }}
  provisioner "local-exec" {{ command = "login {SECRET}" }}
  nested {{
    deep {{
      key_wo = "{SECRET}"
    }}
  }}
  tags = {{ a = "b" }}
}}

output "o" {{
  value     = "{SECRET}"
  sensitive = true
}}
"""


def excerpt(reason: str, *labels: str, sensitive: tuple[str, ...] = NAMES, text: str = TEXT, file: str = "main.tf") -> list[str]:
    found = ModuleSource([SourceFile(file, text)]).excerpt(reason, sensitive.__contains__, *labels)
    return [f"{number}{'>' if marked else ' '}{line}" for number, line, marked in found]


def test_without_an_argument_in_the_reason_it_is_the_beginning_of_the_block() -> None:
    assert excerpt("the name is a literal", "resource", "aws_thing", "t") == [
        '6>resource "aws_thing" "t" {',
        '7   name     = "plain"',
        "8   password = (sensitive)",
        "10   policy = (sensitive)",
        "13   token_wo = (sensitive)",
        "0 …",
    ]


@pytest.mark.parametrize(
    ("reason", "marked"),
    [
        ('name is "plain", which does not fit', '7>  name     = "plain"'),
        ("tags lacks Owner", '32>  tags = { a = "b" }'),
        ("statement 1 of token_wo is open", "13>  token_wo = (sensitive)"),
        ("aws_other.o.token_wo is open", '6>resource "aws_thing" "t" {'),
        ("its name and tags are plain words here", '6>resource "aws_thing" "t" {'),
    ],
)
def test_the_line_that_the_reason_names_is_marked(reason: str, marked: str) -> None:
    lines = excerpt(reason, "resource", "aws_thing", "t")
    assert [line for line in lines if ">" in line[:4]] == [marked]
    assert lines[0].lstrip("6> ") == 'resource "aws_thing" "t" {'


def test_an_argument_of_a_nested_block_is_found() -> None:
    text = 'resource "a" "b" {\n  x = 1\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n'
    shown = excerpt("prevent_destroy = true everywhere", "resource", "a", "b", text=text)
    assert shown == ['1 resource "a" "b" {', "4>    prevent_destroy = true", "5   }", "6 }"]


@pytest.mark.parametrize(
    "reason", ["", *(f"{name} is wrong" for name in (*NAMES, "connection", "provisioner", "nested", "tags"))]
)
def test_what_terraform_keeps_secret_is_not_shown(reason: str) -> None:
    lines = [*excerpt(reason, "resource", "aws_thing", "t"), *excerpt(reason, "output", "o", sensitive=("value",))]
    assert lines
    assert SECRET not in "\n".join(lines)


def test_a_block_that_cannot_be_read_or_is_json_has_none() -> None:
    assert excerpt("", "resource", "a", "b", text='resource "a" "b" {\n  x = = 1\n}\n') == []
    assert excerpt("", "resource", "a", "b", text='{"resource": {"a": {"b": {"x": 1}}}}', file="main.tf.json") == []
    assert excerpt("", "resource", "none", "here") == []


def test_long_lines_and_long_blocks_are_cut() -> None:
    lines = "".join(f'  argument_{n} = "{"x" * 1000}"\n' for n in range(100))
    shown = excerpt("", "resource", "a", "b", text=f'resource "a" "b" {{\n{lines}}}\n')
    assert len(shown) == 6
    assert max(map(len, shown)) <= 310


# --- of a plan --------------------------------------------------------------------------------------------------------


def test_each_failure_with_a_place_has_the_lines_that_stand_there_and_nothing_else_has() -> None:
    report = evaluate(REVIEW / "plan.json", excerpts=True)
    for finding in report.findings:
        assert bool(finding.excerpt) == (finding.verdict is Verdict.FAIL and finding.file is not None)
        if finding.excerpt and finding.file:
            lines = Path(finding.file).read_text(encoding="utf-8").splitlines() if Path(finding.file).exists() else []
            lines = lines or (REVIEW / Path(finding.file).name).read_text(encoding="utf-8").splitlines()
            assert finding.excerpt[0][:2] == (finding.line, lines[(finding.line or 0) - 1].rstrip())
            assert all(lines[number - 1].rstrip() == line for number, line, _ in finding.excerpt if number)
    without = evaluate(REVIEW / "plan.json")
    assert not any(finding.excerpt for finding in without.findings)
    assert without == report._replace(findings=tuple(finding._replace(excerpt=()) for finding in report.findings))


@pytest.mark.parametrize("mask", MASKS)
def test_of_a_resource_that_is_sensitive_throughout_only_names_are_shown(mask: object) -> None:
    plan = Plan.load(all_sensitive(json.loads((REVIEW / "plan.json").read_text(encoding="utf-8")), mask))  # type: ignore[arg-type]
    report = evaluate(plan, None, Source.beside(REVIEW / "plan.json"), excerpts=True)
    known = {instance.address: set(instance.value.raw) for instance in plan.instances}  # what is unknown yet has no mark
    arguments = [(f.subject, line) for f in report.findings if f.subject != "plan" for _, line, _ in f.excerpt[1:] if "=" in line]
    told = [
        line for subject, line in arguments if re.match(r"  [a-z_]+ *=", line) and line.split("=")[0].strip() in known[subject]
    ]
    assert len(told) > 50
    assert [line for line in told if "(sensitive)" not in line] == []
