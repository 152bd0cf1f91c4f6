"""The links of a chain of alerts, and the walk along them to the chain that comes furthest."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
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

    Broken: `code`. Open: `code` and `undetermined`. The chain goes on where `to` is given, so that all that is broken is told at once.
    `nearness` orders broken links of one kind. `where`: evidence. `also`: the reasons of what else is broken in this link.
    """

    to: Any = None
    code: str = ""
    reason: str = ""
    where: tuple[str, ...] = ()
    undetermined: bool = False
    nearness: int = 0
    also: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        return bool(self.code) and not self.undetermined


Chain = tuple[Link, ...]
Links = Iterable[Link]


def holds(to: Any, *where: str) -> Link:
    return Link(to, where=where)


def broken(code: str, reason: str, *where: str, nearness: int = 0, to: Any = None) -> Link:
    return Link(to, code, reason, where, nearness=nearness)


def cannot_tell(code: str, reason: str, *where: str, to: Any = None) -> Link:
    return Link(to, code, reason, where, undetermined=True)


def strongest(links: Iterable[Link]) -> Link | None:
    """One that holds, else one that may, else a broken one."""
    return min(links, key=lambda link: (link.broken, link.undetermined), default=None)


def together(*links: Link) -> Link:
    """Several findings on one link: what is broken with all its reasons, else what cannot be told, else the last one."""
    to = next((link.to for link in reversed(links) if link.to is not None), None)
    faults = [link for link in links if link.broken]
    if not faults:
        return next((link for link in links if link.code), links[-1])._replace(to=to)
    where = tuple(dict.fromkeys(address for link in faults for address in link.where))
    reasons = [reason for link in faults for reason in (link.reason, *link.also)]
    return faults[0]._replace(to=to, where=where, also=tuple(dict.fromkeys(reasons[1:])))


def is_whole(chain: Chain) -> bool:
    return not any(link.code for link in chain)


def first_broken(chain: Chain) -> int:
    """The number of the first link that is broken; the length of a chain without any."""
    return next((number for number, link in enumerate(chain) if link.broken), len(chain))


def faults(chain: Chain) -> tuple[str, ...]:
    """The reasons of all that is broken, in the chain's order."""
    return tuple(dict.fromkeys(reason for link in chain if link.broken for reason in (link.reason, *link.also)))


class Stage(NamedTuple):
    """A kind of link: what it leads to, in words, and the function that finds such links from a thing.

    `key`: of the bucket that the chain begins at, what the links, and all after them, depend on; by default nothing.
    `alike`: equal for two things from which the same links lead on; None for what is like no other, by default everything.
    """

    name: str
    links: Callable[[Any, Instance, Context], Links]
    key: Callable[[Instance, Context], Hashable] = lambda _bucket, _context: None
    alike: Callable[[Any, Context], Hashable] = lambda _at, _context: None


def walk(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    """The best chain from `at` on, worked out once for all buckets that are alike to it."""
    key = (stages[0].name, stages[1:2], None if at is bucket else at, stages[0].key(bucket, context))
    return context.remembered("alert_chain", key, lambda: _best(stages, at, bucket, context))


def _best(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    best: Chain = ()
    for link in _one_of_each(_worth_following(tuple(_links(stages[0], at, bucket, context))), stages[1:], context):
        ends = link.to is None or len(stages) == 1
        chain = (link,) if ends else (link, *walk(stages[1:], link.to, bucket, context))
        if not best or _merit(chain) > _merit(best):
            best = chain
        if is_whole(best):
            break
    return best


def _links(stage: Stage, at: Any, bucket: Instance, context: Context) -> Iterator[Link]:
    """What the stage leads to, until so many links of the plan are tried that it cannot be told."""
    for link in stage.links(at, bucket, context):
        yield link
        too_many = context.tries("links of alert chains")
        if too_many:
            yield cannot_tell("too_many_links", too_many, *link.where[:1])
            return


_MOST_BROKEN = 20


def _worth_following(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Those that are not broken; where all are, the nearest to holding, and of those no more than a person would look at."""
    sound = tuple(link for link in links if not link.broken)
    if sound or not links:
        return sound
    nearest = max(link.nearness for link in links)
    return tuple(link for link in links if link.nearness == nearest)[:_MOST_BROKEN]


def _one_of_each(links: tuple[Link, ...], stages: tuple[Stage, ...], context: Context) -> Iterable[Link]:
    """Of links that lead to what is alike, the one that is the surest, and of those the first."""
    found: dict[Hashable, Link] = {}
    for number, link in enumerate(links):
        alike = stages[0].alike(link.to, context) if stages and link.to is not None else None
        key = number if alike is None else alike
        first = found.setdefault(key, link)
        found[key] = link if first.undetermined and not link.undetermined else first
    return found.values()


def _merit(chain: Chain) -> tuple[bool, int, int, int, int]:
    """Not broken is better than broken, then what holds for longer, comes further, is nearer to holding where it breaks, and has the
    fewest faults."""
    sure = next((number for number, link in enumerate(chain) if link.code), len(chain))
    at = first_broken(chain)
    near = chain[min(at, len(chain) - 1)].nearness
    return at == len(chain), sure, at, near, -len(faults(chain))
