"""Creates a new check in a clone of planproof: its file, policy section and schema, a good and a bad fixture, and its page.

The new check is a working example (EBS volumes are encrypted) whose tests pass. Change it to your check step by step, as CONTRIBUTING.md
describes. With --dir, it creates a check of your own: its file and two tests, which `planproof test` runs."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from planproof.cli.exit_codes import OK
from planproof.errors import CommandError
from planproof.policy.schema import SHARED
from planproof.registry import all_checks
from planproof.text.escaping import one_line

_CHECK = '''"""{title}: describe the check here in one line."""

from __future__ import annotations

from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="{id}",
    name="EBS volumes are encrypted",
    severity="MEDIUM",
    category="ENCRYPTION",
    types=("aws_ebs_volume",),
)
def {name}(volume: Instance, context: Context) -> Outcome:
    """Finds volumes that are not encrypted.

    Why: anyone who obtains a snapshot of an unencrypted volume can read it.
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html

    Cannot see: encryption by default in the account settings.

    Fix: Set `encrypted = true`.
    """
    where = f"{{volume.address}}.encrypted"
    value = context.argument(volume, "encrypted")
    if value.is_unknown:
        return unknown("unknown_value", f"known after apply: {{where}}", where)
    if value.raw is True:
        return passed("encrypted", "encrypted is true", where)
    return failed("plain", "encrypted is not true", where)
'''
_SECTION = """\
  {name}:
    level: mandatory
"""
_DEPENDS = """\
    "{id}": ("aws_ebs_volume.encrypted",),
"""
_NEEDED = ("checks/failure_modes", "fixtures", "policies/planproof.schema.json", "tests/support/depends.py", "tools/bundle.py")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="name of the check, its file and its policy section, in snake_case: bucket_encryption"
    )
    parser.add_argument("--dir", metavar="DIR", help="a folder of your own checks, outside a clone: checks")
    parser.add_argument("--in", dest="root", metavar="DIR", default=".", help="the clone (default: the current folder)")


def run(options: argparse.Namespace) -> int:
    root, name = Path(options.root), options.name
    _refuse_name(name)
    if options.dir is not None:
        return _begin_own(Path(options.dir), name)
    _refuse(root, name)
    check_id = f"CKV_PLAN_{max(int(check.id.rpartition('_')[2]) for check in all_checks()) + 1}"
    written = [
        _write(
            root / f"checks/failure_modes/{name}.py",
            _CHECK.format(name=name, id=check_id, title=name.replace("_", " ").capitalize()),
        ),
        *(_example(kind, root / "fixtures" / kind / name / "plain") for kind in ("good", "bad")),
        _depends(root, check_id),
        _section(root, name),
        _schema(root, name, check_id),
    ]
    for tool in ("bundle.py", "whole_reports.py"):  # the pages and the bundled policy; the reports by all checks
        if (root / "tools" / tool).is_file():
            subprocess.run([sys.executable, str(root.resolve() / "tools" / tool)], cwd=root, check=True)
    written.append(root / f"docs/checks/{check_id}.md")
    print(f"{check_id} {name}:\n" + "\n".join(f"  {path.as_posix()}" for path in written) + f"\nNow: {_next(name)}")
    return OK


def _begin_own(folder: Path, name: str) -> int:
    file = folder / f"{name}.py"
    if file.exists() or any(check.key == name for check in all_checks()):
        raise CommandError(f"there is a check {name} already")
    taken = [int(n) for old in folder.glob("*.py") for n in re.findall(r"CKV_OWN_(\d+)", old.read_text(encoding="utf-8"))]
    check_id = f"CKV_OWN_{max(taken, default=0) + 1}"
    written = [
        _write(file, _CHECK.format(name=name, id=check_id, title=name.replace("_", " ").capitalize())),
        *(_example(kind, folder / "tests" / name / kind) for kind in ("good", "bad")),
    ]
    print(f"{check_id} {name}:\n" + "\n".join(f"  {path.as_posix()}" for path in written))
    print(f"Now: planproof test {folder.as_posix()}")
    return OK


def _next(name: str) -> str:
    return f"change it as CONTRIBUTING.md describes; `pytest -k {name}` passes after each step"


def _refuse_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise CommandError(f"{one_line(name)!r} cannot be the name of a check: use snake_case, such as bucket_encryption")


def _refuse(root: Path, name: str) -> None:
    missing = [path for path in _NEEDED if not (root / path).exists()]
    if missing:
        raise CommandError(
            f"{root} is not a clone of planproof (there is no {missing[0]}); to create a check of your own, add --dir DIR"
        )
    if any(check.key == name for check in all_checks()) or (root / f"checks/failure_modes/{name}.py").exists():
        raise CommandError(f"there is a check {name} already")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _example(kind: str, target: Path) -> Path:
    """The configuration, plan and expectations that a check begins with: of the package, or of the clone around it."""
    library = Path(__file__).resolve().parents[2]
    places = (library / f"new_check_{kind}", library.parents[1] / "tests" / "plans" / f"new_check_{kind}")
    source = next((place for place in places if place.is_dir()), None)
    if source is None:
        raise CommandError("the example is missing: install planproof, or clone the whole repository")
    for file in ("main.tf", "plan.json", "expected.json"):
        _write(target / file, re.sub(r"\A#.*\n", "", (source / file).read_text(encoding="utf-8")))
    return target


def _depends(root: Path, check_id: str) -> Path:
    """At the end of the table, which is the file's last statement."""
    path = root / "tests" / "support" / "depends.py"
    return _write(path, path.read_text(encoding="utf-8").rstrip().removesuffix("}") + _DEPENDS.format(id=check_id) + "}\n")


def _section(root: Path, name: str) -> Path:
    """At the end of the default policy, whose last key is `checks`."""
    path = root / "policies" / "secure-logs.yaml"
    return _write(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + _SECTION.format(name=name))


def _schema(root: Path, name: str, check_id: str) -> Path:
    path = root / "policies" / "planproof.schema.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["properties"]["checks"]["properties"][name] = {
        "type": "object",
        "description": check_id,
        "additionalProperties": False,
        "properties": {key: {"$ref": f"#/$defs/{key}"} for key in SHARED},
    }
    return _write(path, json.dumps(document, indent=2) + "\n")
