"""The warehouse's connection: it waits for another process and says for whom, refuses what it cannot write, and tells DuckDB's faults plainly."""

import logging
import re
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

import batch_assets.warehouse.duckdb_file
from batch_assets.errors import EngineError, StorageError, WarehouseError
from batch_assets.settings import settings
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.schema import SCHEMA_VERSION
from batch_assets.warehouse.transaction import use_little_memory

from ..conftest import DELTA_TABLES, DUCKDB_FILE, warehouse_in


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A DuckDB file, which one process has open; how errors of queries are told does not depend on the store."""
    return warehouse_in(tmp_path)


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


def test_it_waits_for_another_process_and_says_so_once(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    with held_by_another(warehouse.database, 1.0) as process, caplog.at_level(logging.INFO), warehouse.connect() as con:
        assert con.con.execute("select count(*) from quality.ledger").fetchall() == [(0,)]
    (told,) = [record.getMessage() for record in caplog.records]
    assert f"PID {process.pid}" in told
    assert told.endswith("; waiting for up to 5 s.")


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
        assert reader.execute("select schema_version from quality.warehouse").fetchall() == [(SCHEMA_VERSION,)]


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


def test_a_warehouse_that_is_kept_open_is_opened_once_and_given_back(warehouse: Warehouse, opened: list[str]) -> None:
    warehouse.keep_open()
    with warehouse.connect() as con:
        con.con.execute("create temp table staged as select 1 as n")
        con.con.execute("create table quality.first as from staged")
    with warehouse.connect() as con:
        assert con.con.execute("from quality.first").fetchall() == [(1,)]
        assert not con.con.execute("select 1 from duckdb_tables() where temporary").fetchall()
    warehouse.close()
    assert opened == [warehouse.database]
    with duckdb.connect(warehouse.database, read_only=True) as reader:
        assert reader.execute("from quality.first").fetchall() == [(1,)]


def test_after_an_error_a_warehouse_that_is_kept_open_is_opened_anew(warehouse: Warehouse, opened: list[str]) -> None:
    warehouse.keep_open()
    with pytest.raises(ValueError, match="inside"), warehouse.connect():
        raise ValueError("inside")
    with warehouse.connect():
        pass
    warehouse.close()
    assert opened == [warehouse.database] * 2


@pytest.mark.parametrize(
    ("fault", "meant"),
    [
        (duckdb.IOException("No space left on device"), StorageError),
        (duckdb.OutOfMemoryException("could not allocate"), StorageError),
        (duckdb.InterruptException("Interrupted!"), KeyboardInterrupt),
        (duckdb.InvalidInputException("Query interrupted"), KeyboardInterrupt),
        (duckdb.ConversionException("Could not convert"), EngineError),
        (duckdb.CatalogException("no such table"), EngineError),
    ],
)
def test_a_fault_of_duckdb_is_told_as_what_it_means(warehouse: Warehouse, fault: duckdb.Error, meant: type[BaseException]) -> None:
    with pytest.raises(meant) as told, warehouse.connect():
        raise fault
    assert type(told.value) is meant
    # Dagster writes down a cause with its message, which may quote a value of a row.
    assert told.value.__cause__ is (None if isinstance(fault, duckdb.ConversionException) else fault)
    assert meant is KeyboardInterrupt or str(told.value) == str(fault)
    with warehouse.connect() as con:
        assert con.con.execute("select 1").fetchall() == [(1,)]


def test_a_query_that_cannot_be_answered_is_an_error_of_the_engine(warehouse: Warehouse) -> None:
    with pytest.raises(EngineError, match=r"Overflow in multiplication"), warehouse.connect() as con:
        con.con.execute("select 9223372036854775807 * range from range(3)")


def test_a_query_that_is_interrupted_ends_as_a_person_meant_it(warehouse: Warehouse) -> None:
    def interrupted() -> None:
        with warehouse.connect() as con:
            threading.Timer(0.3, con.con.interrupt).start()
            con.con.execute("select sum(a.range * b.range) from range(1000000) a, range(1000000) b")

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def test_duckdb_gets_no_more_memory_than_the_setting_says(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that have no room go to the disk: 80 MB of them, which cannot be compressed."""
    monkeypatch.setattr(settings, "memory_limit", "20MiB")
    with warehouse.connect() as con:
        con.con.execute("create temp table many as select hash(range) as a, hash(range + 1) as b from range(5000000)")
        ((held, spilled),) = con.con.execute("select sum(memory_usage_bytes), sum(temporary_storage_bytes) from duckdb_memory()").fetchall()
        assert con.con.execute("select count(*) from many").fetchall() == [(5_000_000,)]
    assert held <= 20 << 20 < spilled


@pytest.mark.parametrize(("store", "way"), [(DELTA_TABLES, "connect"), (DELTA_TABLES, "read_only"), (DUCKDB_FILE, "read_only")])
def test_two_sessions_at_once_never_read_what_the_other_has_put_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, way: str) -> None:
    """They would, without an error, if they put it into one folder, as is DuckDB's default: a database in memory takes that of its working directory."""
    monkeypatch.chdir(tmp_path)
    one, other = warehouse_in(tmp_path, name=store), warehouse_in(tmp_path, name=store)
    with one.connect():
        pass
    one.close()
    with getattr(one, way)() as first, getattr(other, way)() as second:
        for shift, con in enumerate((first, second)):
            con.con.execute("set memory_limit = '20MiB'")
            con.con.execute(f"create temp table many as select hash(range + {shift}) as a from range(5000000)")
        for shift, con in enumerate((first, second)):
            ((there, right),) = con.con.execute(f"select (select bit_xor(a) from many), bit_xor(hash(range + {shift})) from range(5000000)").fetchall()
            assert there == right
    assert not list(tmp_path.glob("*.tmp"))


def test_a_folder_that_cannot_be_opened_is_a_fault_of_the_disk(warehouse: Warehouse) -> None:
    Path(warehouse.database).mkdir(parents=True)
    with pytest.raises(StorageError, match=r"warehouse\.duckdb"), warehouse.connect():
        pass


@pytest.mark.parametrize(
    "query",
    [
        """select cast(v as int) from (values ('Jane O''Neil, "x"'), ('Jane\nDoe')) as t(v)""",
        "select cast(v as int) from (values ('Jane\nDoe''s')) as t(v)",
        "select strptime(v, '%Y') from (values ('Jane Doe')) as t(v)",
        "select cast(v as int) from (values (7777777777)) as t(v)",
        "create table names (name varchar unique); insert into names values ('Jane'), ('Jane')",
    ],
)
def test_an_error_of_the_engine_quotes_no_value(warehouse: Warehouse, query: str) -> None:
    with pytest.raises(EngineError) as told, warehouse.connect() as con:
        con.con.execute(query).fetchall()
    assert not re.search("Jane|Doe|Neil|7777777777", str(told.value))
    assert "Error: " in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


@pytest.mark.parametrize("database", [":memory:", "folder/:memory:named", ""])
def test_a_warehouse_that_keeps_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.chdir(tmp_path)
    folder = str(tmp_path / "other")
    with pytest.raises(WarehouseError, match="keeps nothing when its process ends"), Warehouse(database, folder, folder, folder, 5).connect():
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_closed_with_little_memory(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[str] = []

    def noted(connection: duckdb.DuckDBPyConnection) -> None:
        use_little_memory(connection)
        limits.extend(connection.execute("select current_setting('memory_limit')").fetchall()[0])

    monkeypatch.setattr("batch_assets.warehouse.connection.use_little_memory", noted)
    with warehouse.connect():
        pass
    assert limits == ["128.0 MiB"]
