"""Saved plans as JSON, by the terraform or tofu on PATH.

To read one, Terraform starts the providers that it was made with, and it takes them, and its settings, from the folder that it runs in. So it
runs in an empty folder, with providers that it installs there itself, and is told of nothing that lies around the plan: whoever wrote those
files has nothing run.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from planproof.errors import PlanError
from planproof.source.files import LOCK, MAX_TOTAL_BYTES, ArchiveFiles, regular
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Literal

TOOLS = ("terraform", "tofu")
_PUBLISHED = re.compile(r"registry\.(?:terraform\.io/hashicorp|opentofu\.org/(?:hashicorp|opentofu))/[\w-]+")
_SOURCE, _VERSION = re.compile(r"[\w.:-]+/[\w-]+/[\w-]+"), re.compile(r"[\w.+-]+")
_SETTINGS = ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG", "TF_PLUGIN_CACHE_DIR")
"""The paths among Terraform's variables that it is given, unless they lead into the plan's folder. The others are left out: they add
options, folders and providers."""
_PATIENCE = 900  # seconds: a provider is downloaded in them


def show(path: str, any_provider: bool = False) -> bytes:
    """The JSON of a saved plan. Raises PlanError, also for one that needs other providers than those that the tools' own publishers sign,
    unless `any_provider` is to be run."""
    outside = _Outside(Path(os.path.realpath(path)).parent)
    tools = list(outside.programs())
    if not tools:
        raise PlanError(
            f"{path} is a saved plan, and neither terraform nor tofu is on PATH to read it; "
            f"convert it where one is installed: terraform show -json {os.path.basename(path)} > plan.json"
        )
    providers = dict(_providers(path))
    theirs = [source for source in providers if not _PUBLISHED.fullmatch(source)]
    if theirs and not any_provider:
        raise PlanError(
            f"{path} is a saved plan, and reading it runs the provider {theirs[0]}; "
            "if you trust that provider, add --run-terraform; if not, provide the plan's JSON"
        )
    problems = []
    for tool in tools:
        with tempfile.TemporaryDirectory(prefix="planproof-", ignore_cleanup_errors=True) as work:
            try:
                if providers:
                    Path(work, "providers.tf").write_text(_required(providers), encoding="utf-8")
                    _run(tool, work, outside, "init", "-backend=false", "-input=false", "-no-color")
                return _run(tool, work, outside, "show", "-json", "-no-color", os.path.realpath(path))
            except _Problem as problem:
                problems.append(str(problem))
    raise PlanError(f"{path} is a saved plan, and {problems[0]}; provide the plan's JSON: terraform show -json")


def _providers(path: str) -> Iterator[tuple[str, str]]:
    """The providers that the plan was made with, with their versions."""
    lock = ArchiveFiles(regular(path, path, MAX_TOTAL_BYTES), path).lock
    for block in top_blocks(SourceFile(LOCK, lock)):
        version = block.block.body.attributes.get("version")
        number = version.expression.value if version and isinstance(version.expression, Literal) else None
        if block.type != "provider" or not isinstance(number, str) or not _VERSION.fullmatch(number):
            raise PlanError(f"{path} is damaged: it does not list the providers it was created with; provide the plan's JSON")
        if not _SOURCE.fullmatch("".join(block.labels)):
            raise PlanError(f"{path} is damaged: it names a provider that cannot exist; provide the plan's JSON")
        yield block.labels[0], number


def _required(providers: Mapping[str, str]) -> str:
    lines = [f'    p{n} = {{ source = "{source}", version = "{v}" }}\n' for n, (source, v) in enumerate(providers.items())]
    return f"terraform {{\n  required_providers {{\n{''.join(lines)}  }}\n}}\n"


class _Problem(Exception):
    """What a tool says of what it cannot do."""


def _run(tool: str, work: str, outside: _Outside, *arguments: str) -> bytes:
    command = f"`{Path(tool).stem} {arguments[0]}`"
    try:
        done = subprocess.run(
            [tool, *arguments],
            cwd=work,
            env=outside.environment(work),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Problem(f"{command} did not finish in time") from None
    except OSError as error:
        raise _Problem(f"{command} cannot be run ({error.strerror or error})") from None
    if done.returncode:
        lines = [line.strip("╷│╵ \t") for line in done.stderr.decode("utf-8", "replace").splitlines()]
        said = next((line for line in lines if line.startswith("Error")), next((line for line in lines if line), "no message"))
        raise _Problem(f"{command} failed ({said})")
    return done.stdout


def _repository(folder: Path) -> str | None:
    """The outermost repository around a folder, as a submodule is of the same author; one that holds the user's home is none."""
    home = os.path.realpath(os.path.expanduser("~"))
    around = [f for f in (folder, *folder.parents) if (f / ".git").exists() and not Path(home).is_relative_to(f)]
    return os.path.realpath(around[-1]) if around else None


class _Outside:
    """The environment without what leads into a plan's folder, or into the repositories around it and around the current folder."""

    def __init__(self, folder: Path) -> None:
        closed = filter(None, (_repository(folder) or os.path.realpath(folder), _repository(Path.cwd())))
        self._folders = [os.path.join(each, "") for each in closed]
        self._path = [entry for entry in os.get_exec_path() if self._leads_there(entry)]

    def _leads_there(self, path: str) -> bool:
        """Whether it is outside, wherever it is looked at from."""
        try:
            return os.path.isabs(path) and not os.path.join(os.path.realpath(path), "").startswith(tuple(self._folders))
        except OSError:
            return False

    def _may_be_told(self, name: str, value: str) -> bool:
        if name.startswith("TF_") and not name.startswith("TF_TOKEN_") and name not in _SETTINGS:
            return False
        is_path = name in _SETTINGS or name == "HOME" or name.startswith("XDG_")  # by which the tools find settings and providers
        return all(self._leads_there(entry) for entry in value.split(os.pathsep) if entry and (is_path or os.path.isabs(entry)))

    def programs(self) -> Iterator[str]:
        """The tools that are there; `shutil.which` would look in the current folder on Windows."""
        for tool in TOOLS:
            found = (os.path.join(entry, name) for entry in self._path for name in (tool, f"{tool}.exe"))
            yield from [path for path in found if self._leads_there(path) and os.access(path, os.X_OK) and os.path.isfile(path)][
                :1
            ]

    def environment(self, work: str) -> dict[str, str]:
        """For a tool that runs in `work`."""
        kept = {name: value for name, value in os.environ.items() if self._may_be_told(name, value)}
        return {
            "HOME": work,
            **kept,
            "PATH": os.pathsep.join(self._path),
            "TF_DATA_DIR": os.path.join(work, ".terraform"),
            "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",  # there is no such file to break
            "CHECKPOINT_DISABLE": "1",
        }
