"""The tests in a source folder: Terraform's and OpenTofu's own, parsed, and those of other tools, by the policy's globs."""

from __future__ import annotations

import posixpath
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from planproof.errors import SourceError, SyntaxProblem
from planproof.plan.model import Instance
from planproof.source.files import Folder, is_configuration
from planproof.source.modules import literal_source
from planproof.syntax.nodes import Body, Literal, Node, TupleNode
from planproof.syntax.traversals import references
from planproof.text.remembered import remembered
from planproof.text.wildcards import matches

KINDS = ("unit", "integration")
SUFFIXES = (".tftest.hcl", ".tftest.json", ".tofutest.hcl", ".tofutest.json")


class Run(NamedTuple):
    """A `run` block. `claims` are the names that its assertions refer to, `expects` those among them whose failure it expects; `uses`
    all that it refers to. `elsewhere`: it runs another module than the one that is tested; `helps`: one that is no part of it, and calls
    none of its parts."""

    name: str
    file: str
    kind: str
    asserts: bool
    claims: tuple[str, ...]
    expects: tuple[str, ...]
    uses: tuple[str, ...]
    elsewhere: bool = False
    helps: bool = False

    @property
    def looks_at(self) -> set[str]:
        """The runs whose outputs it uses."""
        return {name.split(".")[1] for name in self.uses if name.startswith("run.")}


class TerraformTests(NamedTuple):
    """`others` are the files of other tools that assert something, by kind, where no run of that kind does; `problems` say which
    test files cannot be read."""

    runs: tuple[Run, ...]
    others: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]

    def asserting(self, kind: str) -> list[Run]:
        """The runs that are tests of this kind. One of a helper module is a test of the runs whose outputs it looks at."""
        return [run for run in self.runs if run.asserts and kind in self._kinds(run)]

    def _kinds(self, run: Run) -> set[str]:
        return {other.kind for other in self.runs if not other.helps and other.name in run.looks_at} if run.helps else {run.kind}

    def of(self, kind: str) -> int:
        """How many tests of this kind assert something."""
        return len(self.asserting(kind)) + len(self.others[kind])

    def lacks(self, kinds: Sequence[str]) -> list[str]:
        """The kinds of which there is no test. Where unit tests alone are asked for, an integration test does: it plans first."""
        does = {"unit": ("unit",) if "integration" in kinds else KINDS, "integration": ("integration",)}
        return [kind for kind in kinds if not any(self.of(other) for other in does[kind])]

    def and_those(self, more: TerraformTests) -> TerraformTests:
        others = {kind: (*self.others[kind], *more.others[kind]) for kind in KINDS}
        return TerraformTests((*self.runs, *more.runs), others, (*self.problems, *more.problems))

    def silent(self) -> list[Run]:
        """Runs that assert nothing, and prepare nothing that another run looks at."""
        prepared = {name for run in self.runs for name in run.looks_at}
        return [run for run in self.runs if not run.asserts and not run.elsewhere and run.name not in prepared]


def suite_of(folder: Folder, settings: Mapping[str, Any]) -> TerraformTests:
    """Reads the tests of a folder."""
    runs: list[Run] = []
    problems: list[str] = []
    modules = Modules(folder)
    for file in folder.files_in(*settings["folders"]):
        if file.endswith(SUFFIXES):
            try:
                blocks = [block for block in folder.blocks(file) if block.type == "run"]
                runs.extend(run_of(block.labels[0], block.block.body, file, modules) for block in blocks if block.labels)
            except (SourceError, SyntaxProblem) as error:
                problems.append(str(error))
    suite = TerraformTests(tuple(runs), {}, tuple(problems))
    others = {kind: () if suite.asserting(kind) else tuple(_other(folder, settings, kind)) for kind in KINDS}
    return suite._replace(others=others)


def run_of(name: str, body: Body, file: str, modules: Modules | None = None) -> Run:
    """The run of a block; without `modules`, the module that it calls is the one that is tested."""
    conditions = [
        block.body.attributes["condition"] for block in body.blocks_of("assert") if "condition" in block.body.attributes
    ]
    claims = [name for condition in conditions for name in _names(condition)]
    expected = body.attributes.get("expect_failures")
    expects = [*_names(expected), *_texts(expected.expression)] if expected else []
    command = body.attributes.get("command")
    kind = "unit" if command and command.expression.text.strip('"') == "plan" else "integration"
    called = body.blocks_of("module") if modules else []
    helps = modules is not None and bool(called) and modules.helps(called[0].body)
    claims += expects
    return Run(name, file, kind, bool(claims), tuple(claims), tuple(expects), tuple(_names(body)), bool(called), helps)


def _names(node: Node) -> list[str]:
    """The names that an expression, or all of a body, refers to."""
    return list(dict.fromkeys(str(found) for found in references(node)))


def _texts(node: Node) -> list[str]:
    """The texts in a list: in JSON, `expect_failures` names objects by text."""
    items = node.items if isinstance(node, TupleNode) else (node,)
    return [item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)]


class Modules:
    """The module folders of a checkout, and which of them call which."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._calls: dict[str, list[str]] = {}

    def helps(self, call: Body) -> bool:
        """Whether a module block runs one that is no part of the configuration, and calls none of its parts."""
        return self.reach(_source(call, ".")).isdisjoint(self.reach("."))

    def reach(self, start: str | None) -> set[str]:
        """A module's folder and those of what it calls, at any depth."""
        found: set[str] = set()
        pending = [] if start is None else [start]
        while pending:
            path = pending.pop()
            if path not in found:
                found.add(path)
                pending.extend(self._called(path))
        return found

    def _called(self, path: str) -> list[str]:
        if path not in self._calls:
            self._calls[path] = []
            for file in self._folder.files_in(path):
                if is_configuration(file):
                    self._calls[path] += self._called_in(file, path)
        return self._calls[path]

    def _called_in(self, file: str, path: str) -> list[str]:
        try:
            calls = [block.block.body for block in self._folder.blocks(file) if block.type == "module"]
        except (SourceError, SyntaxProblem):
            return []  # Terraform says so better
        return [source for body in calls if (source := _source(body, path)) is not None]


def _source(call: Body, caller: str) -> str | None:
    """The folder, as seen from the root, of the module that a block calls; None if it lies elsewhere."""
    raw = literal_source(call)
    path = posixpath.normpath(posixpath.join(caller, raw)) if raw is not None and raw.startswith(".") else ".."
    return None if path.startswith("..") else path


def tools_of(settings: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """The policy's tools other than Terraform whose tests are of this kind."""
    return [tool for tool in settings["tools"].values() if tool and tool["kind"] == kind]


def _other(folder: Folder, settings: Mapping[str, Any], kind: str) -> Iterator[str]:
    tools = tools_of(settings, kind)
    files = (file for file in (folder.files if tools else ()) if asserting_text(folder, file, tools))
    return (file for file in files if not is_broken(file, folder.text(file)))


def asserting_text(folder: Folder, file: str, tools: Iterable[Mapping[str, Any]]) -> str:
    """The text of a file, without its comments, if it is a test of one of the tools and asserts something; else nothing."""
    fit = [tool for tool in tools if any(matches(glob, file) for glob in tool["files"])]
    if not fit:
        return ""
    text, code = _without_comments(folder.text(file), posixpath.splitext(file)[1])
    asserts = any(_holds(text, tool.get("mentions") or [""]) and _holds(code, tool["asserts"]) for tool in fit)
    return text if asserts else ""


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


@remembered
def _without_comments(text: str, suffix: str) -> tuple[str, str]:
    """The text without its comments; and, of Python, without its strings as well."""
    if suffix == ".py":
        return _python(text)
    mark, has_blocks = ("//", True) if suffix in {".go", ".js", ".ts", ".java", ".kt", ".cs", ".rs"} else ("#", False)
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(mark))
    code = _without_blocks(code) if has_blocks else code
    return code, code


def _without_blocks(code: str) -> str:
    """Without what stands between `/*` and `*/`."""
    kept, at = [], 0
    while at >= 0:
        opened = code.find("/*", at)
        kept.append(code[at:] if opened < 0 else code[at:opened])
        closed = code.find("*/", opened + 2) if opened >= 0 else -1
        at = closed + 2 if closed >= 0 else -1
    return "".join(kept)


# A comment or a string of Python. One that is not closed goes to the end, so that nothing is looked at twice.
_PYTHON = re.compile(
    r"""#[^\n]*|(?:\b[rbuf]{1,2})?"""
    r"""(?:\"{3}(?:[^"\\]|\\(?:.|\Z)|"(?!""))*(?:\"{3}|\Z)|'{3}(?:[^'\\]|\\(?:.|\Z)|'(?!''))*(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]|\\(?:.|\Z))*(?:"|(?=\n)|\Z)|'(?:[^'\\\n]|\\(?:.|\Z))*(?:'|(?=\n)|\Z))""",
    re.DOTALL | re.IGNORECASE,
)


def _python(text: str) -> tuple[str, str]:
    plain = _PYTHON.sub(lambda found: "" if found[0].startswith("#") else found[0], text)
    return plain, _PYTHON.sub("", plain)


def is_broken(file: str, text: str) -> bool:
    """Whether it is Python that no test runner can read, which takes long to tell. It is compiled and never run: `ast.parse` fails with a
    SystemError now and then when several threads use it (CPython's issue 106905)."""
    if not file.endswith(".py"):
        return False
    with _COMPILING, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of an invalid escape in a team's own test
        try:
            compile(text, file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return True
    return False


_COMPILING = threading.Lock()  # the filters of warnings are the process's


def is_of(suite: TerraformTests, named: Callable[[str], Iterable[Instance]]) -> bool:
    """Whether any test is one of this configuration, whose instances `named` gives. A run of it is if an assertion refers to an instance,
    or if it expects a failure; a run of a module that it calls is, and one of a helper that looks at such a run; another tool tells none."""
    here = {run.name for run in suite.runs if not run.elsewhere}
    runs = [run for run in suite.runs if run.asserts]
    told = any(bool(run.looks_at & here) if run.helps else run.elsewhere or bool(run.expects) for run in runs)
    claims = dict.fromkeys(name for run in runs if not run.elsewhere for name in run.claims)
    names = (name for claim in claims if (name := _in_configuration(claim, here)))
    return told or any(suite.others.values()) or any(True for name in names for _ in named(name))


def tested(suite: TerraformTests, named: Callable[[str], Iterable[Instance]]) -> set[str]:
    """The addresses of the plan's resources that some assertion refers to; `named` gives the instances that a name leads to."""
    here = {run.name for run in suite.runs if not run.elsewhere}
    claims = dict.fromkeys(name for run in suite.runs if not run.elsewhere for name in run.claims)
    found = (instance for claim in claims if (name := _in_configuration(claim, here)) for instance in named(name))
    return {instance.address for instance in found if instance.mode == "managed"}


def _in_configuration(name: str, here: set[str]) -> str | None:
    """A name of an assertion as the configuration has it; `output.a` and `run.apply.a` are outputs of the tested configuration, and
    None is one that leads elsewhere."""
    steps = re.split(r"[.\[]", name)
    if steps[0] == "run":
        return f"output.{steps[2]}" if len(steps) > 2 and steps[1] in here else None
    return name
