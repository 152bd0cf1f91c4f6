"""formatdate, timeadd and timecmp: https://developer.hashicorp.com/terraform/language/functions/formatdate."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from planproof.functions.values import FunctionError, Json, NotComputable, text

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_LOOSE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DURATION = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_TOKEN = re.compile(r"''|'(?:[^']|'')*(?:'(?!')|\Z)|(?P<verb>([a-zA-Z])\2*)|[^'a-zA-Z]+")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class _Moment(NamedTuple):
    """What a clock shows, the nanoseconds, and how many minutes the clock is ahead of UTC."""

    clock: datetime
    nanoseconds: int
    offset: int

    @property
    def instant(self) -> tuple[datetime, int]:
        return self.clock - timedelta(minutes=self.offset), self.nanoseconds


def formatdate(form: Json, time: Json) -> Json:
    pattern, moment = text(form), _moment(text(time))
    found = []
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if match["verb"]:
            found.append(_verb(token, moment))
        elif token == "''":
            found.append("'")
        elif token.startswith("'"):
            if token == "'" or not token.endswith("'"):
                raise FunctionError("a format has a ' without its other")
            found.append(token[1:-1].replace("''", "'"))
        else:
            found.append(token)
    return "".join(found)


def timeadd(time: Json, duration: Json) -> Json:
    moment, more = _moment(text(time)), _nanoseconds(text(duration))
    seconds, _ = divmod(moment.nanoseconds + more, 10**9)
    try:
        clock = moment.clock + timedelta(seconds=seconds)
    except OverflowError:
        raise NotComputable("a time is too far away") from None
    return f"{clock:%Y}".rjust(4, "0") + f"{clock:-%m-%dT%H:%M:%S}" + _zone(moment.offset, ":", "Z")


def timecmp(left: Json, right: Json) -> Json:
    try:
        first, second = _moment(text(left)).instant, _moment(text(right)).instant
    except OverflowError:
        raise NotComputable("a time is too far away") from None
    return (first > second) - (first < second)


def _moment(time: str) -> _Moment:
    match = _TIME.fullmatch(time)
    hours, minutes = (int(match[group] or 0) for group in (9, 10)) if match else (0, 0)
    if match and hours < 24 and minutes < 60:
        if match[1] == "0000":
            raise NotComputable("a time is too far away")
        nanoseconds = int((match[7] or "")[:9].ljust(9, "0"))
        offset = (hours * 60 + minutes) * (-1 if match[8] == "-" else 1)
        try:
            return _Moment(datetime(*(int(match[group]) for group in range(1, 7))), nanoseconds, offset)  # type: ignore[arg-type]
        except ValueError:
            raise FunctionError("the text is not an RFC 3339 time") from None
    if _LOOSE.fullmatch(time):
        raise NotComputable("a time is written in a way on which versions of Terraform differ")
    raise FunctionError("the text is not an RFC 3339 time")


def _nanoseconds(duration: str) -> int:
    """What a duration as in `1h30m` comes to."""
    sign = -1 if duration.startswith("-") else 1
    rest = duration[duration.startswith(("-", "+")) :]
    if rest == "0":
        return 0
    at = total = 0
    while at < len(rest) or not rest:
        match = _DURATION.match(rest, at)
        if not match or not (match[1] or match[2]):
            raise FunctionError("the text is not a duration")
        if len(match[1]) > 20 or len(match[2] or "") > 9:
            raise NotComputable("a duration has too many digits")
        unit = _UNITS[match[3]]
        total += int(match[1] or 0) * unit
        total += int(float(match[2] or 0) * (unit / 10 ** len(match[2] or "")))
        at = match.end()
    if total >= 2**63:
        raise FunctionError("the text is not a duration")
    return sign * total


def _verb(token: str, moment: _Moment) -> str:
    clock, letter, count = moment.clock, token[0], len(token)
    hour = clock.hour % 12 or 12
    named = {"M": _MONTHS[clock.month - 1], "E": _DAYS[clock.weekday()]}
    numbers = {"M": clock.month, "D": clock.day, "h": clock.hour, "H": hour, "m": clock.minute, "s": clock.second}
    if letter in numbers and count <= 2:
        return f"{numbers[letter]:0{count}d}"
    if letter in named and count in (3, 4):
        return named[letter][: 3 if count == 3 else None]
    if letter == "Y" and count in (2, 4):
        return f"{clock.year:04d}"[-count:]
    if token in ("AA", "aa"):
        half = "AM" if clock.hour < 12 else "PM"
        return half if letter == "A" else half.lower()
    zones = {1: (":", "Z"), 3: ("", "UTC"), 4: ("", "+0000"), 5: (":", "+00:00")}
    if letter == "Z" and count in zones:
        return _zone(moment.offset, *zones[count])
    raise FunctionError("a format has an invalid verb")


def _zone(offset: int, between: str, none: str) -> str:
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}{between}{minutes:02d}" if offset else none
