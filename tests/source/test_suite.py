"""The tests in a source folder: parsed, bounded, and nothing outside the folder."""

from __future__ import annotations

import io
import json
import sys
import tokenize
import zipfile
from pathlib import Path
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.errors import SourceError
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks
from planproof.source import files
from planproof.source.files import ArchiveFiles, Folder
from planproof.source.model import Source
from planproof.source.terraform_tests import TerraformTests, _python, suite_of
from planproof.verdict import Verdict
from support.repository import ROOT

SETTINGS: dict[str, Any] = dict(Policy.default().settings("test_coverage"))
(CHECK,) = (check for check in all_checks() if check.key == "test_coverage")


def write(folder: Path, **files: str) -> Folder:
    """Files by name, `__` for a slash and `_dot_` for a dot."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Folder(folder)


def kinds(suite: TerraformTests) -> list[tuple[str, str, bool]]:
    return [(run.name, run.kind, run.asserts) for run in suite.runs]


RUNS = {
    "plan": ('command = plan\nassert {\n condition = output.a == 1\n error_message = "x"\n}', ("unit", True)),
    "apply": ('command = apply\nassert {\n condition = output.a == 1\n error_message = "x"\n}', ("integration", True)),
    "the default": ('assert {\n condition = output.a == 1\n error_message = "x"\n}', ("integration", True)),
    "nothing": ("command = plan", ("unit", False)),
    "expect_failures": ("command = plan\nexpect_failures = [var.a]", ("unit", True)),
    "no failures": ("command = plan\nexpect_failures = []", ("unit", False)),
    "always true": ('command = plan\nassert {\n condition = true\n error_message = "x"\n}', ("unit", False)),
    "text alone": ('command = plan\nassert {\n condition = "var.a" == "var.a"\n error_message = "x"\n}', ("unit", False)),
    "commented out": (
        "command = plan\n# assert {\n#  condition = output.a == 1\n# }\n/* assert { condition = var.a } */",
        ("unit", False),
    ),
}


@pytest.mark.parametrize(("body", "expected"), RUNS.values(), ids=RUNS)
def test_a_run_is_what_its_body_says(body: str, expected: tuple[str, bool], tmp_path: Path) -> None:
    folder = write(tmp_path, tests__a_dot_tftest_dot_hcl=f'run "r" {{\n{body}\n}}\n')
    assert kinds(suite_of(folder, SETTINGS)) == [("r", *expected)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_what_terraform_reads_is_read(line_end: str, tmp_path: Path) -> None:
    text = (ROOT / "fixtures" / "good" / "ideal" / "tests" / "unit.tftest.hcl").read_text(encoding="utf-8")
    heredoc = 'run "heredoc" {\n  assert {\n    condition     = output.a == 1\n    error_message = <<-EOT\n      run "x" {\n    EOT\n  }\n}\n'
    (tmp_path / "a.tftest.hcl").write_bytes((text + heredoc).replace("\n", line_end).encode())
    suite = suite_of(Folder(tmp_path), SETTINGS)
    assert suite.problems == ()
    assert [run.name for run in suite.silent()] == []
    assert kinds(suite)[-1] == ("heredoc", "integration", True)


def test_a_run_that_prepares_need_not_assert(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        tests__a_dot_tftest_dot_hcl=(
            'run "setup" {\n  module {\n    source = "./x"\n  }\n}\nrun "apply" {\n}\nrun "alone" {\n}\n'
            'run "last" {\n  variables {\n    a = run.apply.a\n  }\n  expect_failures = [var.a]\n}\n'
        ),
    )
    assert [run.name for run in suite_of(folder, SETTINGS).silent()] == ["alone"]


_ASSERT = 'assert {\n condition = output.a == 1\n error_message = "x"\n}\n'
MODULES = {
    "a helper": ("./tests/setup", "", None),
    "a helper that looks at a run": ("./tests/setup", "variables {\n a = run.made.a\n}\n", "integration"),
    "a helper that looks at a helper": ("./tests/setup", "variables {\n a = run.r.a\n}\n", None),
    "a registry's": ("hashicorp/consul/aws", "", None),
    "outside the folder": ("../other", "", None),
    "a part": ("./modules/part", "", "unit"),
    "a part of a part": ("./modules/inner", "", "unit"),
    "an example": ("./examples/all", "", "unit"),
}


@pytest.mark.parametrize(("module", "more", "kind"), MODULES.values(), ids=MODULES)
def test_a_run_of_another_module_is_a_test_where_it_is_about_the_configuration(
    module: str, more: str, kind: str | None, tmp_path: Path
) -> None:
    folder = write(
        tmp_path,
        main_dot_tf='module "part" {\n  source = "./modules/part"\n}\n',
        modules__part__main_dot_tf='module "inner" {\n  source = "../inner"\n}\n',
        modules__inner__main_dot_tf='module "round" {\n  source = "../part"\n}\n',
        examples__all__main_dot_tf='module "all" {\n  source = "../.."\n}\n',
        tests__setup__main_dot_tf='module "x" {\n  source = "./x"\n}\noutput "a" {\n  value = 1\n}\n',
        a_dot_tftest_dot_hcl=(
            f'run "made" {{\n}}\nrun "r" {{\ncommand = plan\nmodule {{\nsource = "{module}"\n}}\n{more}{_ASSERT}}}\n'
        ),
    )
    suite = suite_of(folder, SETTINGS)
    assert {k: [run.name for run in suite.asserting(k)] for k in ("unit", "integration")} == {
        k: ["r"] * (k == kind) for k in ("unit", "integration")
    }


@pytest.mark.parametrize("name", ["main.tf", "main.tofu", "main.tf.json", "main.tofu.json"])
def test_what_calls_a_module_may_be_written_in_each_language_and_tool_s_files(name: str, tmp_path: Path) -> None:
    call = {"part": {"source": "./modules/part"}}
    text = json.dumps({"module": call}) if name.endswith(".json") else 'module "part" {\n  source = "./modules/part"\n}\n'
    run = f'run "r" {{\ncommand = plan\nmodule {{\nsource = "./modules/part"\n}}\n{_ASSERT}}}\n'
    folder = write(tmp_path, **{name.replace(".", "_dot_"): text, "a_dot_tftest_dot_hcl": run, "modules__part__main_dot_tf": ""})
    assert [run.name for run in suite_of(folder, SETTINGS).asserting("unit")] == ["r"]


TOOLS = {
    "pytest": ("test_a.py", "def test(plan):\n    assert plan\n", "unit"),
    "pytest with brackets": ("test_a.py", "def test(plan):\n    assert(plan)\n", "unit"),
    "pytest with an apostrophe": ("test_a.py", "# it's\ndef test(plan):\n    assert plan  # 'x\n", "unit"),
    "pytest after a string": ("test_a.py", 's = \'\\\\\'\nd = """a \\""" b"""\ndef test(plan):\n    assert plan\n', "unit"),
    "pytest in a string that is open": ("test_a.py", 'def test(plan): """\n    assert plan\n', None),
    "pytest in a folder": ("deep/er/test_a.py", "def test(plan):\n    assert plan\n", "unit"),
    "not about a plan": ("test_a.py", "def test(x):\n    assert x\n", None),
    "a comment": ("test_a.py", "def test(plan):\n    # assert plan\n    return plan\n", None),
    "a docstring": ("test_a.py", '"""Would assert plan."""\n', None),
    "not Python": ("test_a.py", "def test(plan:\n    assert 'plan\n", None),
    "empty": ("test_a.py", "", None),
    "another name": ("latest_a.py", "def test(plan):\n    assert plan\n", None),
    "terratest": ("test/a_test.go", "terraform.Apply(t, o)\nassert.Equal(t, 1, 1)\n", "integration"),
    "a line comment": ("test/a_test.go", "terraform.Apply(t, o)\n  // assert.Equal(t, 1, 1)\n", None),
    "a block comment": ("test/a_test.go", "terraform.Apply(t, o)\n/* assert.Equal(t, 1, 1)\n*/", None),
    "conftest": ("policy/a.rego", "deny contains msg if {\n  true\n}\n", "unit"),
    "hidden": (".terraform/test_a.py", "def test(plan):\n    assert plan\n", None),
}


@pytest.mark.parametrize(("name", "text", "kind"), TOOLS.values(), ids=TOOLS)
def test_files_of_other_tools_count_if_they_assert(name: str, text: str, kind: str | None, tmp_path: Path) -> None:
    folder = write(tmp_path, **{name.replace("/", "__").replace(".", "_dot_"): text})
    expected = {"unit": (), "integration": ()} | ({kind: (name,)} if kind else {})
    assert suite_of(folder, SETTINGS).others == expected


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="that tokenizer takes f-strings apart")
@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("*.py")), ids=lambda file: file.name)
def test_comments_and_strings_of_python_are_those_of_its_own_tokenizer(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = "".join(token.string for token in tokens if token.type not in (tokenize.STRING, tokenize.COMMENT))
    assert "".join(_python(text)[1].split()) == "".join(code.split())


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    write(outside, a_dot_tftest_dot_hcl='run "r" {\n}\n', test_a_dot_py="assert plan\n")
    folder = write(inside, tests__b_dot_tftest_dot_hcl='run "b" {\n}\n')
    (inside / "a.tftest.hcl").symlink_to(outside / "a.tftest.hcl")
    (inside / "c.tftest.hcl").symlink_to(inside / "tests" / "b.tftest.hcl")
    (inside / "linked").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    assert folder.files_in(".", "tests") == ["c.tftest.hcl", "tests/b.tftest.hcl"]
    assert folder.files == ["c.tftest.hcl", "tests/b.tftest.hcl"]


def test_the_folder_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, **{f"f{n}": "x" * 100 for n in range(20)})
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 50)
    with pytest.raises(SourceError, match="f1 is larger than 50 bytes"):
        folder.text("f1")
    monkeypatch.setattr(files, "MAX_LISTED", 10)
    with pytest.raises(SourceError, match="contains more than 10 files"):
        _ = folder.files


def test_a_saved_plan_alone_holds_no_tests() -> None:
    """And says so, rather than that there are none."""
    plan = Plan.load({"format_version": "1.2", "planned_values": {"root_module": {}}})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("tfconfig/m-/main.tf", "")
    alone = Source(ArchiveFiles(content.getvalue(), "saved.tfplan"), "saved.tfplan")
    for given, held in ((alone, "a saved plan contains"), (None, "plan JSON contains")):
        (finding,) = evaluate(plan, Policy.default(), given, checks=[CHECK]).findings
        assert (finding.verdict, finding.code) == (Verdict.UNKNOWN, "no_source")
        assert finding.reason == f"{held} no tests; provide the source folder (--source, PLANPROOF_SOURCE)"
