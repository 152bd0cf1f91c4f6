"""Reading a saved plan runs nothing that lies around it: neither what its author put there, nor what the environment has there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import fixtures as tool
from planproof.cli.main import main
from support.repository import PLANS, ROOT

BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain"
AWS = "registry.terraform.io/hashicorp/aws"
LOCK = 'provider "{source}" {{\n  version = "{version}"\n}}\n'
SPRUNG = "a file beside the plan was run"


def saved(folder: Path, source: str = AWS, version: str = "5.100.0") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "tfplan", "w") as archive:
        archive.writestr("tfplan", b"")
        archive.write(BAD / "main.tf", "tfconfig/m-/main.tf")
        archive.writestr(".terraform.lock.hcl", LOCK.format(source=source, version=version))
    return folder / "tfplan"


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A terraform on PATH that writes down how it is started, and with which files."""
    record = tmp_path / "told"
    executable(
        tmp_path / "bin" / "terraform",
        f'{{ echo "cwd=$PWD"; echo "arguments=$*"; ls -A; env; cat providers.tf; }} >> {record} 2>/dev/null\n'
        f'test "$1" = init || cat {BAD / "plan.json"}',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return record


def lay_traps(folder: Path) -> None:
    """Programs, providers and settings, wherever Terraform, or a search for it, would look."""
    sprung = f"echo '{SPRUNG}' >&2; touch {folder.parent / 'sprung'}; exit 1"
    for name in ("terraform", "tofu", "terraform.exe", "bin/terraform"):
        executable(folder / name, sprung)
    for where in (".terraform/providers", "terraform.d/plugins", ".terraform.d/plugins", "cache", "data/providers"):
        executable(folder / where / AWS / "5.100.0" / "linux_amd64" / "terraform-provider-aws_v5.100.0_x5", sprung)
    overridden = f'provider_installation {{\n  dev_overrides {{\n    "hashicorp/aws" = "{folder}/cache"\n  }}\n}}\n'
    for name in ("terraform.rc", ".terraformrc", ".tofurc"):
        (folder / name).write_text(overridden, encoding="utf-8")
    (folder / ".terraform.lock.hcl").write_text(LOCK.format(source=AWS, version="5.100.0"), encoding="utf-8")
    (folder / "zz.tf").write_text('terraform {\n  backend "local" {}\n}\n', encoding="utf-8")


def lead_into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable that can lead into the folder does, by a path, by a link or from the current folder."""
    link = folder.parent / "link"
    link.symlink_to(folder)
    monkeypatch.chdir(folder)
    for name, value in {
        "TF_CLI_CONFIG_FILE": "terraform.rc",
        "TERRAFORM_CONFIG": str(link / ".terraformrc"),
        "TF_PLUGIN_CACHE_DIR": str(folder / "cache"),
        "TF_DATA_DIR": str(folder / "data"),
        "TF_CLI_ARGS": f"-chdir={folder}",
        "TF_CLI_ARGS_init": f"-plugin-dir={folder / 'cache'}",
        "TF_REATTACH_PROVIDERS": "{}",
        "TF_WORKSPACE": "other",
        "HOME": str(folder),
        "XDG_DATA_HOME": ".",
        "XDG_DATA_DIRS": f"/usr/share:{link}",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "LD_LIBRARY_PATH": str(folder),
        "PATH": f".::bin:{folder}:{link / 'bin'}:{os.environ['PATH']}",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("named", ["tfplan", "infra/tfplan", "link/tfplan"])
def test_nothing_of_the_folder_is_in_what_terraform_is_told(
    named: str, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = saved(tmp_path / "infra").parent
    lay_traps(folder)
    lead_into(folder, monkeypatch)
    if "/" in named:
        monkeypatch.chdir(tmp_path)
    assert main(["check", named]) == 1
    lines = told.read_text(encoding="utf-8").splitlines()
    into = [line for line in lines if "infra" in line or str(tmp_path / "link") in line]
    assert [line for line in into if not line.startswith(("arguments=show -json -no-color ", "PYTEST_CURRENT_TEST="))] == []
    assert [line.split("=")[1].split()[0] for line in lines if line.startswith("arguments=")] == ["init", "show"]
    assert f'    p0 = {{ source = "{AWS}", version = "5.100.0" }}' in lines
    assert not [
        line for line in lines if line.startswith(("TF_CLI", "TERRAFORM_", "TF_PLUGIN_CACHE_DIR", "TF_REATTACH", "TF_WORK"))
    ]
    assert not (tmp_path / "sprung").exists()


def test_the_repository_around_the_folder_counts_as_it(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "infra").mkdir()
    (repository / "infra" / ".git").write_text("gitdir: ../.git/modules/infra\n", encoding="utf-8")  # a submodule
    executable(repository / "tools" / "terraform", f"touch {tmp_path / 'sprung'}")
    monkeypatch.setenv("PATH", f"{repository / 'tools'}:{os.environ['PATH']}")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(repository / "ci" / "terraform.rc"))
    assert main(["check", str(saved(repository / "infra"))]) == 1
    assert "TF_CLI_CONFIG_FILE" not in told.read_text(encoding="utf-8")
    assert not (tmp_path / "sprung").exists()


def test_the_repository_around_the_current_folder_is_no_better(
    told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    executable(repository / "tools" / "terraform", f"touch {tmp_path / 'sprung'}")
    monkeypatch.setenv("PATH", f"{repository / 'tools'}:{os.environ['PATH']}")
    monkeypatch.chdir(repository)
    assert main(["check", str(saved(tmp_path / "elsewhere"))]) == 1
    assert not (tmp_path / "sprung").exists()


def test_settings_from_elsewhere_are_kept(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {
        "TF_CLI_CONFIG_FILE": str(tmp_path / "ours.rc"),
        "TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache"),
        "TF_TOKEN_example_com": "t",
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    assert main(["check", str(saved(tmp_path / "infra"))]) == 1
    assert {f"{name}={value}" for name, value in ours.items()} <= set(told.read_text(encoding="utf-8").splitlines())


def test_a_plan_that_a_folder_holds_is_read_if_that_is_asked_for(
    told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = saved(tmp_path / "infra").parent
    for words in (["check", str(folder)], ["baseline", "write", str(folder), "-o", str(tmp_path / "b.json")]):
        assert main(words) == 2
        said = "".join(capsys.readouterr())
        assert (
            "is a saved plan, which Terraform reads by running its providers; if you trust it, provide its path or add --run-terraform"
            in said
        )
        assert not told.exists()
    assert main(["check", str(folder), "--run-terraform"]) == 1
    assert main(["check", str(folder), str(folder / "tfplan")]) == 1


STRANGE = ("registry.terraform.io/hashicorpx/aws", "registry.terraform.io.example.com/hashicorp/aws", "example.com/hashicorp/aws",
           "registry.terraform.io/someone/aws", "registry-terraform.io/hashicorp/aws")  # fmt: skip


@pytest.mark.parametrize("source", STRANGE)
def test_a_provider_that_nobody_vouches_for_is_run_if_that_is_asked_for(
    source: str, told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(saved(tmp_path / "infra", source))
    assert main(["check", plan]) == 2
    assert f"reading it runs the provider {source}; if you trust that provider, add --run-terraform" in capsys.readouterr().err
    assert not told.exists()
    assert main(["check", plan, "--run-terraform"]) == 1
    assert f'source = "{source}"' in told.read_text(encoding="utf-8")


DAMAGED = {
    "a source that writes more": ('a/b/c\\" }}\\n}} provider \\"x', "1.0.0"),
    "a version that writes more": (AWS, '1.0.0\\" }} p1 = {{ source = \\"example.com/a/b'),
    "a template": (AWS, "${{file(1)}}"),
    "a path": ("../../../evil", "1.0.0"),
    "no version": (AWS, ""),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_lock_that_is_none_is_refused(case: str, told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(saved(tmp_path / "infra", *(part.replace("{{", "{").replace("}}", "}") for part in DAMAGED[case])))
    assert main(["check", plan, "--run-terraform"]) == 2
    error = capsys.readouterr().err
    assert (error.count("\n"), "is damaged: " in error) == (1, True)
    assert not told.exists()


@pytest.mark.exhaustive
def test_the_real_terraform_runs_no_provider_that_lies_beside_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = tool.available()
    if reason:
        pytest.skip(reason)
    folder = tmp_path / "infra"
    folder.mkdir()
    shutil.copy(PLANS / "saved" / "tfplan", folder)
    lay_traps(folder)
    for name, value in tool.terraform_environment().items():
        monkeypatch.setenv(name, value)
    own = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}
    terraform = subprocess.run(["terraform", "show", "-json", "tfplan"], cwd=folder, env=own, capture_output=True, check=False)
    assert (terraform.returncode != 0, (tmp_path / "sprung").exists()) == (True, True), "the trap would not spring"
    (tmp_path / "sprung").unlink()
    assert main(["check", str(folder / "tfplan"), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"]
    assert not (tmp_path / "sprung").exists()
