"""The warehouse as Dagster has it: a run opens the file once, gives it back, and tells for whom it waits in its log."""

import logging

import dagster as dg
import duckdb
import pytest

import batch_assets.warehouse.duckdb_file
from batch_assets.errors import StorageError
from batch_assets.orchestration.resource import WarehouseResource


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each time that a warehouse's file is opened."""
    noted: list[str] = []
    really_open = batch_assets.warehouse.duckdb_file._open

    def note_and_open(database: str) -> duckdb.DuckDBPyConnection:
        noted.append(database)
        return really_open(database)

    monkeypatch.setattr(batch_assets.warehouse.duckdb_file, "_open", note_and_open)
    return noted


def test_a_run_opens_the_file_once_and_gives_it_back(resource: WarehouseResource, opened: list[str]) -> None:
    @dg.asset
    def first(warehouse: WarehouseResource) -> None:
        with warehouse.warehouse.connect() as con:
            con.con.execute("create table quality.first as select 1 as n")

    @dg.asset(deps=[first])
    def second(warehouse: WarehouseResource) -> None:
        with warehouse.warehouse.connect() as con:
            assert con.con.execute("from quality.first").fetchall() == [(1,)]

    assert dg.materialize([first, second], resources={"warehouse": resource}).success
    assert opened == [resource.database]
    with duckdb.connect(resource.database, read_only=True) as reader:
        assert reader.execute("from quality.first").fetchall() == [(1,)]


def test_a_step_that_is_tried_again_opens_the_file_anew(resource: WarehouseResource, opened: list[str]) -> None:
    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
    def tried_twice(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> None:
        with warehouse.warehouse.connect():
            if context.retry_number == 0:
                raise StorageError("no space left on device")

    assert dg.materialize([tried_twice], resources={"warehouse": resource}).success
    assert opened == [resource.database] * 2


def test_what_the_warehouse_tells_is_in_dagsters_log(resource: WarehouseResource, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("dagster").propagate = True
    with caplog.at_level(logging.INFO):
        resource.warehouse.tell("waiting for up to 5 s.")
    (record,) = caplog.records
    assert (record.name.split(".")[0], record.levelname, record.getMessage()) == ("dagster", "INFO", "waiting for up to 5 s.")
