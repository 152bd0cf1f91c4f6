"""When a report is written, for formats that have to say so."""

from __future__ import annotations

import datetime
import os

from planproof.errors import CommandError


def written_at() -> datetime.datetime:
    """Now, in UTC, or the time that SOURCE_DATE_EPOCH names (https://reproducible-builds.org/specs/source-date-epoch/). Raises
    CommandError."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if not given:
        return datetime.datetime.now(datetime.timezone.utc)
    try:
        return datetime.datetime.fromtimestamp(int(given), datetime.timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise CommandError("SOURCE_DATE_EPOCH is not a time; set it to seconds since 1970, or unset it") from None
