"""A batch that was published and never reported, since its process died in between, is reported by the next run."""

from pathlib import Path

import dagster as dg
import pytest

from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.orchestration.unreported import report_unreported
from batch_assets.table.graph import Graph
from batch_assets.warehouse.publication import publish

from ..shop import PACKAGE
from ..shop_lake import day_of, write_day, write_days
from ..warehouse.faults import fail, fail_after_commit
from .runs import COUNTS, KINDS, run

TABLES = list(Graph(PACKAGE).tables())
COUNTS_TABLE, KINDS_TABLE = Graph(PACKAGE).table("shelf_counts"), Graph(PACKAGE).table("shelf_kinds")


def reported(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str | None, tuple[object, object]]:
    """Return, by partition, the content and the rows that a table's latest events tell."""
    events = [record.asset_materialization for record in instance.fetch_materializations(key, limit=100, ascending=True).records]
    return {event.partition: ((event.tags or {})["dagster/data_version"], event.metadata["dagster/row_count"].value) for event in events if event}


def in_ledger(resource: WarehouseResource, asset: str) -> dict[str, tuple[object, object]]:
    """Return, by day, content and rows of a table's batches."""
    with resource.warehouse.connect() as con:
        rows = con.con.execute("select batch_date::varchar, content, rows_kept from quality.batches where asset = ?", [asset]).fetchall()
    return {day: (content, kept) for day, content, kept in rows}


def test_the_next_run_reports_what_a_dead_one_published(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 3)
    with dg.instance_for_test() as instance:
        assert run(instance, resource, [COUNTS], 0, 0).success
        publish(COUNTS_TABLE, resource.warehouse, [day_of(1), day_of(2)], "a run that died")
        assert set(reported(instance, COUNTS)) == {"2017-01-01"}
        assert run(instance, resource, [KINDS], 0, 0).success
        assert reported(instance, COUNTS) == in_ledger(resource, "marts.shelf_counts")
        assert len(reported(instance, COUNTS)) == 3


@pytest.mark.parametrize("times", [1, 9])
def test_a_commit_that_failed_when_it_was_on_the_disk_is_reported_once_whether_a_retry_succeeds_or_not(
    resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    write_days(Path(resource.lake), 2)
    monkeypatch.setattr("batch_assets.orchestration.assets._SECONDS_TO_RETRY", 0)
    with resource.warehouse.connect():
        pass
    told: list[str] = []
    with dg.instance_for_test() as instance:
        with monkeypatch.context() as patch:
            fail_after_commit(patch, fail, times)
            assert run(instance, resource, [COUNTS], 0, 1).success == (times == 1)
        report_unreported(instance, TABLES, resource.warehouse, told.append)
        assert reported(instance, COUNTS) == in_ledger(resource, "marts.shelf_counts")
        assert len(instance.fetch_materializations(COUNTS, limit=100).records) == 2
    with resource.warehouse.connect() as con:
        assert con.con.execute("select count(*), count(distinct (batch_date, shelf, source_file, source_line)) from marts.shelf_counts").fetchall() == [(6, 6)]
    assert len(told) == (times > 1)


def test_a_batch_that_was_restated_and_not_reported_is_reported_anew(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 2)
    told: list[str] = []
    with dg.instance_for_test() as instance:
        assert run(instance, resource, [COUNTS], 0, 1).success
        write_day(Path(resource.lake), day_of(0), ["1,99,", "2,1,"], [])
        publish(COUNTS_TABLE, resource.warehouse, [day_of(0)], "a run that died")
        report_unreported(instance, TABLES, resource.warehouse, told.append)
        assert reported(instance, COUNTS) == in_ledger(resource, "marts.shelf_counts")
    assert told == ["marts.shelf_counts: Dagster had not been told of 2017-01-01, published before; it has been told now."]


def test_what_was_reported_is_not_reported_again(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 2)
    told: list[str] = []
    with dg.instance_for_test() as instance:
        assert run(instance, resource, [COUNTS, KINDS], 0, 1).success
        before = len(instance.fetch_materializations(COUNTS, limit=100).records)
        report_unreported(instance, TABLES, resource.warehouse, told.append)
        assert (told, len(instance.fetch_materializations(COUNTS, limit=100).records)) == ([], before)


def test_a_process_that_dies_between_two_events_leaves_the_second_to_the_next(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(resource.lake), 3)
    really, left = dg.AssetExecutionContext.log_event, iter([True, True, True])

    def dies_after_a_few(self: dg.AssetExecutionContext, event: object) -> None:
        if isinstance(event, dg.AssetMaterialization) and not next(left, False):
            raise SystemExit
        really(self, event)

    with dg.instance_for_test() as instance:
        with monkeypatch.context() as patch:
            patch.setattr(dg.AssetExecutionContext, "log_event", dies_after_a_few)
            next(left)
            assert not run(instance, resource, [COUNTS], 0, 2).success
        resource.warehouse.close()
        assert len(reported(instance, COUNTS)) == 2
        report_unreported(instance, TABLES, resource.warehouse, lambda line: None)
        assert reported(instance, COUNTS) == in_ledger(resource, "marts.shelf_counts")
