"""Store-local time: UTC to local time and to trading days, as expressions that every engine computes alike."""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import ibis
import ibis.expr.types as ir

from ..settings import settings

_SECOND = dt.timedelta(seconds=1)

_STEP = dt.timedelta(days=2)
"""How far apart the clock is looked at. Two changes within less than that could go unseen; from 1990 to 2040 no zone has two within six days."""


def to_local(utc: ir.TimestampColumn) -> ir.TimestampColumn:
    """Convert naive UTC times to the store's local time, also naive.

    Offsets come from the IANA time zone database and cover the calendar's years. A time outside them gets the nearest
    known offset.
    """
    changes = _changes()
    always = ibis.literal(changes[-1][1])
    offset = ibis.cases(*((utc < end, minutes) for end, minutes in changes[:-1]), else_=always) if changes[:-1] else always
    return utc + offset.as_interval("m")


def trading_day(utc: ir.TimestampColumn, arrived_on: ir.DateColumn) -> ir.DateColumn:
    """Return the day of the store on which something was sold, by naive UTC times.

    A day ends at the setting `day_ends_at` of the next morning, by the store's clock. What is stamped at most `minutes_ahead` after the
    end of the day on which it arrived is of that day: a clock was ahead, since it cannot have arrived before it was sold.
    """
    day = _day(utc)
    if not settings.minutes_ahead:
        return day
    could_be = _day(utc - ibis.interval(minutes=settings.minutes_ahead))
    return ibis.ifelse((day > arrived_on) & (could_be <= arrived_on), arrived_on, day)


def _day(utc: ir.TimestampColumn) -> ir.DateColumn:
    local, end = to_local(utc), settings.day_ends_at
    return (local - ibis.interval(minutes=60 * end.hour + end.minute) if end > dt.time(0) else local).date()


@cache
def _changes() -> list[tuple[dt.datetime, int]]:
    """Return (end in UTC, minutes to add) for each period with a constant offset, oldest first; the last is open-ended."""
    first = _midnight(settings.first_day.replace(month=1, day=1)) - dt.timedelta(days=31)
    last = _midnight((settings.last_day or dt.date.today()) + dt.timedelta(days=400))
    return [*((change, _minutes(change - _SECOND)) for change in _changes_between(first, last)), (last, _minutes(last))]


def _changes_between(first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """Yield the instants, in UTC, at which the offset becomes another, oldest first."""
    looked_at = [*(first + n * _STEP for n in range((last - first) // _STEP + 1)), last]
    for (before, earlier), (after, later) in pairwise((utc, _minutes(utc)) for utc in looked_at):
        if earlier != later:
            yield _change_within(before, after)


def _change_within(before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """Return the instant between two at which the offset becomes that of the second: found by halving, to the second."""
    while after - before > _SECOND:
        between = before + (after - before) // _SECOND // 2 * _SECOND
        if _minutes(between) == _minutes(after):
            after = between
        else:
            before = between
    return after


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min)


def _minutes(utc: dt.datetime) -> int:
    offset = utc.replace(tzinfo=dt.UTC).astimezone(settings.zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)
