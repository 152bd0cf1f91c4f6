"""The GitHub Action: its steps run as the runner runs them, and the example workflows are what GitHub and GitLab take."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.repository import ROOT
from support.schemas import problems

pytestmark = pytest.mark.slow

BASH = shutil.which("bash") or "bash"

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GOOD = ROOT / "fixtures" / "good" / "ideal"
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain"


class Runner:
    """What the runner of GitHub Actions does with a composite action: expressions, environment files, one shell a step."""

    def __init__(self, workspace: Path, **inputs: str) -> None:
        self.workspace, self.temporary = workspace, workspace / ".runner"
        self.temporary.mkdir(exist_ok=True)
        self.inputs = {name: str(declared.get("default", "")) for name, declared in ACTION["inputs"].items()} | inputs
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLANPROOF_", "PYTHON"))}
        self.environment |= {"RUNNER_TEMP": str(self.temporary), "GITHUB_WORKSPACE": str(workspace)}
        self.outputs: dict[str, dict[str, str]] = {}
        self.summary = self.stdout = ""

    def run(self, *names: str) -> int:
        """Runs the steps, or those of these names, until one fails."""
        for step in ACTION["runs"]["steps"]:
            if not names or step["name"] in names:
                code = self._step(step)
                if code:
                    return code
        return 0

    def _step(self, step: dict[str, Any]) -> int:
        files = {name: self.temporary / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.temporary / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "text of an input would be run"
        environment = {**self.environment, **{k: self.evaluated(str(v)) for k, v in step.get("env", {}).items()}}
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=environment | {name: str(file) for name, file in files.items()},
            capture_output=True,
            text=True,
            check=False,
        )
        self.stdout += done.stdout + done.stderr
        self.environment |= _assignments(files["GITHUB_ENV"])
        if "id" in step:
            self.outputs[step["id"]] = _assignments(files["GITHUB_OUTPUT"])
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return done.returncode

    def evaluated(self, text: str) -> str:
        return re.sub(r"\$\{\{\s*([^}]*?)\s*\}\}", lambda found: self._expression(found[1]), text)

    def _expression(self, expression: str) -> str:
        parts = expression.split(".")
        if parts[0] == "inputs":
            return self.inputs[parts[1]]
        if parts[0] == "steps":
            return self.outputs[parts[1]].get(parts[3], "")
        assert expression == "github.action_path"
        return str(ROOT)

    def output(self, name: str) -> str:
        return self.evaluated(ACTION["outputs"][name]["value"])

    def results(self) -> dict[str, str]:
        return {name: self.output(name) for name in ACTION["outputs"]}


def _assignments(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if line)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, folder in (("good", GOOD), ("bad", BAD)):
        shutil.copytree(folder, tmp_path / name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "plan.json").write_text('{"format_version": "1.2", "planned', encoding="utf-8")
    return tmp_path


HERE = {"python": sys.executable, "library": str(ROOT / "checks")}


def judge(workspace: Path, careless: bool = False, installed: Mapping[str, str] = HERE, **inputs: str) -> tuple[Runner, int]:
    """The second step, with what the first leaves behind where everything is installed already."""
    runner = Runner(workspace, **{name.replace("_", "-"): value for name, value in inputs.items()})
    runner.outputs["install"] = dict(installed)
    if careless:
        runner.environment |= {**CARELESS, "PATH": f".:bin:{runner.environment['PATH']}"}
    return runner, runner.run("Judge the plans")


def test_a_good_plan_passes(workspace: Path) -> None:
    runner, code = judge(workspace, plan="good/plan.json")
    results = runner.results()
    assert (code, results["failed"], results["exit-code"], results["sarif-file"]) == (0, "0", "0", "planproof.sarif")
    assert int(results["passed"]) > 0
    assert "::error" not in runner.stdout
    assert runner.summary.startswith("<!-- planproof -->\n## ✅ planproof: ")


def test_a_bad_plan_fails_with_annotations_at_the_blocks_a_summary_and_sarif(workspace: Path) -> None:
    runner, code = judge(workspace, plan="bad/plan.json", formats="html=out/planproof.html\njunit=junit.xml")
    assert code == 2  # there is no folder out
    assert "cannot be written" in runner.stdout
    (workspace / "out").mkdir()
    runner, code = judge(workspace, plan="bad/plan.json", formats="html=out/planproof.html\njunit=junit.xml")
    results = runner.results()
    assert (code, results["exit-code"]) == (1, "1")
    assert re.search(r"^::error file=bad/main\.tf,line=1,title=CKV_PLAN_12", runner.stdout, re.MULTILINE)
    assert "`aws_cloudwatch_log_group.for_ever`" in runner.summary
    sarif = json.loads((workspace / results["sarif-file"]).read_text(encoding="utf-8"))
    assert len([r for r in sarif["runs"][0]["results"] if r["kind"] == "fail"]) == int(results["failed"])
    assert (workspace / "out" / "planproof.html").is_file()
    assert (workspace / "junit.xml").is_file()


def test_a_review_is_written_for_the_comment_and_into_the_summary(workspace: Path) -> None:
    runner, code = judge(workspace, plan="bad/plan.json", review="true")
    assert (code, runner.output("review-file")) == (1, "planproof-review.md")
    text = (workspace / "planproof-review.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- planproof -->\n\n# Review of bad/plan.json\n")
    assert "### Fix Needed" in text
    assert text in runner.summary
    assert "`aws_cloudwatch_log_group.for_ever`" in runner.summary.partition(text)[0], "the findings stand before it"
    runner, code = judge(workspace, plan="bad/plan.json")
    assert (code, runner.output("review-file"), "Fix Needed" in runner.summary) == (1, "", False)


def test_the_review_judges_as_the_check_does(workspace: Path) -> None:
    (workspace / "planproof.yaml").write_text("checks: {log_group_retention: {level: off}}\n", encoding="utf-8")
    baseline = [sys.executable, "-m", "planproof", "baseline", "write", "bad/plan.json", "--policy", "secure-logs"]
    environment = {**os.environ, "PYTHONPATH": HERE["library"]}
    subprocess.run(baseline, cwd=workspace, env=environment, check=True, capture_output=True)
    runner, code = judge(workspace, plan="bad/plan.json", review="true", baseline="planproof-baseline.json")
    text = (workspace / "planproof-review.md").read_text(encoding="utf-8")
    assert (code, runner.output("failed")) == (0, "0")
    assert "Nothing must be fixed" in text
    assert "Judged by the policy secure-logs of planproof" in text
    assert "What is accepted for now" in text


def test_the_reviews_of_several_plans_fit_into_one_comment(workspace: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "bad" / "review", workspace / "many" / "0")
    for number in range(1, 5):
        shutil.copytree(workspace / "many" / "0", workspace / "many" / str(number))
    runner, code = judge(workspace, plan="good/plan.json\nbroken/plan.json\nmany", review="true")
    text = (workspace / runner.output("review-file")).read_text(encoding="utf-8")
    assert code == 2
    assert re.findall(r"^# Review of (.*)$", text, re.MULTILINE)[:3] == ["good/plan.json", "many/0/plan.json", "many/1/plan.json"]
    assert len(text.encode()) <= 65_536
    assert re.search(r"^_The reviews of \d more plans do not fit here._$", text, re.MULTILINE)


def test_a_review_is_written_through_no_link_and_not_without_a_word(workspace: Path) -> None:
    (workspace / "kept.md").write_text("kept", encoding="utf-8")
    (workspace / "planproof-review.md").symlink_to("kept.md")
    for file, why in (("planproof-review.md", "it is a link"), ("none/review.md", "No such file or directory")):
        runner, code = judge(workspace, plan="good/plan.json", review="true", review_file=file)
        assert (code, runner.output("review-file"), runner.output("exit-code")) == (2, "", "2")
        assert f"::error title=planproof::{file} cannot be written: {why}" in runner.stdout
    assert (workspace / "kept.md").read_text(encoding="utf-8") == "kept"


def in_a_pull_request(workspace: Path) -> None:
    """A commit that adds the folders `bad` and `good`, and its diff, as `gh pr diff` prints it."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    for command in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "base"],
        ["add", "bad", "good"],
        ["commit", "-q", "-m", "head"],
    ):
        subprocess.run([*git, *command], cwd=workspace, check=True, capture_output=True)
    diff = subprocess.run([*git, "diff", "HEAD~1", "HEAD"], cwd=workspace, check=True, capture_output=True).stdout
    (workspace / "pr.diff").write_bytes(diff)


def test_fixes_are_suggested_on_the_lines_of_the_diff(workspace: Path) -> None:
    in_a_pull_request(workspace)
    runner, code = judge(workspace, plan="bad/plan.json", suggest_in="pr.diff")
    assert (code, runner.output("suggestions-file")) == (1, "planproof-suggestions.json")
    review = json.loads((workspace / "planproof-suggestions.json").read_text(encoding="utf-8"))
    assert review["event"] == "COMMENT"
    assert {comment["path"] for comment in review["comments"]} == {"bad/main.tf"}
    assert all("```suggestion\n" in comment["body"] for comment in review["comments"])
    text = (workspace / "bad" / "main.tf").read_text(encoding="utf-8")
    assert all(1 <= comment.get("start_line", 1) <= comment["line"] <= len(text.splitlines()) for comment in review["comments"])


def test_plans_of_one_source_get_each_suggestion_once(workspace: Path) -> None:
    shutil.copy(workspace / "bad" / "plan.json", workspace / "bad" / "second-plan.json")
    in_a_pull_request(workspace)
    alone, _ = judge(workspace, plan="bad/plan.json", suggest_in="pr.diff")
    one = json.loads((workspace / alone.output("suggestions-file")).read_text(encoding="utf-8"))
    both, code = judge(workspace, plan="bad/plan.json\nbad/second-plan.json\nbroken/plan.json", suggest_in="pr.diff")
    assert code == 2
    assert json.loads((workspace / both.output("suggestions-file")).read_text(encoding="utf-8")) == one


def test_without_suggestions_there_is_no_file_and_a_wrong_diff_is_told(workspace: Path) -> None:
    in_a_pull_request(workspace)
    runner, code = judge(workspace, plan="good/plan.json", suggest_in="pr.diff")
    assert (code, runner.output("suggestions-file")) == (0, "")
    assert not (workspace / "planproof-suggestions.json").exists()
    runner, code = judge(workspace, plan="bad/plan.json", suggest_in="none.diff")
    assert (code, runner.output("suggestions-file")) == (1, "")
    assert "::warning title=planproof::planproof: none.diff cannot be read" in runner.stdout
    (workspace / "planproof-suggestions.json").symlink_to("pr.diff")
    runner, code = judge(workspace, plan="bad/plan.json", suggest_in="pr.diff")
    assert (code, runner.output("suggestions-file")) == (2, "")
    assert "planproof-suggestions.json cannot be written: it is a link" in runner.stdout


def test_a_broken_plan_is_an_annotation_and_exit_2_whatever_fails_the_step(workspace: Path) -> None:
    for fail_on in ("failure", "unknown", "never"):
        runner, code = judge(workspace, plan="broken/plan.json", fail_on=fail_on)
        assert (code, runner.output("exit-code"), runner.output("sarif-file")) == (2, "2", "")
        assert "::error title=planproof::planproof: broken/plan.json is truncated" in runner.stdout
        assert "planproof could not judge" in runner.summary


def test_several_plans_are_counted_together(workspace: Path) -> None:
    runner, code = judge(workspace, plan="good/plan.json\n\n  bad/plan.json\n")
    alone, _ = judge(workspace, plan="bad/plan.json")
    assert (code, runner.output("failed")) == (1, alone.output("failed"))
    runner, code = judge(workspace, plan="good/plan.json\nbroken/plan.json")
    assert (code, runner.output("exit-code")) == (2, "2")


@pytest.mark.parametrize(("fail_on", "code"), [("failure", 0), ("unknown", 1), ("never", 0), ("sometimes", 2), ("HIGH", 0)])
def test_what_fails_the_step_is_an_input(fail_on: str, code: int, workspace: Path) -> None:
    only = "".join(
        f"  {file.stem}: {{enabled: {'true' if file.stem == 'prevent_destroy' else 'false'}}}\n"
        for file in (ROOT / "checks" / "failure_modes").glob("[!_]*.py")
    )
    (workspace / "policy.yaml").write_text(f"checks:\n{only}", encoding="utf-8")
    (workspace / "alone").mkdir()
    shutil.copy(GOOD / "plan.json", workspace / "alone")  # without its source, prevent_destroy cannot be told
    runner, got = judge(workspace, plan="alone/plan.json", policy="policy.yaml", fail_on=fail_on)
    assert (got, runner.output("unknown") != "0") == (code, code != 2)


def test_never_passes_what_failed(workspace: Path) -> None:
    runner, code = judge(workspace, plan="bad/plan.json", fail_on="never")
    assert (code, runner.output("exit-code"), runner.output("failed") != "0") == (0, "0", True)


@pytest.mark.parametrize("place", ["planproof.yaml", ".planproof.yaml", "bad/planproof.yaml"])
def test_a_policy_of_the_workspace_counts_only_if_the_workflow_names_it(place: str, workspace: Path) -> None:
    """A pull request could switch the checks off by it."""
    (workspace / ".git").mkdir()
    (workspace / place).write_text("extends: general\nchecks: {log_group_retention: {level: off}}\n", encoding="utf-8")
    runner, code = judge(workspace, plan="bad/plan.json")
    assert (code, runner.output("exit-code")) == (1, "1")
    assert "(policy secure-logs of planproof " in runner.stdout
    (workspace / "pinned.yaml").write_text("extends: secure-logs\n", encoding="utf-8")
    runner, code = judge(workspace, plan="bad/plan.json", policy="pinned.yaml")
    assert (code, "(policy pinned.yaml, which extends secure-logs of planproof " in runner.stdout) == (1, True)
    runner, code = judge(workspace, plan="bad/plan.json", policy=place)
    assert (code, f"(policy {place}, which extends general of planproof " in runner.stdout) == (0, True)


def test_text_of_an_input_is_never_run(workspace: Path) -> None:
    _, code = judge(workspace, plan="$(touch forged); `touch forged`; --output=forged", source="'; touch forged #")
    assert code == 2
    assert not (workspace / "forged").exists()


def test_the_whole_action_installs_and_judges(workspace: Path) -> None:
    for plan, code in (("good", 0), ("bad", 1), ("broken", 2)):
        runner = Runner(workspace, plan=f"{plan}/plan.json", python=sys.executable)
        assert runner.run() == code, runner.stdout
        assert runner.output("exit-code") == str(code)
    assert runner.outputs["install"]["python"].startswith(str(runner.temporary))
    assert not [name for name in runner.environment if name.startswith(("PLANPROOF_", "INPUT_"))], "left to the job's later steps"


# --- traps -----------------------------------------------------------------------------------------------------------

SPRUNG = "a file of the workspace was run: "


def lay_traps(workspace: Path) -> None:
    """Whatever Python, pip, bash or planproof could take from the folder that they are started in, each of which tells when it is run."""
    modules = sys.stdlib_module_names - set(sys.builtin_module_names)
    installed = {name.split(".")[0] for name in metadata.packages_distributions()}
    hooks = {"sitecustomize", "usercustomize", "planproof", "failure_modes", "pip", "setuptools", "_distutils_hack", "distutils"}
    ours = {path.stem for path in (ROOT / "checks" / "planproof").iterdir()} | {"run"}
    forge = f"import os, sys\nprint({SPRUNG!r} + __name__, file=sys.__stderr__, flush=True)\nos._exit(0)\n"
    for name in modules | installed | hooks | ours:
        if name.isidentifier():
            (workspace / name).mkdir(exist_ok=True)
            (workspace / name / "__init__.py").write_text(forge, encoding="utf-8")
            (workspace / name / "__main__.py").write_text(forge, encoding="utf-8")
            (workspace / f"{name}.py").write_text(forge, encoding="utf-8")
    (workspace / "planproof" / "cli").mkdir()
    (workspace / "planproof" / "cli" / "main.py").write_text(forge, encoding="utf-8")
    (workspace / "trap.pth").write_text(f"import sys; sys.path.insert(0, {str(workspace)!r})\n", encoding="utf-8")
    (workspace / "pyvenv.cfg").write_text(f"home = {workspace}\n", encoding="utf-8")
    (workspace / ".python-version").write_text("../../../trap\n", encoding="utf-8")
    for name in ("pip.conf", "pip.ini", ".pip/pip.conf", ".config/pip/pip.conf"):
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(f"[global]\nindex-url = file://{workspace}/index\nno-deps = true\n", encoding="utf-8")
    for name in ("setup.cfg", ".pydistutils.cfg", "pydistutils.cfg"):
        (workspace / name).write_text(f"[install]\nprefix = {workspace}/installed\n[easy_install]\n", encoding="utf-8")
    for name in ("python", "python3", "pip", "mktemp", "git", "terraform", "tofu", "planproof", "printf", "bash"):
        for folder in (workspace, workspace / "bin"):
            folder.mkdir(exist_ok=True)
            if not (folder / name).is_dir():
                (folder / name).write_text(f"#!/bin/sh\necho '{SPRUNG}{name}' >&2\nexit 0\n", encoding="utf-8")
                (folder / name).chmod(0o755)


CARELESS = {"PYTHONPATH": ".:bin", "PYTHONSTARTUP": "argparse.py", "PIP_CONFIG_FILE": "pip.conf"}
"""What a workflow may have set: all of it leads into the workspace."""


def assert_nothing_sprang(runner: Runner, code: int, expected: Runner) -> None:
    assert SPRUNG not in runner.stdout
    assert (code, runner.results()) == (1, expected.results()), runner.stdout
    assert not (runner.workspace / "installed").exists()


@pytest.mark.parametrize("careless", [False, True], ids=["as it is", "with settings that lead into it"])
@pytest.mark.parametrize("is_version", [False, True], ids=["the Action's own ref", "a version from PyPI"])
def test_no_file_of_the_workspace_changes_what_judges(careless: bool, is_version: bool, workspace: Path, installed: Path) -> None:
    expected, _ = judge(workspace, plan="bad/plan.json")
    lay_traps(workspace)
    lay_traps(workspace / "bad")
    there = {"python": str(installed), "library": ""} if is_version else HERE
    runner, code = judge(workspace, careless, there, plan="bad/plan.json")
    assert_nothing_sprang(runner, code, expected)


def test_no_file_of_the_workspace_changes_what_is_installed(workspace: Path) -> None:
    expected, _ = judge(workspace, plan="bad/plan.json")
    lay_traps(workspace)
    runner = Runner(workspace, plan="bad/plan.json", python=Path(sys.executable).name)
    path = f".:bin:{Path(sys.executable).parent}:{runner.environment['PATH']}"
    runner.environment |= {**CARELESS, "PATH": path}
    assert_nothing_sprang(runner, runner.run(), expected)


def test_the_traps_would_spring(workspace: Path) -> None:
    """By each of the ways that the Action does not go."""
    lay_traps(workspace)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}
    for words in (
        ["-m", "planproof", "--version"],
        ["-m", "venv", "--help"],
        ["-m", "pip", "--version"],
        ["-c", "import argparse"],
    ):
        done = subprocess.run(
            [sys.executable, *words], cwd=workspace, env=environment, capture_output=True, text=True, check=False
        )
        assert SPRUNG in done.stderr, words


# --- schemas ---------------------------------------------------------------------------------------------------------


def test_the_action_is_what_github_takes() -> None:
    assert problems(ACTION, "https://json.schemastore.org/github-action.json") == []
    used = {step.get("uses", "") for step in ACTION["runs"]["steps"]} - {""}
    assert {text for text in used if not re.search(r"@[0-9a-f]{40}$", text)} == set()


def test_every_input_is_used_and_every_package_pinned() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert {name for name in ACTION["inputs"] if f"inputs.{name} }}}}" not in text} == set()
    pinned = (ROOT / "action" / "requirements.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9-]+)==", pinned, re.MULTILINE)
    assert len(names) == len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", pinned, re.MULTILINE)) > 5


def blocks(kind: str) -> list[Any]:
    """The YAML blocks of docs/ci.md under a heading that begins with `kind`."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    found = [yaml.safe_load(b) for s in sections if s.startswith(kind) for b in re.findall(r"```yaml\n(.*?)```", s, re.DOTALL)]
    assert found
    return found


@pytest.mark.parametrize("workflow", [*blocks("GitHub Actions"), *blocks("Checkov's own action")], ids=lambda w: str(w["name"]))
def test_the_example_workflows_are_what_github_takes(workflow: Any) -> None:
    workflow = {("on" if key is True else key): value for key, value in workflow.items()}  # YAML 1.1 reads `on` as true
    assert problems(workflow, "https://json.schemastore.org/github-workflow.json") == []
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if "/planproof@" in step.get("uses", "")]
    assert ours or "checkov" in str(steps)
    assert all(set(step["with"]) <= ACTION["inputs"].keys() for step in ours)


def test_every_action_in_the_examples_is_pinned_with_its_version_beside_it() -> None:
    """COMMIT stands for ours, as OWNER does."""
    used = re.findall(r"(?:uses|ref|rev): (.*)", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"))
    pinned = r"(?:[\w/-]+@(?:[0-9a-f]{40}|COMMIT)|COMMIT) # (?:frozen: )?v\d+(?:\.\d+\.\d+)?(?:, with Checkov 3\.[\d.]+)?"
    base = r"\$\{\{ github\.event\.pull_request\.base\.sha \}\}.*"
    assert len(used) > 10
    assert [use for use in used if not re.fullmatch(f"{pinned}|{base}", use)] == []


def test_the_example_for_gitlab_is_what_gitlab_takes() -> None:
    for pipeline in blocks("GitLab CI"):
        assert (
            problems(pipeline, "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json")
            == []
        )


TERRAGRUNT = """#!/bin/sh
# What Terragrunt does, of two units: writes their plans below the folder that it is given, or prints them one after the other.
case "$*" in
"run --all --json-out-dir $PWD/plans -- plan "*)
  mkdir -p plans/app plans/net && cp "$BAD" plans/app/tfplan.json && cp "$GOOD" plans/net/tfplan.json ;;
"run-all plan "*) touch tfplan ;;
"run-all show -json tfplan") cat "$GOOD" "$BAD" ;;
*) exit 3 ;;
esac
"""


def test_the_commands_for_terragrunt_judge_every_unit(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (section,) = (s for s in re.split(r"^## ", text, flags=re.MULTILINE) if s.startswith("Terragrunt"))
    scripts = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    programs = {
        "planproof": f'#!/bin/sh\nPYTHONPATH="{ROOT / "checks"}" exec "{sys.executable}" -m planproof "$@"\n',
        "terragrunt": TERRAGRUNT,
    }
    (tmp_path / "bin").mkdir()
    for name, code in programs.items():
        (tmp_path / "bin" / name).write_text(code, encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    bad = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "GOOD": str(GOOD / "plan.json"), "BAD": str(bad)}
    judged = []
    for number, script in enumerate(scripts):
        work = tmp_path / str(number)
        work.mkdir()
        done = subprocess.run(["bash", "-ec", script], cwd=work, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "")
        judged.append(re.findall(r"^planproof: (\S+)", done.stdout, re.MULTILINE))
    assert judged == [["plans/app/tfplan.json", "plans/net/tfplan.json"], ["plans.json#1", "plans.json#2"]]


def test_the_code_for_a_run_task_answers_what_the_exit_code_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    command = tmp_path / "planproof"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "checks"}" exec "{sys.executable}" -m planproof "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    names: dict[str, Any] = {}
    exec(code, names)
    answers = [
        names["judge"](str(plan), str(GOOD))["data"]["attributes"] for plan in (GOOD / "plan.json", tmp_path / "none.json")
    ]
    assert [answer["status"] for answer in answers] == ["passed", "failed"]
    assert answers[0]["message"].startswith("0 failed, 0 unknown, ")
    assert "none.json does not exist" in answers[1]["message"]
