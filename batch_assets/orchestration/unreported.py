"""What the ledger has and Dagster was never told, because a process died between its commit and its events: it is told now.

The ledger says what should be there, so no list of what is to be told is kept. If the run of the last publication succeeded, there
is nothing to tell; else the last event of each table is compared with its last publication, and batches one by one only where
they differ.
"""

import datetime as dt
from collections.abc import Callable, Iterable

import dagster as dg

from ..partitions import name_days
from ..table.table import Table
from ..warehouse.connection import Warehouse
from ..warehouse.ledger import entries, newest_entries, newest_run
from .events import DATA_VERSION, materialization


def report_unreported(instance: dg.DagsterInstance, tables: Iterable[Table], warehouse: Warehouse, tell: Callable[[str], None]) -> None:
    """Report to Dagster each batch whose latest event is missing, or of other content than the ledger's; tell a line about each table."""
    if instance.is_ephemeral:
        return
    with warehouse.connect() as con:
        if _succeeded(instance, newest_run(con)):
            return
        newest = newest_entries(con)
        behind = [table for table in tables if table.asset in newest and newest[table.asset] != _last_reported(instance, table)]
        for table in behind:
            reported = instance.event_log_storage.get_latest_tags_by_partition(_key(table), dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION])
            missing = [entry for entry in entries(con, table.asset) if reported.get(entry.day.isoformat(), {}).get(DATA_VERSION) != entry.content]
            for entry in missing:
                instance.report_runless_asset_event(materialization(table, entry.day, entry.kept, entry.rejected, entry.content, entry.code, entry.inputs))
            if missing:
                days = name_days(entry.day for entry in missing)
                tell(f"{table.asset}: Dagster had not been told of {days}, published before; it has been told now.")


def _succeeded(instance: dg.DagsterInstance, run_id: str | None) -> bool:
    """Say whether a run came to its end: then it reported all that it published, and at its start whatever an earlier one had not."""
    run = instance.get_run_by_id(run_id) if run_id else None
    return run is not None and run.status == dg.DagsterRunStatus.SUCCESS


def _last_reported(instance: dg.DagsterInstance, table: Table) -> tuple[dt.date, str | None] | None:
    """Return day and content of a table's last event."""
    for record in instance.fetch_materializations(_key(table), limit=1).records:
        event = record.asset_materialization
        if event and event.partition:
            return dt.date.fromisoformat(event.partition), (event.tags or {}).get(DATA_VERSION)
    return None


def _key(table: Table) -> dg.AssetKey:
    return dg.AssetKey([table.layer, table.name])
