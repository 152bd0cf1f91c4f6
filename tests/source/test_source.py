"""The source: HCL from a folder and from a saved plan, which is untrusted."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

import planproof.source.files
from planproof.errors import SourceError
from planproof.source.files import MAX_FILES
from planproof.source.model import Source
from planproof.source.modules import ModuleSource
from planproof.syntax.traversals import references
from support.repository import ROOT

SHAPES = ROOT / "fixtures" / "good" / "prevent_destroy" / "shapes"
SAVED = ROOT / "tests" / "plans" / "saved" / "tfplan"  # what `terraform plan -out tfplan` made of SHAPES

SOURCES = {"folder": SHAPES, "saved plan": SAVED}


@pytest.mark.parametrize("path", SOURCES.values(), ids=SOURCES)
def test_a_folder_and_its_saved_plan_tell_the_same(path: Path) -> None:
    source = Source.open(path)
    root, called = source.module(()), source.module(("gated",))
    assert root is not None
    assert called is not None
    assert root.locals.keys() == {"is_prod", "names"}
    assert lifecycles(root, "counted") == [{"prevent_destroy": "true"}]
    assert written(root, "module", "gated")["count"] == 'var.environment == "prod" ? 1 : 0'
    where = called.where("resource", "aws_s3_bucket", "protected")
    assert where is not None
    assert source.display_path(where.file).endswith("modules/bucket/main.tf")
    assert where.line == 1 + (SHAPES / "modules/bucket/main.tf").read_text(encoding="utf-8").split("\n").index(
        'resource "aws_s3_bucket" "protected" {'
    )
    assert source.module(("no", "such")) is None


def written(module: ModuleSource, *labels: str) -> dict[str, str]:
    """The arguments of a block, as they are written."""
    body = module.body(*labels)
    assert body is not None
    return {name: attribute.expression.text for name, attribute in body.attributes.items()}


def lifecycles(module: ModuleSource, bucket: str) -> list[dict[str, str]]:
    """The arguments of each `lifecycle` of a bucket."""
    body = module.body("resource", "aws_s3_bucket", bucket)
    assert body is not None
    blocks = body.blocks_of("lifecycle")
    return [{name: a.expression.text for name, a in block.body.attributes.items()} for block in blocks]


def root_of(source: Source) -> ModuleSource:
    module = source.module(())
    assert module is not None
    return module


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return buffer.getvalue()


GOOD = {"tfplan": b"", "tfconfig/m-/main.tf": b'resource "aws_s3_bucket" "a" {}\n'}


def encrypted(content: bytes) -> bytes:
    """The same archive with the flag of encryption on every entry."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


def damaged(content: bytes) -> bytes:
    """The same archive with the compressed bytes of its last entry overwritten."""
    at = content.rindex(b"main.tf", 0, content.index(b"PK\x01\x02")) + len(b"main.tf")
    return content[:at] + b"\xff" * 12 + content[at + 12 :]


REFUSED = {
    "no archive": (b"hello", "is neither a folder nor a saved plan"),
    "cut short": (archive(GOOD)[:40], "is neither a folder nor a saved plan"),
    "another archive": (archive({"a.txt": b""}), "is an archive without Terraform configuration"),
    "too many entries": (archive({f"tfconfig/m-/{n}.tf": b"" for n in range(MAX_FILES + 1)}), "unpacks to more than"),
    "bomb": (archive({"tfconfig/m-/main.tf": b"#" * 30_000_000}), "unpacks to more than"),
    "bomb of many": (archive({f"tfconfig/m-/{n}.tf": b"#" * 990_000 for n in range(80)}), "unpacks to more than"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_saved_plan_is_refused_in_one_sentence(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        Source.open(tmp_path / "tfplan")
    assert "\n" not in str(caught.value)


UNREADABLE = {
    "encrypted": (encrypted(archive(GOOD)), "is damaged: tfconfig/m-/main.tf cannot be read"),
    "damaged": (damaged(archive(GOOD)), "is damaged: tfconfig/m-/main.tf cannot be read"),
    "a big file": (archive({"tfconfig/m-/main.tf": bytes(range(256)) * 20_000}, zipfile.ZIP_STORED), "is larger than"),
}


@pytest.mark.parametrize(("content", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_entry_that_cannot_be_read_is_an_error_and_not_an_empty_module(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes(content)
    source = Source.open(tmp_path / "tfplan")
    with pytest.raises(SourceError, match=message):
        source.module(())


def test_an_entry_that_lies_about_its_size_is_not_unpacked_beyond_it(tmp_path: Path) -> None:
    content = bytearray(archive({"tfconfig/m-/main.tf": b"#" * 900_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature)
        content[at + offset : at + offset + 4] = (100).to_bytes(4, "little")
    (tmp_path / "tfplan").write_bytes(content)
    with pytest.raises(SourceError, match="is damaged"):
        Source.open(tmp_path / "tfplan").module(())


def test_names_that_leave_the_archive_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.tf"
    outside.write_text('resource "aws_s3_bucket" "outside" {}\n', encoding="utf-8")
    entries = {
        **GOOD,
        "tfconfig/m-/../../outside.tf": b'resource "aws_s3_bucket" "b" {}\n',
        "tfconfig/modules.json": json.dumps([{"Key": "", "Dir": "../../../etc"}, {"Key": "x", "Dir": "."}]).encode(),
    }
    inside = tmp_path / "plan" / "tfplan"
    inside.parent.mkdir()
    inside.write_bytes(archive(entries))
    module = root_of(Source.open(inside))
    assert [name for name in ("a", "b", "outside") if module.where("resource", "aws_s3_bucket", name)] == ["a"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["outside.tf", "plan", "tfplan"]


@pytest.mark.parametrize("manifest", [b"{", b"[1]", b'[{"Key": 1}]', b"\xff"])
def test_a_broken_manifest_costs_only_the_folders_names(manifest: bytes, tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes(archive({**GOOD, "tfconfig/modules.json": manifest}))
    module = root_of(Source.open(tmp_path / "tfplan"))
    assert module.body("resource", "aws_s3_bucket", "a") is not None


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    """A block whose braces are in order is read when it is asked for, and then costs itself alone."""
    (tmp_path / "bad.tf").write_text('resource "aws_s3_bucket" {{{\n', encoding="utf-8")
    (tmp_path / "deep.tf").write_text(f"locals {{ a = {'(' * 500}1{')' * 500} }}\n", encoding="utf-8")
    (tmp_path / "good.tf").write_text('resource "aws_s3_bucket" "a" {}\nlocals {\n  b = 1\n}\n', encoding="utf-8")
    module = root_of(Source.open(tmp_path))
    assert module.body("resource", "aws_s3_bucket", "a") is not None
    assert module.locals.keys() == {"b"}
    assert [problem.removeprefix(f"{tmp_path}/") for problem in module.problems] == [
        "bad.tf, line 1, column 1: the brace of this block is not closed",
        "deep.tf, line 1, column 113: this is nested more than 100 levels deep",
    ]


def test_json_syntax_is_source_too(tmp_path: Path) -> None:
    document = {
        "resource": {"aws_s3_bucket": {"a": {"count": "${var.n}", "lifecycle": {"prevent_destroy": True}}}},
        "locals": {"name": "corp-${var.n}"},
        "output": {"id": {"value": "${aws_s3_bucket.a[0].id}"}},
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    module = root_of(Source.open(tmp_path))
    assert lifecycles(module, "a") == [{"prevent_destroy": "true"}]
    named = [module.locals["name"], *(a.expression for a in module.body("output", "id").attributes.values())]  # type: ignore[union-attr]
    assert [[str(name) for name in references(node)] for node in named] == [["var.n"], ["aws_s3_bucket.a[0].id"]]


def test_what_lies_beside_the_plan_is_its_source(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{}", encoding="utf-8")
    assert Source.beside(plan) is None
    (tmp_path / "other.zip").write_bytes(archive({"a": b""}))
    (tmp_path / "tfplan").write_bytes(archive(GOOD))
    found = Source.beside(plan)
    assert found is not None
    assert found.name.endswith("tfplan")
    (tmp_path / "older").write_bytes(archive(GOOD))
    assert Source.beside(plan) is None, "of two saved plans neither is known to be this plan's"
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    assert (found := Source.beside(plan)) is not None
    assert found.root == tmp_path


def test_a_module_is_found_by_its_source_or_by_what_init_wrote(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "fetched").mkdir()
    for name in ("m", "fetched"):
        (tmp_path / name / "main.tf").write_text(f'resource "aws_s3_bucket" "{name}" {{}}\n', encoding="utf-8")
    (tmp_path / "main.tf").write_text(
        'module "local" {\n  source = "./m"\n}\nmodule "remote" {\n  source = "example/logs/aws"\n}\n', encoding="utf-8"
    )
    source = Source.open(tmp_path)
    assert (module := source.module(("local",))) is not None
    assert module.where("resource", "aws_s3_bucket", "m") is not None
    assert source.module(("remote",)) is None
    manifest = tmp_path / ".terraform" / "modules" / "modules.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"Modules": [{"Key": "remote", "Dir": "fetched"}]}), encoding="utf-8")
    assert (module := Source.open(tmp_path).module(("remote",))) is not None
    assert module.where("resource", "aws_s3_bucket", "fetched") is not None


def test_a_file_of_the_folder_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planproof.source.files, "MAX_FILE_BYTES", 10)
    (tmp_path / "main.tf").write_text("# more than ten bytes\n", encoding="utf-8")
    with pytest.raises(SourceError, match="is larger than 10 bytes"):
        Source.open(tmp_path).module(())


MAIN = 'resource "aws_s3_bucket" "a" {{\n  bucket = "a"\n{}}}\n'
RULE, DYNAMIC = "  rule {{\n    id = {}\n  }}\n", '  dynamic "rule" {{\n    for_each = {}\n    content {{}}\n  }}\n'
LIFECYCLE = "  lifecycle {{\n    {}\n  }}\n"
OVERRIDES = {
    "arguments": ("  tags = {}\n", '  bucket = "b"\n', {"bucket": '"b"', "tags": "{}"}, []),
    "blocks of one type": (RULE.format(1) + RULE.format(2), RULE.format(3), {"bucket": '"a"'}, [{"id": "3"}]),
    "blocks by a dynamic one": (RULE.format(1), DYNAMIC.format("[4]"), {"bucket": '"a"'}, [{"for_each": "[4]"}]),
    "a dynamic block": (DYNAMIC.format("[4]"), RULE.format(1), {"bucket": '"a"'}, [{"id": "1"}]),
    "lifecycle by its arguments": (
        LIFECYCLE.format("prevent_destroy = true"),
        LIFECYCLE.format("ignore_changes = [tags]"),
        {"bucket": '"a"'},
        [{"prevent_destroy": "true", "ignore_changes": "[tags]"}],
    ),
}


@pytest.mark.parametrize(("body", "override", "arguments", "blocks"), OVERRIDES.values(), ids=OVERRIDES)
def test_override_files_change_arguments_and_keep_the_rest(
    body: str, override: str, arguments: dict[str, str], blocks: list[dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "main.tf").write_text(MAIN.format(body), encoding="utf-8")
    (tmp_path / "a_override.tf").write_text(f'resource "aws_s3_bucket" "a" {{\n{override}}}\n', encoding="utf-8")
    module = root_of(Source.open(tmp_path))
    where, found = module.where("resource", "aws_s3_bucket", "a"), module.body("resource", "aws_s3_bucket", "a")
    assert where is not None
    assert (where.line, Path(where.file).name) == (1, "main.tf")
    assert written(module, "resource", "aws_s3_bucket", "a") == arguments
    assert found is not None
    assert [{name: a.expression.text for name, a in block.body.attributes.items()} for block in found.blocks] == blocks


TOOLS = {
    "of one name": (["main.tf", "main.tofu"], {False: "main.tf", True: "main.tofu"}),
    "of one name in JSON": (["main.tf.json", "main.tofu.json"], {False: "main.tf.json", True: "main.tofu.json"}),
    "of two languages": (["main.tf", "main.tofu.json"], {False: "main.tf", True: "main.tf main.tofu.json"}),
    "of two names": (["a.tf", "b.tofu"], {False: "a.tf", True: "a.tf b.tofu"}),
    "Terraform's alone": (["a.tf"], {False: "a.tf", True: "a.tf"}),
}


@pytest.mark.parametrize("is_opentofu", [False, True], ids=["terraform", "opentofu"])
@pytest.mark.parametrize(("names", "read"), TOOLS.values(), ids=TOOLS)
def test_each_tool_s_own_files_are_read(names: list[str], read: dict[bool, str], is_opentofu: bool, tmp_path: Path) -> None:
    for name in names:
        key = re.sub(r"\W", "_", name)
        text = f'{{"locals": {{"{key}": 1}}}}' if name.endswith(".json") else f"locals {{\n  {key} = 1\n}}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    module = root_of(Source.open(tmp_path).read_by(is_opentofu))
    assert sorted(module.locals) == [re.sub(r"\W", "_", name) for name in read[is_opentofu].split()]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_the_ends_of_lines_are_read(line_end: str, tmp_path: Path) -> None:
    text = 'locals {\n  a = <<-EOT\n    x\n  EOT\n  b = [\n    1,\n  ]\n}\nresource "aws_s3_bucket" "a" {}\n'
    (tmp_path / "main.tf").write_bytes(text.replace("\n", line_end).encode())
    module = root_of(Source.open(tmp_path))
    where = module.where("resource", "aws_s3_bucket", "a")
    assert (module.problems, list(module.locals), where and where.line) == ([], ["a", "b"], 9)


def test_of_a_folder_of_plans_none_is_opened_to_find_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        (tmp_path / f"{number}.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("planproof.source.model.is_saved_plan", lambda path: pytest.fail(f"{path} is opened"))
    assert Source.beside(tmp_path / "0.json") is None


@pytest.mark.parametrize("name", ["a\0b", "a" * 10_000, "/etc/passwd", "../outside.txt", "folder"])
def test_a_text_is_read_from_a_file_of_the_module_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (tmp_path / "module" / "folder").mkdir(parents=True)
    (tmp_path / "module" / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / "module" / "inside.txt").write_text("inside", encoding="utf-8")
    source = Source.open(tmp_path / "module")
    assert (source.text_of(name, ()), source.text_of("inside.txt", ())) == (None, "inside")
