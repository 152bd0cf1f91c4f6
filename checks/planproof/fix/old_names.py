"""What a rename would leave with the old name: texts of the configuration, readers of what the name is made of, values of the plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from planproof.errors import SourceError
from planproof.evaluation.origin import Origins
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical, Place
from planproof.fix.trail import address_of, holders_in, is_within, trail_at
from planproof.plan.model import Instance, Module
from planproof.plan.value import PathStep
from planproof.source.modules import ModuleSource
from planproof.syntax.blocks import TopBlock
from planproof.syntax.nodes import Attribute, Block, GetAttr, Literal, Node, Template, Variable

_SAID = ("alarm_description", "comment", "description", "error_message")
_OTHERS = ("Id", "Sid", "metric_name", "namespace", "sid")
_OTHERS_IN = {"lifecycle_rule": "id", "metric_transformation": "name", "rule": "id"}
"""Arguments that only say something, and those, anywhere or in a block, that as a whole are the name of something else."""
_LEAST = 4  # letters of a name that a text is taken to mean, wherever it stands
_WORD, _WORDS = re.compile(r"[a-z]+"), re.compile(r"[\w-]+")


class _Read(NamedTuple):
    """A variable or local that the whole name comes from, in the files of a module."""

    path: tuple[str, ...]
    word: str


class _Known(NamedTuple):
    """A text of the plan."""

    instance: Instance
    path: tuple[PathStep, ...]
    text: str


def refuse_left(job: Job, place: Place, found: Attribute, edits: Sequence[Edit]) -> None:
    """Raises NotMechanical if something has the old name, and neither refers to the resource nor is edited."""
    names = {text for i in job.siblings if (text := i.get(found.name).text)}
    made_of, reads = _made_of(job, place, found, [i.module for i in job.siblings])
    left = _Left(job, place, made_of, edits)
    for name in sorted(names):
        pattern = _pattern(name, job.instance.type)
        left.refuse_values(pattern, name)
        left.refuse_texts(pattern, name)
    inner = found.expression.text[1:-1]
    if isinstance(found.expression, Template) and not re.search(r"\$\{(each|count)\.", inner):
        left.refuse_texts(re.compile(rf"(?<![\w}}-]){re.escape(inner)}(?![\w-]|\$\{{)"), "", place.module.source.tops)
    for read in reads:
        left.refuse_reads(read)


def _pattern(name: str, kind: str) -> re.Pattern[str]:
    """The name as a whole. A short one, or a word that may mean anything, counts only in an ARN of the type's service."""
    end = rf"{re.escape(name)}(?![\w-]|\$\{{)"
    if len(name) < _LEAST or _WORD.fullmatch(name):
        first, second, *_ = [*kind.split("_")[1:], ""]
        return re.compile(rf'arn:[^:\s"]*:(?:{first}|{first}-?{second}):[^\s"]*?[:/]{end}')
    return re.compile(rf"(?<![\w}}-]){end}" if re.match(r"\w", name) else end)


class _Left:
    def __init__(self, job: Job, place: Place, made_of: Sequence[Node], edits: Sequence[Edit]) -> None:
        self._job, self._place, self._edits = job, place, edits
        self._own = {_range(node) for node in made_of}

    def refuse_texts(self, pattern: re.Pattern[str], name: str, tops: Sequence[TopBlock] | None = None) -> None:
        """A text of the configuration."""
        for top in self._job.remembered("all blocks", lambda: _all_blocks(self._job)) if tops is None else tops:
            if top.file.text.find(name, top.start, top.end) < 0:
                continue
            for match in pattern.finditer(top.file.text, top.start, top.end):
                trail = trail_at(top, match.start())
                is_text = any(isinstance(node, (Literal, Template)) for node in trail)
                if is_text and not self._is_settled(top, match, trail) and not self._is_other_name(top, trail, match[0]):
                    self._refuse(top, trail)
                if not trail and not re.match(r'"\s*:', top.file.text[match.end() :]):
                    self._refuse(top, trail)

    def refuse_reads(self, read: _Read) -> None:
        """An expression that reads what the name comes from."""
        source = _source_of(self._job, read.path)
        pattern = re.compile(rf"(?<![\w.-]){re.escape(read.word)}(?![\w-])")
        for top in source.tops if source else ():
            if (top.type, *top.labels) == ("variable", read.word.removeprefix("var.")):
                continue
            for match in pattern.finditer(top.file.text, top.start, top.end):
                trail = trail_at(top, match.start())
                is_code = not trail or isinstance(trail[-1], Variable)
                if is_code and not self._is_settled(top, match, trail) and not self._is_other_name(top, trail, match[0]):
                    self._refuse(top, trail)

    def refuse_values(self, pattern: re.Pattern[str], name: str) -> None:
        """A value that the plan shows. What a namesake's name is made of is its own."""
        job = self._job
        by_word: dict[str, list[_Known]] = job.remembered("texts", lambda: _by_word(_texts_of(job)))
        for instance, path, text in by_word.get(_longest(name), ()):
            if instance in job.siblings or not pattern.search(text):
                continue
            if text == name and self._names_itself(instance, path):
                continue
            written = job.context.evaluated(instance, path[0]) is not None
            origins = job.context.origins(instance, *path)
            if written and not self._follows(origins) and not self._is_edited(instance, str(path[0])):
                raise NotMechanical(self._said(instance.address, str(path[0])))
        for label, output in job.context.plan.outputs.items():
            if any(pattern.search(text) for _, text in _texts(output.value.raw)):
                top = next(iter(job.bench.files_of(job.context.plan.root).source.blocks("output", label)), None)
                if not self._follows(job.context.expressions.output(label).all_origins) and not self._touches(top):
                    raise NotMechanical(self._said(f"output.{label}", "value"))

    def _names_itself(self, instance: Instance, path: tuple[PathStep, ...]) -> bool:
        """Whether it is the name of something else, as what the name of a resource is made of then is too."""
        if _is_others(str(path[-1]), map(str, path)):
            return True
        if instance.mode == "data" or path != (self._job.settings("naming_convention")["attributes"].get(instance.type),):
            return False
        try:
            place = self._job.place_of(instance)
        except NotMechanical:
            return True
        found = place.argument(str(path[0]))
        if found is not None:
            self._own.update(map(_range, _made_of(self._job, place, found, [instance.module])[0]))
        return True

    def _follows(self, origins: Origins) -> bool:
        return any(instance in origin.instances for origin in origins for instance in self._job.siblings)

    def _is_edited(self, instance: Instance, attribute: str) -> bool:
        """Whether these edits are in the block, or those of another failure in the argument."""
        try:
            place = self._job.place_of(instance)
        except NotMechanical:
            return False
        argument = place.argument(attribute)
        return self._touches(place.top) or (argument is not None and _touch(self._job.bench.edits, argument))

    def _touches(self, top: TopBlock | None) -> bool:
        return top is not None and _touch(self._edits, top)

    def _is_settled(self, top: TopBlock, match: re.Match[str], trail: Sequence[Node]) -> bool:
        """Whether it is edited, or what the name is made of, or only says something."""
        start, end, file = match.start(), match.end(), top.file.path
        edits = (*self._edits, *self._job.bench.edits)
        if any(edit.file == file and edit.start <= start and end <= edit.end for edit in edits):
            return True
        if any(_range(node) in self._own for node in trail):
            return True
        return any(holder in _SAID or holder.endswith(("tags", "tags_all")) for holder, _ in holders_in(trail))

    def _is_other_name(self, top: TopBlock, trail: Sequence[Node], text: str) -> bool:
        """Whether something else has the same name. What reads a part of a name into another, the plan's values tell."""
        holders = list(holders_in(trail))
        if not holders:
            return False
        last, value = holders[-1]
        own = self._job.settings("naming_convention")["attributes"].get(top.labels[0]) if top.type == "resource" else None
        is_own = len(holders) == 1 and last == own
        if value.text.strip('"') not in (text, f"${{{text}}}"):
            return is_own and isinstance(trail[-1], Variable)
        return is_own or _is_others(last, (node.type for node in trail if isinstance(node, Block)))

    def _refuse(self, top: TopBlock, trail: Sequence[Node]) -> None:
        raise NotMechanical(self._said(address_of(top), next((name for name, _ in holders_in(trail)), "")))

    def _said(self, where: str, argument: str) -> str:
        has = f"{where} has the old name" + (f" in {argument}" if argument else "")
        return f"{has}; let it refer to {self._place.address} first"


def _range(node: Node) -> tuple[str, int, int]:
    return node.file.path, node.start, node.end


def _touch(edits: Sequence[Edit], around: TopBlock | Node) -> bool:
    return any(is_within(edit, around) for edit in edits)


def _is_others(argument: str, around: Iterable[str]) -> bool:
    """Whether what an argument holds as a whole is the name of a thing that is no resource."""
    return argument in _OTHERS or any(_OTHERS_IN.get(block) == argument for block in around)


def _all_blocks(job: Job) -> list[TopBlock]:
    """The blocks of all modules, those of a file that several calls lead to once."""
    found: dict[str, list[TopBlock]] = {}
    pending = [job.context.plan.root.config]
    while pending:
        config = pending.pop()
        source = _source_of(job, config.path)
        by_file: dict[str, list[TopBlock]] = {}
        for top in source.tops if source else ():
            by_file.setdefault(top.file.path, []).append(top)
        found.update(by_file)
        pending += [call.module for call in config.calls.values()]
    return [top for tops in found.values() for top in tops]


def _source_of(job: Job, path: tuple[str, ...]) -> ModuleSource | None:
    try:
        return job.context.source.module(path) if job.context.source else None
    except SourceError:
        return None


# --- what a name is made of -------------------------------------------------------------------------------------------


def _made_of(job: Job, place: Place, found: Attribute, modules: Iterable[Module]) -> tuple[list[Node], list[_Read]]:
    """The expressions that the name is made of, through locals and variables, and those of them that are read as the whole name."""
    nodes: list[Node] = []
    reads: dict[_Read, None] = {}
    pending: list[tuple[Module, Node, bool]] = [(module, found.expression, True) for module in dict.fromkeys(modules)]
    seen: set[tuple[str, int]] = set()
    while pending:
        module, node, is_whole = pending.pop()
        if (module.address, id(node)) in seen:
            continue
        seen.add((module.address, id(node)))
        nodes.append(node)
        whole = node.unwrapped if isinstance(node, Template) else node
        for reference, kind in _references(node):
            is_read = is_whole and reference is whole and kind in ("local", "var")
            if is_read:
                reads[_Read(module.path, f"{kind}.{reference.name}")] = None
            pending += [(where, each, is_read) for where, each in _definitions(job, place, module, kind, reference.name)]
    return nodes, list(reads)


def _references(node: Node) -> Iterator[tuple[GetAttr, str]]:
    """What is read of `local`, `var`, `each` and the like, with that word."""
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, GetAttr) and isinstance(each.source, Variable):
            yield each, each.source.name
        pending += each.children()


def _definitions(job: Job, place: Place, module: Module, kind: str, name: str) -> Iterator[tuple[Module, Node]]:
    """What a local, a variable or a key is."""
    source = _source_of(job, module.path)
    if kind == "local" and source and name in source.locals:
        yield module, source.locals[name]
    if kind in ("each", "count") and (over := place.argument("for_each") or place.argument("count")):
        yield module, over.expression
    if kind == "var":
        body, parent = source.body("variable", name) if source else None, module.parent
        if body and "default" in body.attributes:
            yield module, body.attributes["default"].expression
        outer = _source_of(job, parent.path) if parent else None
        call = outer.body("module", module.name) if outer else None
        if parent and call and name in call.attributes:
            yield parent, call.attributes[name].expression


# --- the plan ---------------------------------------------------------------------------------------------------------


def _texts_of(job: Job) -> Iterator[_Known]:
    """The known texts of the plan's resources, of any depth, with the path to each."""
    for instance in job.context.plan.instances:
        for attribute in instance.value.names():
            if attribute not in (*_SAID, "tags", "tags_all"):
                for path, text in _texts(instance.get(attribute).raw):
                    yield _Known(instance, (attribute, *path), text)


def _by_word(texts: Iterable[_Known]) -> dict[str, list[_Known]]:
    """The texts by each word that is in them, as a plan has many texts and many names."""
    found: dict[str, list[_Known]] = {}
    for known in texts:
        for word in set(_WORDS.findall(known.text)):
            found.setdefault(word, []).append(known)
    return found


def _longest(name: str) -> str:
    return max(_WORDS.findall(name), key=len, default="")


def _texts(value: object) -> Iterator[tuple[tuple[PathStep, ...], str]]:
    pending: list[tuple[tuple[PathStep, ...], object]] = [((), value)]
    while pending:
        path, raw = pending.pop()
        if isinstance(raw, str):
            yield path, raw
        elif isinstance(raw, (list, dict)):
            pending += [((*path, step), each) for step, each in (raw.items() if isinstance(raw, dict) else enumerate(raw))]
