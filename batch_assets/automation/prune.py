"""Pruning: what nothing published needs any more is removed each week, once it is older than the setting `keep_days`."""

import datetime as dt

import dagster as dg

from ..errors import WarehouseError
from ..orchestration.resource import WarehouseResource
from ..settings import settings
from ..warehouse.prune import prune as pruned


@dg.op(description="Removes trained models and superseded publications that nothing needs, older than the setting keep_days.")
def remove_unneeded(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> None:
    """Remove it; the run's log has a line for each thing that went."""
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=settings.keep_days)
    try:
        lines = list(pruned(warehouse.warehouse, before, is_executed=True))
    except WarehouseError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    for line in lines or ["nothing can go"]:
        context.log.info(line)


@dg.job(name="prune", description="Removes trained models and superseded publications that nothing published needs, older than the setting keep_days.")
def prune_job() -> None:
    """Remove what nothing needs."""
    remove_unneeded()


prune = dg.ScheduleDefinition("prune", job=prune_job, cron_schedule="0 5 * * 0", execution_timezone=settings.time_zone)
