"""Sets of characters, as the classes of RE2's regular expressions name them: https://github.com/google/re2/wiki/Syntax."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from planproof.functions.values import NotComputable

LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]

GROUPS: dict[str, Ranges] = {
    "d": ((48, 57),),
    "s": ((9, 10), (12, 13), (32, 32)),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
CATEGORIES = re.compile("L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?")
_ODD_CASES = {ord("k"): 0x212A, ord("K"): 0x212A, ord("s"): 0x17F, ord("S"): 0x17F}


class Chars(NamedTuple):
    """A set of characters: those of the ranges, and of Unicode's categories."""

    ranges: Ranges = ()
    categories: tuple[tuple[str, bool], ...] = ()
    negated: bool = False

    def hold(self, character: str) -> bool:
        code = ord(character)
        found = any(low <= code <= high for low, high in self.ranges)
        return (found or (bool(self.categories) and self._categories(character))) is not self.negated

    def _categories(self, character: str) -> bool:
        of = unicodedata.category(character)
        if of == "Cn":
            raise NotComputable("a string holds characters that this version of Unicode does not know")
        return any(of.startswith(name) is wanted for name, wanted in self.categories)


def complement(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST))


def both_cases(ranges: Ranges) -> Ranges:
    """With the other case of each letter. Raises NotComputable."""
    if any(high > 127 for _, high in ranges):
        raise NotComputable("a pattern has letters whose case is not known here")
    codes = {code for low, high in ranges for code in range(low, high + 1)}
    codes |= {ord(chr(code).swapcase()) for code in codes}
    codes |= {_ODD_CASES[code] for code in codes if code in _ODD_CASES}
    return tuple((code, code) for code in sorted(codes))
