"""Runs of Dagster on the tests' own graph, and what they leave."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from batch_assets.orchestration.definitions import build_defs
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import Published, publish

from ..shop import PACKAGE
from ..shop_lake import day_of

COUNTS, KINDS, BY_KIND = (dg.AssetKey(["marts", name]) for name in ("shelf_counts", "shelf_kinds", "kind_counts"))
EXPECTED = dg.AssetKey(["predictions", "expected_counts"])


def definitions(resource: WarehouseResource) -> dg.Definitions:
    """Return the definitions of the tests' own graph on a warehouse."""
    return build_defs(PACKAGE, warehouse=resource)


def run(instance: dg.DagsterInstance, resource: WarehouseResource, assets: Sequence[dg.AssetKey], first: int, last: int) -> dg.ExecuteInProcessResult:
    """Materialize a range of days."""
    return (
        definitions(resource)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            asset_selection=assets,
            raise_on_error=False,
            tags={"dagster/asset_partition_range_start": str(day_of(first)), "dagster/asset_partition_range_end": str(day_of(last))},
        )
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Return the message of a failed run's only failed step."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data.user_failure_data
    assert data
    return str(data.description)


def told_of(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, dg.AssetMaterialization]:
    """Return the latest event of each batch of a table, by day."""
    records = sorted(instance.fetch_materializations(key, limit=100).records, key=lambda record: record.storage_id)
    return {str(record.partition_key): record.asset_materialization for record in records if record.asset_materialization}


def ledger(warehouse: Warehouse, asset: str) -> dict[str, str]:
    """Return the content hash of each batch of a table, by day."""
    with warehouse.connect() as con:
        return dict(con.con.execute("select batch_date::varchar, content from quality.batches where asset = ? order by 1", [asset]).fetchall())


def failing(error: BaseException, times: int, on: dt.date | None = None) -> Callable[..., Published]:
    """Return a publication that fails so many times before it does what it should; with a day given, only where that is published."""
    left = iter([error] * times)

    def publish_or_fail(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Published:
        for failure in _only(left, on is None or on in days):
            raise failure
        return publish(table, warehouse, days, run_id)

    return publish_or_fail


def _only(left: Iterator[Any], here: bool) -> Iterator[Any]:
    yield from left if here else ()
