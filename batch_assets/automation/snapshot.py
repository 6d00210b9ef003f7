"""The snapshot for those who analyse: made after each run of the daily chain that succeeded, once somebody has switched that on."""

import dagster as dg

from ..errors import WarehouseError
from ..orchestration.resource import WarehouseResource
from ..table.graph import configured_graph
from ..warehouse.snapshot import take_snapshot
from .daily import daily_job


@dg.op(description="Copies what is published, without what is private, into the file warehouse.duckdb of the folder of published files.")
def copy_published(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> None:
    """Make the snapshot; how many tables it has, and its size, are metadata of the run."""
    try:
        made = take_snapshot(warehouse.warehouse, configured_graph().in_order())
    except WarehouseError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    context.add_output_metadata({"path": str(made.path), "tables": made.tables, "bytes": made.size})


@dg.job(name="snapshot", description="Copies what is published, without what is private, into one DuckDB file that anybody may read at any time.")
def snapshot_job() -> None:
    """Make the snapshot."""
    copy_published()


@dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, monitored_jobs=[daily_job], request_job=snapshot_job, minimum_interval_seconds=30)
def snapshot(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Ask for a snapshot after a run of the daily chain."""
    return dg.RunRequest(run_key=context.dagster_run.run_id)
