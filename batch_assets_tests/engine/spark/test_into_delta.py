"""Spark and Delta tables: workers read what stands, and write the rows into the store, where a commit names them. What DuckDB makes, it is."""

import datetime as dt
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis import _
from ibis.backends.duckdb import Backend

import batch_assets.settings
from batch_assets.engine import staging as tables_of_staging
from batch_assets.engine.staging import RAW
from batch_assets.errors import BreachError, DefinitionError, EngineError, LakeError, StorageError
from batch_assets.settings import Closing
from batch_assets.table.contract import Contract
from batch_assets.table.model import Version
from batch_assets.warehouse import holding
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.delta.tables import DeltaTables
from batch_assets.warehouse.delta.under_way import PutIntoTable
from batch_assets.warehouse.publication import publish

from ...conftest import DELTA_TABLES, copied, warehouse_in
from ...shop_lake import HEADER, day_of, write_counts, write_days
from ..conftest import SHOP, like

LENGTH = 10
_IS_EMBEDDED = batch_assets.settings.settings.spark == batch_assets.settings.EMBEDDED
IN_THIS_PROCESS = pytest.mark.skipif(not _IS_EMBEDDED, reason="workers are other processes, in which nothing is patched")


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for rows in transit, and for claims."""
    monkeypatch.setattr(batch_assets.settings.settings, "staging", tmp_path / "staging")
    return tmp_path / "staging"


@pytest.fixture(scope="module")
def by_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Everything but the predictions, in Delta tables, made by DuckDB."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("by_duckdb"), name=DELTA_TABLES)
    for table in SHOP.in_order():
        if table.layer != "predictions":
            publish(table, warehouse, write_days(Path(warehouse.lake), LENGTH), "run")
    return warehouse


@pytest.fixture
def on_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are made by Spark."""
    monkeypatch.setattr(batch_assets.settings.settings, "engine", "spark")


def published(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    """Return what was published, and what was rejected."""
    with warehouse.connect() as con:
        batches = "select asset, batch_date, content, rows_kept, rows_rejected, inputs from quality.batches order by all"
        return [con.con.execute(query).fetchall() for query in (batches, "from quality.quarantine order by all")]


def files_of(warehouse: Warehouse, asset: str) -> list[str]:
    """Return the files that lie in the folders of a table's days."""
    return sorted(str(path) for path in Path(warehouse.database, *asset.split(".")).glob("batch_date=*/*"))


@pytest.mark.usefixtures("on_spark")
def test_what_spark_publishes_is_what_duckdb_publishes_and_no_row_is_loaded(by_duckdb: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker writes a file for each of its batches of rows."""
    monkeypatch.setattr("batch_assets.engine.spark.handing.PORTION", 1)
    loaded, put = list[str](), tables_of_staging._put

    def watched(con: Backend, name: str, schema: pa.Schema, rows: Any) -> set[str]:
        loaded.append(",".join(schema.names))
        return put(con, name, schema, rows)

    monkeypatch.setattr(tables_of_staging, "_put", watched)
    held, places = holding._count, list[str]()

    monkeypatch.setattr("batch_assets.engine.reading.load", lambda _, table, *__: loaded.append(table))

    def counted(con: Backend, contract: type[Contract], relation: str, **known: bool) -> int | None:
        loaded.append(f"counted {contract.__name__}")
        return held(con, contract, relation, **known)

    monkeypatch.setattr(holding, "_count", counted)
    monkeypatch.setattr("batch_assets.warehouse.conservation._check_places", lambda _, read: places.append(read))
    warehouse = warehouse_in(tmp_path, name=DELTA_TABLES)
    days = write_days(Path(warehouse.lake), LENGTH)
    tables = [table for table in SHOP.in_order() if table.layer != "predictions"]
    for table in tables:
        publish(table, warehouse, days[:8], "run")
        publish(table, warehouse, days[7:], "run")
    assert published(warehouse) == published(by_duckdb)
    assert {table.asset for table in tables if ",".join(table.contract.columns()) in loaded} == {table.asset for table in tables if table.is_generator}
    assert {told for told in loaded if told.startswith("counted ")} == {f"counted {table.contract.__name__}" for table in tables if table.is_generator}
    assert RAW not in loaded
    assert not places
    assert not list((tmp_path / "staging").iterdir())


@pytest.mark.usefixtures("on_spark")
def test_workers_read_raw_files_as_duckdb_does_and_refuse_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_assets.settings.settings, "closed_days", {day_of(1): Closing()})
    found = []
    for name, engine in (("warehouse.duckdb", "duckdb"), (DELTA_TABLES, "spark")):
        monkeypatch.setattr(batch_assets.settings.settings, "engine", engine)
        warehouse, table = warehouse_in(tmp_path / engine, name=name), SHOP.table("shelf_counts")
        root = Path(warehouse.lake)
        write_counts(root, day_of(0), {"anna.csv": ["1,10,", "2", "3,5,"], "ben.csv": ["4,1,half", "5,2,\xff,", "6,x,"]})
        write_counts(root, day_of(2), {"anna.csv": ["1,1,"]})
        readings = publish(table, warehouse, [day_of(0), day_of(1), day_of(2)], "run").readings
        told = list[object]()
        for day, lines, header in ((day_of(3), ["1,1,"], "other,header"), (day_of(4), [], HEADER), (day_of(5), ["1", "2", "3", "4", "5", "6"], HEADER)):
            write_counts(root, day, {"anna.csv": ["1,1,"], "ben.csv": lines, "carl.csv": lines} if lines else {"anna.csv": []}, header)
            with pytest.raises(LakeError) as refused:
                publish(table, warehouse, [day_of(2), day], "run")
            told.append((str(refused.value).replace(str(root), ""), refused.value.day))
        found.append((published(warehouse), readings, told))
    assert found[0] == found[1]
    assert len(found[0][0][1]) == 3, "two lines that are no rows, and one that is no valid row"


@pytest.mark.usefixtures("on_spark")
def test_scores_are_what_duckdb_makes_of_them(by_duckdb: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    table, days = SHOP.table("expected_counts"), write_days(Path(by_duckdb.lake), LENGTH)
    contents = []
    for engine in ("duckdb", "spark"):
        monkeypatch.setattr(batch_assets.settings.settings, "engine", engine)
        contents.append([batch.content for batch in publish(table, by_duckdb, days[6:], "run").batches])
    assert contents[0] == contents[1]


@pytest.mark.usefixtures("on_spark")
def test_workers_see_the_look_back_and_nothing_later_nor_what_was_replaced(by_duckdb: Warehouse, tmp_path: Path) -> None:
    warehouse, days = copied(by_duckdb, tmp_path, name=DELTA_TABLES), write_days(Path(by_duckdb.lake), LENGTH)

    def twice(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        return SHOP.table("kind_counts").function(shelf_counts, shelf_kinds).mutate(pieces=_.pieces * 2)  # type: ignore[union-attr]

    def seen(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
        known = kind_counts.agg(counted=_.batch_date.nunique(), pieces=_.pieces.sum(), last=_.batch_date.max())
        alike = {"kind": ibis.literal("tea"), "extremes": ibis.struct({"least": 0, "most": 0}, type="struct<least: int64, most: int64>")}
        made = days.cross_join(known).filter(_.last == days.batch_date)
        return made.select("batch_date", pieces=_.pieces.cast("int64"), counted=_.counted, **alike)

    def total() -> int:
        (batch,) = publish(like("recent_counts", seen, lookback={"kind_counts": 3}, conserves={}), warehouse, days[5:6], "run").batches
        with warehouse.connect() as con:
            ((counted,),) = con.con.execute("select counted from features.recent_counts where batch_date = ?", [days[5]]).fetchall()
        assert (batch.kept, counted) == (1, 4)
        return int(batch.total or 0)

    once = total()
    publish(like("kind_counts", twice, conserves={}), warehouse, days, "run")
    assert total() == 2 * once


@pytest.mark.usefixtures("on_spark")
def test_rows_that_no_raw_file_has_are_rejected_as_they_are(by_duckdb: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sifted(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        made = SHOP.table("kind_counts").function(shelf_counts, shelf_kinds)
        return made.mutate(reject_reason=(made.kind == "rice").ifelse("begins too early", ibis.null("string")))  # type: ignore[union-attr]

    found = []
    for engine in ("duckdb", "spark"):
        monkeypatch.setattr(batch_assets.settings.settings, "engine", engine)
        warehouse = copied(by_duckdb, tmp_path / engine, name=DELTA_TABLES)
        batches = publish(like("kind_counts", sifted, conserves={}), warehouse, write_days(Path(by_duckdb.lake), LENGTH)[:2], "run").batches
        assert all(batch.kept and batch.rejected for batch in batches)
        found.append(published(warehouse))
    assert found[0] == found[1]


@pytest.mark.usefixtures("on_spark")
def test_a_batch_that_is_refused_leaves_no_file(by_duckdb: Warehouse) -> None:
    days = write_days(Path(by_duckdb.lake), LENGTH)

    def negative(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
        return SHOP.table("recent_counts").function(days, kind_counts).mutate(pieces=-_.pieces)  # type: ignore[union-attr]

    def of_the_range(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
        return SHOP.table("recent_counts").function(days, kind_counts).mutate(pieces=_.pieces + _.count().over())  # type: ignore[union-attr]

    def doubled(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        made = SHOP.table("kind_counts").function(shelf_counts, shelf_kinds)
        return made.union(made)  # type: ignore[union-attr]

    def losing(counts: ir.Table) -> ir.Table:
        return SHOP.table("shelf_counts").function(counts).filter(_.source_line != 2)  # type: ignore[union-attr]

    def other(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        return SHOP.table("kind_counts").function(shelf_counts, shelf_kinds).mutate(more=1)  # type: ignore[union-attr]

    def with_others(counts: ir.Table) -> ir.Table:
        made = SHOP.table("shelf_counts").function(counts)
        return made.mutate(pieces=_.pieces + _.count().over())  # type: ignore[union-attr]

    def failing(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        raise ValueError("the customer is 'Jane Doe'")

    before = published(by_duckdb), files_of(by_duckdb, "features.recent_counts")
    with pytest.raises(BreachError, match=r"batch 2017-01-05 breaks the contract"):
        publish(like("recent_counts", negative), by_duckdb, days[4:5], "run")
    with pytest.raises(BreachError, match=r"batch 2017-01-05 breaks the contract: .*batch_date.*kind"):
        publish(like("kind_counts", doubled), by_duckdb, days[4:5], "run")
    with pytest.raises(BreachError, match=r"batch 2017-01-05: counts/2017-01-05/anna.csv, line 2; .* is neither kept nor rejected"):
        publish(like("shelf_counts", losing), by_duckdb, days[4:5], "run")
    with pytest.raises(DefinitionError, match=r"columns \['more'\] are in the rows or in the contract"):
        publish(like("kind_counts", other), by_duckdb, days[4:5], "run")
    with pytest.raises(DefinitionError, match=r"batch 2017-01-06: in the range .* marts\.shelf_counts makes other rows of this day than of this day alone"):
        publish(like("shelf_counts", with_others), by_duckdb, days[4:7], "run")
    with pytest.raises(DefinitionError, match=r"batch 2017-01-06: in the range .* features\.recent_counts makes other rows of this day than of this day alone"):
        publish(like("recent_counts", of_the_range), by_duckdb, days[4:7], "run")
    with pytest.raises(EngineError, match=r"ValueError: the customer is …"):
        publish(like("expected_counts", failing), by_duckdb, days[8:9], "run")
    assert (published(by_duckdb), files_of(by_duckdb, "features.recent_counts")) == before


@IN_THIS_PROCESS
@pytest.mark.usefixtures("on_spark")
def test_a_worker_that_cannot_write_is_told_of_as_a_disk_is(by_duckdb: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the step is tried again."""
    before = published(by_duckdb), files_of(by_duckdb, "marts.kind_counts")

    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("batch_assets.warehouse.delta.under_way.write", full)
    with pytest.raises(StorageError, match=r"^marts\.kind_counts, 2017-01-03: Spark's workers: .*StorageError: .*/marts/kind_counts: No space left on device$"):
        publish(SHOP.table("kind_counts"), by_duckdb, [dt.date(2017, 1, 3)], "run")
    assert (published(by_duckdb), files_of(by_duckdb, "marts.kind_counts")) == before


MOMENTS = {
    "before a worker writes": (PutIntoTable, "write", False),
    "when a worker has written": (PutIntoTable, "write", True),
    "before the commit": (DeltaTables, "commit", False),
    "after the commit": (DeltaTables, "commit", True),
}


def publish_until(folder: str, moment: str) -> None:
    """Publish a day anew; the process is killed at a moment."""
    batch_assets.settings.settings.engine, batch_assets.settings.settings.staging = "spark", Path(folder, "staging")
    owner, name, after = MOMENTS[moment]
    function = getattr(owner, name)

    def dies(*args: Any, **kwargs: Any) -> None:
        if after:
            function(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dies)
    publish(SHOP.table("kind_counts"), warehouse_in(Path(folder), name=DELTA_TABLES), [dt.date(2017, 1, 3)], "another")


@IN_THIS_PROCESS
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_process_that_is_killed_leaves_the_previous_batch_or_the_new_and_nothing_else(by_duckdb: Warehouse, tmp_path: Path, moment: str) -> None:
    """The embedded engine's workers are in the process itself, and die with it."""
    warehouse = copied(by_duckdb, tmp_path, name=DELTA_TABLES)
    before = published(warehouse), files_of(warehouse, "marts.kind_counts")
    child = multiprocessing.get_context("forkserver").Process(target=publish_until, args=(str(tmp_path), moment))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert len(list((tmp_path / "staging").glob("*.writing"))) == 1
    assert published(warehouse) == before[0]
    with warehouse.connect() as con:
        ((run,),) = con.con.execute("select run_id from quality.batches where asset = 'marts.kind_counts' and batch_date = '2017-01-03'").fetchall()
    is_new = moment == "after the commit"
    assert run == ("another" if is_new else "run")
    assert len(files_of(warehouse, "marts.kind_counts")) == len(before[1]) + is_new
    assert not list((tmp_path / "staging").glob("*.writing"))
    assert not list((tmp_path / "staging").glob("*.left"))
