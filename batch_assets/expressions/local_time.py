"""Store-local time: UTC to local time, as an expression that every engine computes alike."""

import datetime as dt
from collections.abc import Iterator
from functools import cache

import ibis
import ibis.expr.types as ir

from ..settings import settings

_DAY, _HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def to_local(utc: ir.TimestampColumn) -> ir.TimestampColumn:
    """Convert naive UTC times to the store's local time, also naive.

    Offsets come from the IANA time zone database and cover the calendar's years. A time outside them gets the nearest
    known offset.
    """
    changes = _changes()
    always = ibis.literal(changes[-1][1])
    offset = ibis.cases(*((utc < end, minutes) for end, minutes in changes[:-1]), else_=always) if changes[:-1] else always
    return utc + offset.as_interval("m")


@cache
def _changes() -> list[tuple[dt.datetime, int]]:
    """Return (end in UTC, minutes to add) for each period with a constant offset, oldest first; the last is open-ended."""
    first = _midnight(settings.first_day.replace(month=1, day=1)) - dt.timedelta(days=31)
    last = _midnight((settings.last_day or dt.date.today()) + dt.timedelta(days=400))
    found: list[tuple[dt.datetime, int]] = []
    for utc in _looked_at(first, last):
        minutes = _minutes(utc)
        if found and found[-1][1] != minutes:
            found[-1] = (utc, found[-1][1])
        if not found or found[-1][1] != minutes:
            found.append((last, minutes))
    return found


def _looked_at(first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """Yield every midnight, and every hour of the days on which the offset changes."""
    day = first
    while day <= last:
        changes = _minutes(day) != _minutes(day + _DAY)
        yield from (day + n * _HOUR for n in range(24 if changes else 1))
        day += _DAY


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min)


def _minutes(utc: dt.datetime) -> int:
    offset = utc.replace(tzinfo=dt.UTC).astimezone(settings.zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)
