"""Observing the lake: an hourly look at the raw files, so that the UI shows which days have arrived or changed."""

import dagster as dg

from ..settings import settings

observe_lake_job = dg.define_asset_job(
    "observe_lake",
    selection=dg.AssetSelection.from_string('key:"lake/*"'),
    description="Records the size, row count and version of each day of raw files that is new or has changed.",
)

observe_lake = dg.ScheduleDefinition("observe_lake", job=observe_lake_job, cron_schedule="0 * * * *", execution_timezone=settings.time_zone)
