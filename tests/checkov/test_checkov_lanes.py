"""The pack in the real Checkov, in each of the ways in which it is loaded: exit code, stderr, and the same verdicts as our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sign
from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.version import version
from support.lanes import Run, checkov, in_checkovs_words
from support.repository import PLANS, ROOT

pytestmark = pytest.mark.slow

BAD = ROOT / "fixtures" / "bad" / "log_bucket_retention" / "plain"
GOOD = ROOT / "fixtures" / "good" / "ideal"


def ours(plan: Path) -> dict[tuple[str, str], str]:
    """What our own command says of the plan, in Checkov's words."""
    return in_checkovs_words(Plan.load(plan), evaluate(plan))


def assert_agrees(run: Run, plan: Path) -> None:
    expected = ours(plan)
    assert run.verdicts() == expected
    assert run.code == (1 if "FAILED" in expected.values() else 0)
    assert run.stderr == ""


# --- ways to load the pack -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `checks` alone, under another name."""
    target = tmp_path_factory.mktemp("copied") / "policies-of-ours"
    shutil.copytree(ROOT / "checks", target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A signed copy of the pack, and the public key."""
    folder = tmp_path_factory.mktemp("signed")
    key = ec.generate_private_key(ec.SECP256R1())
    public = folder / "public.pem"
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    assert sign.sign_pack(key, folder / "checks") > 10
    return folder / "checks", public


FRAMEWORK = {"framework": ["--framework", "terraform_plan"], "all frameworks": []}


@pytest.mark.parametrize("options", FRAMEWORK.values(), ids=FRAMEWORK)
@pytest.mark.parametrize("folder", [BAD, GOOD], ids=["bad", "good"])
def test_a_clone_with_nothing_installed(clone: Path, folder: Path, options: list[str]) -> None:
    plan = folder / "plan.json"
    assert_agrees(checkov("--external-checks-dir", "checks", "-f", plan, *options, cwd=clone), plan)


@pytest.mark.parametrize("folder", [BAD, GOOD], ids=["bad", "good"])
def test_the_folder_copied_and_renamed_carries_its_policy(renamed: Path, folder: Path, tmp_path: Path) -> None:
    plan = folder / "plan.json"
    assert_agrees(checkov("--external-checks-dir", renamed, "-f", plan, "--framework", "terraform_plan", cwd=tmp_path), plan)


def test_the_checks_folder_alone(renamed: Path, tmp_path: Path) -> None:
    """Not a way that we offer, and Checkov says so of a file that it runs before the library is found; the verdicts are the same."""
    plan = BAD / "plan.json"
    run = checkov("--external-checks-dir", renamed / "failure_modes", "-f", plan, "--framework", "terraform_plan", cwd=tmp_path)
    assert run.verdicts() == ours(plan)
    assert run.code == 1


def test_the_wheel_in_an_empty_venv(installed: Path, tmp_path: Path) -> None:
    plan = BAD / "plan.json"
    folder = subprocess.run(
        [str(installed.parent / "planproof"), "checks-dir"], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.strip()
    assert str(ROOT) not in folder
    assert_agrees(checkov("--external-checks-dir", folder, "-f", plan, python=str(installed), cwd=tmp_path), plan)


def test_the_wheel_as_a_library_imports_no_checkov(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from planproof.engine import evaluate; r = evaluate(sys.argv[1]);"
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'checkov'), r.failed, len(r.findings))"
    )
    done = subprocess.run(
        [str(installed), "-c", code, str(BAD / "plan.json")], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split("\n")[0] == f"[] True {len(evaluate(BAD / 'plan.json').findings)}"


@pytest.mark.parametrize("options", FRAMEWORK.values(), ids=FRAMEWORK)
def test_external_checks_git(clone: Path, tmp_path: Path, options: list[str]) -> None:
    """By the tag that a release makes for it, as docs/releasing.md says."""
    repository, plan = tmp_path / "planproof", BAD / "plan.json"
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgSign=false"]
    subprocess.run([*git, "clone", "-q", clone, repository], check=True)
    subprocess.run([*git, "tag", "v1.0.0"], cwd=repository, check=True)
    identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    make = ["make", "-s", "pack", "VERSION=1.0.0", "SIGN="]
    subprocess.run(make, cwd=repository, env={**os.environ, **identity}, check=True)
    run = checkov("--external-checks-git", f"file://{repository}?ref=pack-1.0.0", "-f", plan, *options, cwd=tmp_path)
    assert_agrees(run, plan)


@pytest.mark.parametrize("options", FRAMEWORK.values(), ids=FRAMEWORK)
def test_signed(signed: tuple[Path, Path], tmp_path: Path, options: list[str]) -> None:
    pack, public = signed
    plan = BAD / "plan.json"
    run = checkov("--external-checks-dir", pack, "--external-checks-public-key", public, "-f", plan, *options, cwd=tmp_path)
    assert_agrees(run, plan)


def test_a_tampered_signed_pack_is_refused(signed: tuple[Path, Path], tmp_path: Path) -> None:
    pack, public = signed
    copy = tmp_path / "tampered"
    shutil.copytree(pack, copy)
    victim = copy / "planproof" / "engine.py"
    victim.write_text("# changed\n" + victim.read_text(encoding="utf-8"), encoding="utf-8")
    run = checkov("--external-checks-dir", copy, "--external-checks-public-key", public, "-f", BAD / "plan.json", cwd=tmp_path)
    assert (run.code, run.results) == (2, {})


@pytest.mark.parametrize("options", FRAMEWORK.values(), ids=FRAMEWORK)
def test_a_folder_with_several_plans_does_not_mix_them(clone: Path, tmp_path: Path, options: list[str]) -> None:
    """Both plans have a resource of the same address; only one of them keeps its logs."""
    plans = {}
    for name, folder in {"one": BAD, "two": ROOT / "fixtures" / "good" / "log_bucket_retention" / "plain"}.items():
        (tmp_path / name).mkdir()
        plans[name] = Path(shutil.copy(folder / "plan.json", tmp_path / name / "plan.json"))
    run = checkov("--external-checks-dir", clone / "checks", "-d", tmp_path, *options, cwd=tmp_path)
    expected = {(f"{name}/plan.json", *key): result for name, plan in plans.items() for key, result in ours(plan).items()}
    assert {key: result for key, (result, _) in run.results.items()} == expected
    assert (run.code, run.stderr) == (1, "")


@pytest.mark.exhaustive
def test_both_lanes_agree_on_every_fixture(clone: Path) -> None:
    """One run of Checkov over all of them: what it says of each plan is what our own command says."""
    run = checkov("--external-checks-dir", "checks", "-d", "fixtures", "--framework", "terraform_plan", cwd=clone)
    plans = [plan for plan in sorted((clone / "fixtures").rglob("*.json")) if plan.name in ("plan.json", "second-plan.json")]
    expected = {(str(plan.relative_to(clone / "fixtures")), *key): result for plan in plans for key, result in ours(plan).items()}
    found = {key: result for key, (result, _) in run.results.items()}
    assert {
        key: (found.get(key), expected.get(key)) for key in found.keys() | expected if found.get(key) != expected.get(key)
    } == {}
    assert len(plans) > 40
    assert (run.code, run.stderr) == (1, "")


@pytest.mark.parametrize(("name", "carrier"), [("data_only", "data.aws_iam_policy_document.later"), ("no_resources", "plan")])
@pytest.mark.parametrize("options", FRAMEWORK.values(), ids=FRAMEWORK)
def test_a_plan_without_managed_resources(clone: Path, tmp_path: Path, name: str, carrier: str, options: list[str]) -> None:
    """What is about the plan stands at a data source; where there is none either, Checkov runs no check, and the pack adds its results."""
    plan = PLANS / name / "plan.json"
    run = checkov("--external-checks-dir", clone / "checks", "-f", plan, *options, cwd=tmp_path)
    assert_agrees(run, plan)
    assert run.verdicts()["CKV_PLAN_3", carrier] == "FAILED"


def test_a_plan_without_resources_is_asked_what_checkov_is_asked(clone: Path, tmp_path: Path) -> None:
    plan = PLANS / "no_resources" / "plan.json"
    run = checkov("--external-checks-dir", clone / "checks", "-f", plan, cwd=tmp_path, checks="CKV_PLAN_9")
    assert {check for check, _ in run.verdicts()} <= {"CKV_PLAN_9"}


def test_a_broken_plan_in_a_folder_is_failed(clone: Path, tmp_path: Path) -> None:
    """Checkov counts a parsing error, and ends with 0. What is no plan is passed over."""
    shutil.copy(GOOD / "plan.json", tmp_path / "plan.json")
    (tmp_path / "cut.json").write_bytes((GOOD / "plan.json").read_bytes()[:5000])
    (tmp_path / "notes.json").write_text("{", encoding="utf-8")
    run = checkov("--external-checks-dir", clone / "checks", "-d", tmp_path, "--framework", "terraform_plan", cwd=tmp_path)
    failed = {key: text for key, (result, text) in run.results.items() if result == "FAILED"}
    assert list(failed) == [("cut.json", "CKV_PLAN_0", "plan")]
    assert "cut.json is truncated" in failed["cut.json", "CKV_PLAN_0", "plan"]
    assert run.code == 1


def test_a_scan_without_a_plan_says_so(clone: Path, tmp_path: Path) -> None:
    shutil.copy(BAD / "main.tf", tmp_path)
    run = checkov("--external-checks-dir", clone / "checks", "-d", tmp_path, cwd=tmp_path)
    assert (run.code, run.results) == (0, {})
    assert run.stderr == f"planproof: no plan was judged: there is none in {tmp_path}\n"


def test_json_of_something_else_fails_no_scan_of_all_frameworks(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text('{"Resources": {}}', encoding="utf-8")
    run = checkov("--external-checks-dir", clone / "checks", "-f", tmp_path / "template.json", cwd=tmp_path)
    assert (run.code, run.results) == (0, {})
    assert "no plan was judged: " in run.stderr
    assert "template.json is JSON but not a Terraform plan" in run.stderr


def test_the_command_of_the_wheel_says_nothing_of_its_own_files(installed: Path, tmp_path: Path) -> None:
    """Checkov would take each YAML and JSON file in the folder that it is handed for a check, and complain of it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PLANPROOF_"))}
    plan = GOOD / "plan.json"
    for options in FRAMEWORK.values():
        command = [
            str(installed.parent / "planproof"),
            "checkov",
            "-f",
            str(plan),
            *options,
            "--skip-download",
            "-c",
            "CKV_PLAN_1",
        ]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, f"planproof: judged by the policy secure-logs of planproof {version()}\n")


def test_unknown_is_shown_as_skipped_with_what_would_decide_it(clone: Path, tmp_path: Path) -> None:
    plan = Path(shutil.copy(PLANS / "references" / "plan.json", tmp_path / "plan.json"))
    run = checkov("--external-checks-dir", clone / "checks", "-f", plan, "--framework", "terraform_plan", cwd=tmp_path)
    result, comment = run.results["plan.json", "CKV_PLAN_8", "aws_s3_bucket.single"]
    assert result == "SKIPPED"
    assert comment.startswith("cannot tell: plan JSON has no lifecycle blocks; provide the saved plan or the folder")


def test_an_exception_of_the_policy_is_skipped_with_its_reason(clone: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    exception = {
        "check": "CKV_PLAN_1",
        "address": "*",
        "reason": "moved to the archive account",
        "expires": "2999-01-01",
    }
    policy.write_text(json.dumps({"exceptions": [exception]}), encoding="utf-8")
    run = checkov("--external-checks-dir", clone / "checks", "-f", BAD / "plan.json", cwd=tmp_path, PLANPROOF_POLICY=str(policy))
    texts = {text for (_, check, _), (result, text) in run.results.items() if check == "CKV_PLAN_1" and result == "SKIPPED"}
    assert texts == {"exception until 2999-01-01: moved to the archive account"}


def edit(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


BREAKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a check raises": (
        lambda pack: edit(
            pack / "failure_modes" / "log_bucket_retention.py",
            (ROOT / "checks/failure_modes/log_bucket_retention.py").read_text(encoding="utf-8")
            + "\ndef lifecycle(*_):\n    raise KeyError('a secret')\n",
        ),
        "check_error: CKV_PLAN_1 could not judge this: KeyError at log_bucket_retention.py:",
    ),
    "a check cannot be imported": (
        lambda pack: edit(pack / "failure_modes" / "log_bucket_retention.py", "import no_such_module  # CKV_PLAN_1\n"),
        "check_error: CKV_PLAN_1 could not judge this: log_bucket_retention.py cannot be imported: ModuleNotFoundError",
    ),
}


@pytest.mark.parametrize(("break_it", "message"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_is_failed_with_the_reason(
    break_it: Callable[[Path], None], message: str, renamed: Path, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(renamed, pack)
    break_it(pack)
    run = checkov("--external-checks-dir", pack, "-f", BAD / "plan.json", "--framework", "terraform_plan", cwd=tmp_path)
    texts = [text for (_, check, _), (result, text) in run.results.items() if check == "CKV_PLAN_1" and result == "FAILED"]
    assert run.code == 1
    assert texts
    assert all(message in text for text in texts)
    assert "a secret" not in str(run)


def test_a_broken_policy_fails_every_check(clone: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("checks: [\n", encoding="utf-8")
    run = checkov("--external-checks-dir", clone / "checks", "-f", BAD / "plan.json", cwd=tmp_path, PLANPROOF_POLICY=str(policy))
    assert run.code == 1
    assert {result for result, _ in run.results.values()} == {"FAILED"}
    assert all("is not valid YAML" in text for _, text in run.results.values())
