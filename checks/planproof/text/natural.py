"""The order in which people count: `[2]` before `[10]`."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"([0-9]{1,18})")  # more digits are several numbers, as Python refuses to read very long ones


def natural(text: str) -> list[str | int]:
    """What to sort by: every second part is a number."""
    return [int(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(text))]
