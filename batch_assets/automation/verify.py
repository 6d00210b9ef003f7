"""Verifying what was published: a weekly look at every table and file, which fails if something is not as the ledger says."""

from pathlib import Path

import dagster as dg

from ..orchestration.resource import WarehouseResource
from ..settings import settings
from ..table.graph import configured_graph
from ..warehouse.verify import differences

_MOST_NAMED = 5


@dg.op(description="Computes all content hashes again, trains the two last versions of each model again, and compares them with the ledger.")
def compare_with_ledger(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> None:
    """Fail if a table or a file differs from the ledger; the run's log names each."""
    with warehouse.warehouse.connect() as con:
        tables = configured_graph().in_order()
        found = [told.reason for told in differences(con, tables, Path(warehouse.lake), Path(warehouse.published), Path(warehouse.models))]
    for reason in found:
        context.log.error(reason)
    if found:
        more = f"; and {len(found) - _MOST_NAMED} more" * (len(found) > _MOST_NAMED)
        told = f"{'; '.join(found[:_MOST_NAMED])}{more}. python -m batch_assets verify --repair has them made again"
        raise dg.Failure(told, allow_retries=False)


@dg.job(name="verify", description="Computes the content hashes of all published tables, files and models again, and compares them with the ledger.")
def verify_job() -> None:
    """Compare everything with the ledger."""
    compare_with_ledger()


verify = dg.ScheduleDefinition("verify", job=verify_job, cron_schedule="0 4 * * 0", execution_timezone=settings.time_zone)
