"""Bringing tables up to date: exactly the batches that are missing, or no longer what their inputs and code make.

Belongs here: which batches those are, and the Dagster runs that publish them. Does not belong here: how a batch is
published. A batch is compared with the ledger; one whose inputs are as they were is left alone.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
from dagster._core.events import RunFailureReason
from ibis.backends.duckdb import Backend

from ..definitions import build_defs
from ..engine.reading import version_of
from ..partitions import days_between, stretches, window
from ..table.layers import in_order
from ..table.table import Table
from ..warehouse.connection import Warehouse
from ..warehouse.ledger import contents, inputs_hash, recorded

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def needed(first: dt.date, last: dt.date) -> list[tuple[Table, dt.date]]:
    """Return every table, in order, with the first day it takes so that the last tables can be made from `first` on."""
    tables = in_order()
    starts: dict[str, dt.date] = {}
    for table in reversed(tables):
        start = min(starts.get(table.name, first), first)
        starts[table.name] = start
        for upstream in table.tables:
            begin = window(start, table.lookback.get(upstream, 0))[0]
            starts[upstream] = min(starts.get(upstream, begin), begin)
    return [(table, starts[table.name]) for table in tables]


def stale_days(con: Backend, table: Table, days: Sequence[dt.date], lake: Path) -> list[dt.date]:
    """Return the days whose batch is missing, or was made from other inputs or by other code.

    Raises:
        BatchError: a raw file, or a batch that the table reads, is missing.
    """
    published = contents(con, table.upstreams, days)
    made = recorded(con, f"{table.layer}.{table.name}")
    stale: list[dt.date] = []
    for day in days:
        inputs = {upstream.asset: inputs_hash(published, upstream, day) for upstream in table.upstreams}
        if table.source:
            inputs[f"lake.{table.source.name}"] = version_of(table.source, lake, day)
        if made.get(day) != (table.code, inputs):
            stale.append(day)
    return stale


def bring_up_to_date(first: dt.date, last: dt.date, instance: dg.DagsterInstance, warehouse: Warehouse, tell: Callable[[str], None]) -> int:
    """Publish what it takes for all tables to be up to date from `first` to `last`; return the number of batches.

    Raises:
        RuntimeError: a run failed; Dagster has its log.
        KeyboardInterrupt: a run was interrupted, or terminated in Dagster.
    """
    job = build_defs(warehouse=warehouse).resolve_job_def("__ASSET_JOB")
    count = 0
    for table, start in needed(first, last):
        with warehouse.connect() as con:
            stale = stale_days(con, table, days_between(start, last), Path(warehouse.lake))
        for stretch in stretches(stale):
            started = time.monotonic()
            tell(f"{table.layer}.{table.name}: {len(stretch)} batches, {stretch[0]}..{stretch[-1]} ...")
            _run(job, table, stretch, instance)
            tell(f"{table.layer}.{table.name}: {_totals(warehouse, table, stretch)} in {time.monotonic() - started:.1f} s")
            count += len(stretch)
    return count


def _run(job: dg.JobDefinition, table: Table, days: Sequence[dt.date], instance: dg.DagsterInstance) -> None:
    result = job.execute_in_process(
        run_config=_QUIET,
        instance=instance,
        asset_selection=[dg.AssetKey([table.layer, table.name])],
        tags={"dagster/asset_partition_range_start": days[0].isoformat(), "dagster/asset_partition_range_end": days[-1].isoformat()},
        raise_on_error=False,
    )
    if not result.success:
        if any(_is_interrupt(event) for event in result.all_events):
            raise KeyboardInterrupt
        failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        reasons = [failure.user_failure_data.description if failure.user_failure_data else str(failure.error) for failure in failures]
        raise RuntimeError("; ".join(str(reason) for reason in reasons))


def _is_interrupt(event: dg.DagsterEvent) -> bool:
    failed = event.event_type == dg.DagsterEventType.RUN_FAILURE
    return event.event_type == dg.DagsterEventType.RUN_CANCELED or (failed and event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION)


def _totals(warehouse: Warehouse, table: Table, days: Sequence[dt.date]) -> str:
    with warehouse.connect() as con:
        ((kept, rejected),) = con.con.execute(
            "select sum(rows_kept), sum(rows_rejected) from quality.batches where asset = ? and batch_date between ? and ?",
            [f"{table.layer}.{table.name}", days[0], days[-1]],
        ).fetchall()
    return f"{kept:,} rows" + (f", {rejected:,} quarantined" if rejected else "")
