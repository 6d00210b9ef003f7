"""Without a warehouse, a table has the rows of a day that it has in one, if it is given what it reads."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from batch_assets.engine.canonical import content_of
from batch_assets.engine.scoring import call
from batch_assets.engine.standalone import kept_rows, rows_to_score, without_private
from batch_assets.table.graph import Graph
from batch_assets.table.model import Version
from batch_assets.table.table import Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_days

IN_ORDER = Graph(PACKAGE).in_order()
LAST = day_of(3)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse with some days of every table."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("standalone"))
    warehouse.keep_open()
    days = write_days(Path(warehouse.lake), 4)
    for table in IN_ORDER:
        publish(table, warehouse, days, "run")
    yield warehouse
    warehouse.close()


def known(warehouse: Warehouse, table: Table) -> dict[str, pa.Table]:
    """Return the published rows of what a table reads, models aside."""
    with warehouse.connect() as con:
        names = [name for name in table.tables if name not in table.models]
        return {name: con.con.execute(f'from {table.layers.layer_of(name)}."{name}"').to_arrow_table() for name in names}


def contents(warehouse: Warehouse, table: Table, rows: pa.Table) -> tuple[str, str]:
    """Return the content of rows, and of the published ones, both without what is private."""
    with warehouse.connect() as con:
        con.con.register("made", rows)
        con.con.execute(f'create temp view there as select * {without_private(table)} from {table.layer}."{table.name}"')
        try:
            return content_of(con, "made", LAST), content_of(con, "there", LAST)
        finally:
            con.con.execute("drop view there")


@pytest.mark.parametrize("table", [table for table in IN_ORDER if table.layer in ("marts", "features")], ids=lambda table: table.asset)
def test_a_table_has_the_rows_that_were_published(published: Warehouse, table: Table) -> None:
    rows = kept_rows(table, LAST, Path(published.lake), known(published, table))
    assert rows.num_rows or table.name == "shelf_kinds"
    assert all(rows[name].null_count == rows.num_rows for name in table.contract.private())
    made, there = contents(published, table, rows)
    assert made == there


def test_what_is_scored_is_what_was_published(published: Warehouse) -> None:
    (table,) = [table for table in IN_ORDER if table.is_map]
    rows = rows_to_score(table, LAST, known(published, table))
    with published.connect() as con:
        (model,) = con.con.execute("select * exclude (batch_date) from models.mean_model where batch_date = ?", [LAST]).to_arrow_table().to_pylist()
    version = Version("mean_model", model["version"], model, Artifacts(Path(published.models)).all("mean_model", model["version"]))
    scored = pa.Table.from_batches([call(table, {"mean_model": version}, batch) for batch in rows.to_batches()])
    made, there = contents(published, table, scored)
    assert made == there
