"""A table of the tests' own, published as predictions are: what is published, what readers see of it, and whether all of that tells one story."""

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from batch_assets.engine.staging import Query, stage
from batch_assets.table.contract import Contract, Field
from batch_assets.warehouse.batch import Receipt, Target
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.owner import OWNER
from batch_assets.warehouse.publication import Published, publish_staged

from ..conftest import DELTA_TABLES, DUCKDB_FILE

STORES = [pytest.param(DUCKDB_FILE, id="DuckDB file"), pytest.param(DELTA_TABLES, id="Delta tables")]
"""The stores, for the parameters of a fixture."""

A_FILE = pytest.mark.parametrize("warehouse", STORES[:1], indirect=True)
"""A test of what a DuckDB file does, or of something that no store has a part in."""

DAY, NEXT, LAST = dt.date(2017, 1, 1), dt.date(2017, 1, 2), dt.date(2017, 1, 3)


class Things(Contract):
    """Things of a day."""

    batch_date: ibis.expr.datatypes.Date = Field(description="day")
    thing: ibis.expr.datatypes.Int64 = Field(ge=0, description="a number")

    class Config:
        """One row per batch_date and thing."""

        unique = ["batch_date", "thing"]


def put(warehouse: Warehouse, *things: int | None, days: tuple[dt.date, ...] = (DAY,), of: dt.date | None = None, **receipt: Any) -> Published:
    """Publish the same things for each day; 13 is rejected."""
    values = ", ".join(f"(date '{of or day}', {'null' if thing is None else thing})" for day in days for thing in things)
    given = f"(values {values})" if things else "(select date '2017-01-01', 1 where false)"
    query = f"select *, case when thing = 13 then 'bad' end as reject_reason from {given} as given(batch_date, thing)"
    rows = Query(query, {"batch_date": "date", "thing": "bigint", "reject_reason": "varchar"})
    target = Target("predictions", "things", Things, Path(warehouse.published))
    with warehouse.connect() as con:
        stage(con, Things.arrow_schema(), rows, raw_rows=False)
        return publish_staged(con, warehouse.store, target, days, Receipt("run", "code", {day: {} for day in days}, **receipt))


def by_hand(warehouse: Warehouse, statement: str) -> None:
    """Change rows that are published, or drop their table, as a person does: by SQL in a DuckDB file, by Delta's own means in Delta tables."""
    with warehouse.connect() as con:
        if (folder := Path(warehouse.database)).is_file():
            con.con.execute(statement)
            return
        (asset,) = {*re.findall(r"(?:table|if exists|update|from|into) (\w+\.\w+)", statement)}
        folder /= asset.replace(".", "/")
        if statement.startswith("drop"):
            shutil.rmtree(folder, ignore_errors="if exists" in statement)
            return
        con.con.execute(f"create temp table changed as from {asset}")
        con.con.execute(statement.replace(asset, "changed"))
        write_deltalake(folder, con.con.execute("from changed").to_arrow_table(), mode="overwrite")


def seen(warehouse: Warehouse) -> dict[str, Any]:
    """Return all that a reader can see: rows, ledger, quarantine and the published files."""
    with warehouse.connect() as con:
        there = {name: sorted(con.con.execute(f"from {name}").fetchall(), key=str) for name in ("predictions.things", "quality.ledger", "quality.quarantine")}
    root = Path(warehouse.published)
    files = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    return there | {"files": files}


def assert_files_are_whole(warehouse: Warehouse) -> None:
    """Check that whoever reads a published file now finds all of it, before anything is put right."""
    for path in Path(warehouse.published).rglob("[!.]*.parquet"):
        assert stamp(path), path
        rows_of(path)


def assert_one_story(warehouse: Warehouse) -> None:
    """Check that table, ledger, view and files tell the same, once the warehouse was opened; opening it again has nothing to tell."""
    with warehouse.connect():
        pass
    told: list[str] = []
    again = Warehouse(warehouse.database, warehouse.lake, warehouse.published, warehouse.models, warehouse.lock_timeout, told.append)
    with again.connect() as con:
        batches = con.con.execute("select batch_date, publication, content from quality.batches where asset = 'predictions.things' order by 1").fetchall()
        rows = con.con.execute("from predictions.things order by all").fetchall()
        latest = con.con.execute("from predictions.things_latest order by all").fetchall()
    assert told == []
    folder = Path(warehouse.published)
    expected = {f"things/{day}.parquet" for day, _, _ in batches} | ({"latest/things.parquet"} if batches else set())
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == expected | {OWNER}
    for day, publication, content in batches:
        assert stamp(folder / "things" / f"{day}.parquet") == (publication, content)
        assert rows_of(folder / "things" / f"{day}.parquet") == [row for row in rows if row[0] == day]
    if batches:
        assert stamp(folder / "latest" / "things.parquet") == batches[-1][1:]
        assert rows_of(folder / "latest" / "things.parquet") == latest == [row for row in rows if row[0] == batches[-1][0]]


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """Return the rows of a file."""
    return duckdb.read_parquet(str(path)).fetchall()


def stamp(path: Path) -> tuple[int, str]:
    """Return the publication and the content hash that a file says it has."""
    told = pq.read_metadata(path).metadata
    return int(told[b"publication"]), told[b"content"].decode()


def keep_by_deltas_own_means(table: str, by: str) -> None:
    """Write a Delta table's files anew, in the order of a column, as to have fewer of them: its log then quotes values of rows, and so does a checkpoint."""
    written = DeltaTable(table)
    written.alter.set_table_properties({"delta.dataSkippingNumIndexedCols": "32"})
    written.optimize.z_order([by])
    written.create_checkpoint()
