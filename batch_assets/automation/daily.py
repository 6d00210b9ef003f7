"""The daily chain: one job for all tables, and the schedule that runs it for the day that has just ended."""

import datetime as dt

import dagster as dg

from ..settings import settings

_RETRY_CRASHES = {"dagster/max_retries": "3", "dagster/retry_on_asset_or_op_failure": "false"}
"""A run is restarted if its process died; a run that failed has reported why, and would fail again."""

AFTER_THE_DAY = dt.timedelta(hours=1, minutes=30)
"""How long after a batch day's end its files are expected."""

_AT = dt.datetime.combine(dt.date.min, settings.day_ends_at) + AFTER_THE_DAY

daily_job = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.groups("marts", "features", "models", "predictions"),
    description="All tables of a batch day, from the raw files to the predictions.",
    tags=_RETRY_CRASHES,
)


@dg.schedule(job=daily_job, cron_schedule=f"{_AT.minute} {_AT.hour} * * *", execution_timezone=settings.time_zone)
def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Run the chain an hour and a half after the batch day's end, by the store's clock: the day is then complete."""
    day = context.scheduled_execution_time.astimezone(settings.zone).date() - dt.timedelta(days=1)
    if told := settings.outside(day):
        return dg.SkipReason(f"{told}.")
    if is_run(context.instance, day):
        return dg.SkipReason(f"A run of {day} is under way, or has made it.")
    return dg.RunRequest(run_key=day.isoformat(), partition_key=day.isoformat())


def is_run(instance: dg.DagsterInstance, day: dt.date) -> bool:
    """Say whether a run of the chain is to make a day, makes it, or has made it."""
    runs = instance.get_runs(dg.RunsFilter(job_name=daily_job.name, tags={"dagster/partition": day.isoformat()}))
    return any(run.status not in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED) for run in runs)
