"""The warehouse's connection: it waits for another process and says for whom, and refuses what it cannot write."""

import logging
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

import batch_assets.warehouse.connection
from batch_assets.errors import WarehouseError
from batch_assets.warehouse.connection import Warehouse

_HOLD = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def held_by_another(database: str, seconds: float) -> "subprocess.Popen[str]":
    """Start a process that holds the warehouse for a while."""
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", _HOLD, database, str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_it_waits_for_another_process_and_says_so(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("dagster").propagate = True
    with held_by_another(warehouse.database, 1.0) as process, caplog.at_level(logging.INFO), warehouse.connect() as con:
        assert con.con.execute("select count(*) from quality.ledger").fetchall() == [(0,)]
    assert f"PID {process.pid}" in caplog.text
    assert "waiting for up to 5 s" in caplog.text


def test_it_gives_up_after_its_patience_and_names_the_holder(warehouse: Warehouse) -> None:
    impatient = Warehouse(database=warehouse.database, lake=warehouse.lake, published=warehouse.published, models=warehouse.models, lock_timeout=0.3)
    with held_by_another(warehouse.database, 60) as process:
        with pytest.raises(WarehouseError, match=rf"still held by .*PID {process.pid}.* after 0 s\. End that process"), impatient.connect():
            pass
        process.kill()


def test_a_killed_holder_blocks_nobody(warehouse: Warehouse) -> None:
    with held_by_another(warehouse.database, 60) as process:
        process.kill()
    with warehouse.connect() as con:
        assert con.con.execute("select 1").fetchall() == [(1,)]


def test_a_warehouse_of_another_schema_version_is_refused(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        con.con.execute("update quality.warehouse set schema_version = 99")
    with pytest.raises(WarehouseError, match=r"schema version 99, and this code writes version 1\. Use the code"), warehouse.connect():
        pass


def test_a_file_that_is_no_warehouse_is_refused_and_kept(warehouse: Warehouse) -> None:
    path = Path(warehouse.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseError, match=r"not a warehouse that DuckDB .* can open"), warehouse.connect():
        pass
    assert path.read_bytes() == b"no database" * 1000


def test_a_connection_ends_with_its_block_even_after_an_error(warehouse: Warehouse) -> None:
    with pytest.raises(RuntimeError, match="inside"), warehouse.connect():
        raise RuntimeError("inside")
    with duckdb.connect(warehouse.database, read_only=True) as reader:
        assert reader.execute("select schema_version from quality.warehouse").fetchall() == [(1,)]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each time that a warehouse's file is opened."""
    noted: list[str] = []
    really_open = batch_assets.warehouse.connection._open

    def note_and_open(database: str) -> duckdb.DuckDBPyConnection:
        noted.append(database)
        return really_open(database)

    monkeypatch.setattr(batch_assets.warehouse.connection, "_open", note_and_open)
    return noted


def test_a_run_opens_the_file_once_and_gives_it_back(warehouse: Warehouse, opened: list[str]) -> None:
    @dg.asset
    def first(warehouse: Warehouse) -> None:
        with warehouse.connect() as con:
            con.con.execute("create temp table staged as select 1 as n")
            con.con.execute("create table quality.first as from staged")

    @dg.asset(deps=[first])
    def second(warehouse: Warehouse) -> None:
        with warehouse.connect() as con:
            assert con.con.execute("from quality.first").fetchall() == [(1,)]
            assert not con.con.execute("select 1 from duckdb_tables() where temporary").fetchall()

    assert dg.materialize([first, second], resources={"warehouse": warehouse}).success
    assert opened == [warehouse.database]
    with duckdb.connect(warehouse.database, read_only=True) as reader:
        assert reader.execute("from quality.first").fetchall() == [(1,)]


def test_a_step_that_is_tried_again_opens_the_file_anew(warehouse: Warehouse, opened: list[str]) -> None:
    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
    def tried_twice(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
        with warehouse.connect():
            if context.retry_number == 0:
                raise duckdb.IOException("no space left on device")

    assert dg.materialize([tried_twice], resources={"warehouse": warehouse}).success
    assert opened == [warehouse.database] * 2
