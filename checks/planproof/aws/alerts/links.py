"""The links of a chain of alerts, and the walk along them to the chain that comes furthest."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.plan.model import Instance


class Place(NamedTuple):
    """A log group or a topic: of the plan, or one outside of it that is known by its name or ARN."""

    instance: Instance | None = None
    name: str = ""

    @property
    def address(self) -> str:
        return self.instance.address if self.instance else ""


class Link(NamedTuple):
    """One link: what it leads to, and the code and reason where it does not hold for sure.

    Broken: `code`, and nothing comes after it. Open: `code` and `undetermined`; the chain goes on where `to` is given. `nearness` orders
    broken links of one kind. `where`: evidence.
    """

    to: Any = None
    code: str = ""
    reason: str = ""
    where: tuple[str, ...] = ()
    undetermined: bool = False
    nearness: int = 0

    @property
    def broken(self) -> bool:
        return bool(self.code) and not self.undetermined


Chain = tuple[Link, ...]
Links = Iterable[Link]


def holds(to: Any, *where: str) -> Link:
    return Link(to, where=where)


def broken(code: str, reason: str, *where: str, nearness: int = 0) -> Link:
    return Link(None, code, reason, where, nearness=nearness)


def cannot_tell(code: str, reason: str, *where: str, to: Any = None) -> Link:
    return Link(to, code, reason, where, undetermined=True)


def strongest(links: Iterable[Link]) -> Link | None:
    """One that holds, else one that may, else a broken one."""
    return min(links, key=lambda link: (link.broken, link.undetermined), default=None)


def is_whole(chain: Chain) -> bool:
    return not any(link.code for link in chain)


class Stage(NamedTuple):
    """A kind of link: what it leads to, in words, and the function that finds such links from a thing.

    `key`: of the bucket that the chain begins at, what the links depend on; by default nothing.
    """

    name: str
    links: Callable[[Any, Instance, Context], Links]
    key: Callable[[Instance, Context], Hashable] = lambda _bucket, _context: None


def walk(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    """The best chain from `at` on, worked out once for all buckets that are alike to it."""
    memory: dict[Hashable, Chain] = context.memory("alert_chain")
    start = "" if at is bucket else at.address
    key = (stages[0].name, stages[1:2], start, stages[0].key(bucket, context))
    if key not in memory:
        memory[key] = _best(stages, at, bucket, context)
    return memory[key]


def _best(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    best: Chain = ()
    for link in stages[0].links(at, bucket, context):
        ends = link.to is None or len(stages) == 1
        chain = (link,) if ends else (link, *walk(stages[1:], link.to, bucket, context))
        if not best or _merit(chain) > _merit(best):
            best = chain
        if is_whole(best):
            break
    return best


def _merit(chain: Chain) -> tuple[bool, int, int, int]:
    """Not broken is better than broken, then what holds for longer, comes further, and is nearer to holding where it breaks."""
    sure = next((number for number, link in enumerate(chain) if link.code), len(chain))
    return not chain[-1].broken, sure, len(chain), chain[-1].nearness
