"""The calendar of batch days, as Dagster's partitions."""

import datetime as dt

import dagster as dg

from ..settings import settings

DAILY = dg.DailyPartitionsDefinition(
    start_date=settings.first_day.isoformat(),
    end_date=(settings.last_day + dt.timedelta(days=1)).isoformat() if settings.last_day else None,
    timezone=settings.time_zone,
)
