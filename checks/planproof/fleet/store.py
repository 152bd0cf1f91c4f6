"""Findings as Parquet, in a folder for each day: `day=2026-11-29/part-DIGEST.parquet`.

The name of a part is made of the plans that it is about, so that what is written twice, by a task that was run again, is there once. A
part is there whole or not at all.
"""

from __future__ import annotations

import functools
import hashlib
import operator
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from planproof.errors import CommandError
from planproof.fleet.objects import PlanAt, filesystem, needed, reason_of, shown
from planproof.fleet.table import OF_PLAN, WHOLE, schema

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.dataset


def write(table: pyarrow.Table, url: str) -> int:
    """Adds the rows to the findings at `url`, and returns their number. Rows of plans that were written on that day, from the same content
    and by the same policy, in the same table, take the place of those. Raises CommandError."""
    fs, root = filesystem(url)
    compute = needed("pyarrow.compute")
    days = compute.strftime(table["judged_at"], format="%Y-%m-%d")
    for day in compute.unique(days).to_pylist():
        part = table.filter(compute.equal(days, day))
        try:
            _put(fs, f"{root.rstrip('/')}/day={day}", f"part-{_name(part)}.parquet", _bytes(part))
        except Exception as error:  # each filesystem has its own kinds
            raise CommandError(f"the findings cannot be written to {shown(url)}: {reason_of(error)}") from None
    return int(table.num_rows)


def _bytes(table: pyarrow.Table) -> bytes:
    pa, parquet = needed("pyarrow"), needed("pyarrow.parquet")
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _name(table: pyarrow.Table) -> str:
    columns = [table[name].to_pylist() for name in ("scope", "plan", "plan_digest", "policy_digest")]
    said = "\n".join(sorted({"\0".join(map(str, each)) for each in zip(*columns, strict=True)}))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _put(fs: Any, folder: str, name: str, content: bytes) -> None:
    """Object storage shows an object once it is whole; on a disk a file is put in place once it is."""
    fs.makedirs(folder, exist_ok=True)
    if "file" not in fs.protocol:
        fs.pipe_file(f"{folder}/{name}", content)
        return
    made = f"{folder}/.{os.urandom(8).hex()}.tmp"
    fs.pipe_file(made, content)
    os.replace(made, f"{folder}/{name}")


def findings(url: str) -> pyarrow.dataset.Dataset:
    """All findings at `url`, read as they are asked for. Raises CommandError."""
    pa, dataset = needed("pyarrow"), needed("pyarrow.dataset")
    fs, root = filesystem(url)
    try:
        parts = sorted(path for path in fs.find(root) if path.rpartition("/")[2].startswith("part-"))
        days = dataset.partitioning(pa.schema([pa.field("day", pa.string())]), flavor="hive")
        form = schema().append(pa.field("day", pa.string()))
        return dataset.dataset(parts, schema=form, format="parquet", filesystem=fs, partitioning=days)
    except Exception as error:  # each filesystem has its own kinds
        raise unreadable(url, error) from None


def unreadable(url: str, error: Exception) -> CommandError:
    """What is said if a part, or all, of the findings cannot be read."""
    return CommandError(f"the findings at {shown(url)} cannot be read: {reason_of(error)}; delete the part that is damaged")


def pending(plans: Iterable[PlanAt], url: str, policy_digest: str) -> Iterator[PlanAt]:
    """The plans with what is known of them: one whose content was judged before, by the same policy, is not judged again."""
    known = {plan: digest for plan, (digest, _) in judged(url, policy_digest).items()}
    for plan in plans:
        yield plan._replace(known=known.get(shown(plan.url), ""))


def judged(url: str, policy_digest: str) -> dict[str, tuple[str, str]]:
    """By plan, the digest that it was last judged with by this policy, and the code of that."""
    table, compute = findings(url), needed("pyarrow.compute")
    wanted = {"check": WHOLE, "scope": OF_PLAN, "policy_digest": policy_digest}
    is_wanted = functools.reduce(operator.and_, (compute.field(name) == value for name, value in wanted.items()))
    try:
        rows = table.to_table(columns=["plan", "plan_digest", "code", "judged_at"], filter=is_wanted)
    except Exception as error:  # a part may be damaged
        raise unreadable(url, error) from None
    ordered = rows.sort_by("judged_at").drop_columns("judged_at")
    return {
        plan: (digest or "", code) for plan, digest, code in zip(*(column.to_pylist() for column in ordered.columns), strict=True)
    }
