"""The project's calendar: a batch is one store-local day."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from dateutil.rrule import rrulestr

from .settings import WEEKDAYS, Closing, settings

_DAY = dt.timedelta(days=1)

_COUNTED_FROM = dt.datetime.combine(dt.date(2000, 1, 1), dt.time.min)
"""The start of every recurrence rule that names none. It is fixed, so that the days do not depend on the requested ones."""


def day_at(time: dt.datetime) -> dt.date:
    """Return the batch day in which an instant lies: it ends at the setting `day_ends_at` of the next morning, by the store's clock."""
    local = time.astimezone(settings.zone)
    return local.date() - _DAY * (local.time() < settings.day_ends_at)


def end_of(day: dt.date) -> dt.datetime:
    """Return the instant, in UTC, at which a batch day ends."""
    return dt.datetime.combine(day + _DAY, settings.day_ends_at, settings.zone).astimezone(dt.UTC)


def days_of(keys: Iterable[str]) -> list[dt.date]:
    """Return the batch days of a run's partition keys, oldest first."""
    return sorted(dt.date.fromisoformat(key) for key in keys)


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return every day from `first` to `last`, both included; none if `last` is before `first`."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


def window(day: dt.date, look_back: int | None) -> list[dt.date]:
    """Return the batch days that a table may read as of `day`, oldest first.

    Args:
        day: the batch day, itself always in the window.
        look_back: days before `day`; None for all of them. The window never starts before the calendar's first day.
    """
    first = settings.first_day if look_back is None else max(settings.first_day, day - look_back * _DAY)
    return days_between(first, day)


def retrain_day(day: dt.date) -> dt.date:
    """Return the latest retrain day that is not after `day`."""
    return day - ((day.weekday() - WEEKDAYS.index(settings.retrain_weekday)) % 7) * _DAY


def is_closed(day: dt.date, known_on: dt.date | None = None) -> bool:
    """Say whether the store is closed on a day.

    Args:
        day: the day, past or to come.
        known_on: the batch day as of which it is asked; None for what is known today.
    """
    return any(
        _holds(closing, day) if known_on is None else _was_known(closing, known_on) and _holds(closing, known_on)
        for days, closing in settings.closed_days.items()
        if (day == days if isinstance(days, dt.date) else day in days_of_rule(days, day.year))
    )


def _was_known(closing: Closing, day: dt.date) -> bool:
    return closing.known_on is None or closing.known_on <= day


def _holds(closing: Closing, day: dt.date) -> bool:
    """Say whether a closing was not withdrawn up to a day."""
    return closing.withdrawn_on is None or day < closing.withdrawn_on


@lru_cache(maxsize=256)
def days_of_rule(rule: str, year: int) -> frozenset[dt.date]:
    """Return the days of a recurrence rule (RFC 5545, and dateutil's BYEASTER) in a year."""
    first, last = (dt.datetime.combine(dt.date(year, *month_day), dt.time.min) for month_day in ((1, 1), (12, 31)))
    return frozenset(day.date() for day in rrulestr(rule, dtstart=_COUNTED_FROM).between(first, last, inc=True))


def stretches(days: Iterable[dt.date]) -> list[list[dt.date]]:
    """Group days into stretches without gaps, oldest first."""
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == _DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def batches(count: int) -> str:
    """Return a number of batches in words."""
    return f"{count:,} {'batch' if count == 1 else 'batches'}"


def name_days(days: Iterable[dt.date]) -> str:
    """Return days as a person would list them: stretches as `first..last`, at most five."""
    runs = stretches(days)
    named = [f"{run[0]}" if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs]
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more stretches" if len(named) > 5 else "")
