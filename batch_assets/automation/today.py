"""The day that lasts: every five minutes, its tables are made of what has landed so far. Without a stream, there is nothing to do."""

import dagster as dg

from ..settings import settings
from ..table.layers import TODAY

today_job = dg.define_asset_job(
    "today",
    selection=dg.AssetSelection.groups(TODAY),
    description="What is seen of the day that lasts, made of what has landed so far.",
)

today = dg.ScheduleDefinition("today", job=today_job, cron_schedule="*/5 * * * *", execution_timezone=settings.time_zone)
