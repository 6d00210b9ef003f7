"""The store's days as a stream sees them: by the time at which the broker appended an event. They are those of the lake."""

import datetime as dt

from ..settings import settings


def day_of(time: dt.datetime) -> dt.date:
    """Return the batch day in which an instant lies: it ends at the setting `day_ends_at` of the next morning, by the store's clock."""
    local = time.astimezone(settings.zone)
    return local.date() - dt.timedelta(days=local.time() < settings.day_ends_at)


def end_of(day: dt.date) -> dt.datetime:
    """Return the instant at which a batch day ends."""
    return dt.datetime.combine(day + dt.timedelta(days=1), settings.day_ends_at, settings.zone).astimezone(dt.UTC)
