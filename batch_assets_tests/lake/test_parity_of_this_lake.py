"""Each table of this graph has the same rows on Spark as on DuckDB, over a lake with what departments deliver; and what is called alike was probed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import batch_assets.settings
from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph, configured_graph
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from .. import shop
from ..conftest import DELTA_TABLES, warehouse_in
from .history import publish_all, write_history, write_shopping
from .others import OTHERS, SMALL, write_other
from .writer import day_of, noon, product, till_line, write_catalogue, write_till

pytest.importorskip("pyspark", reason="the extra spark is not installed: pip install 'batch_assets[spark]'")

LENGTH, HISTORY = 3, 46
IN_ORDER = configured_graph().in_order()
LATE = {table.name for table in IN_ORDER if "demand_model" in {upstream.name for upstream in configured_graph().with_upstreams([table.name])}}
"""The tables that need a history, since a model is refused without one."""
COMPARED = [table for table in IN_ORDER if not table.is_generator and table.name not in LATE]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse in which DuckDB has made some days of every table."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("parity"))
    lake = Path(warehouse.lake)
    days = write_shopping(lake, LENGTH)
    for day in days:
        for name in OTHERS:
            write_other(lake, name, day, SMALL[name].records(day))
    last = days[-1]
    names = ["Roy, René", "r. roy", "RENE ROY", "Ann-Marie  O\u2019Neil", "Ann Royf", "\u00c5sa Lee\t", ""]
    lines = [
        till_line(last, receipt_id=str(n), customer_name=name, postcode="08772", product_id=str(1 + n % 3), sold_at=noon(day_of(n % LENGTH)))
        for n, name in enumerate(names, 100)
    ]
    write_till(lake, last, [*lines, lines[0], till_line(last, quantity="-1"), till_line(last, amount="1.005"), "half a li"])
    write_catalogue(lake, last, [product(1, category="Caf\u00e9", brand="Stra\u00dfe"), product(2, category="  CATEGORY 1"), "{"])
    warehouse.keep_open()
    for table in IN_ORDER:
        if table.name not in LATE:
            publish(table, warehouse, days, "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_assets.settings.settings, "staging", tmp_path_factory.mktemp("staging"))
        yield warehouse


@pytest.mark.parametrize("table", COMPARED, ids=lambda table: table.asset)
def test_both_engines_make_the_same(table: Table, published: Warehouse) -> None:
    from ..engine.spark.parity import differences

    assert not list(differences(table, published, days_between(day_of(1), day_of(LENGTH - 1))))


def test_spark_writes_into_delta_tables_what_duckdb_has_published(published: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one: a table that is written otherwise makes those that read it others, too. One table's day is made again alone; all would take twice as long."""
    pytest.importorskip("deltalake", reason="the extra delta is not installed: pip install 'batch_assets[delta]'")
    monkeypatch.setattr(batch_assets.settings.settings, "engine", "spark")
    monkeypatch.setattr("batch_assets.warehouse.publication.check_independence", lambda *_: None)
    there = warehouse_in(tmp_path, name=DELTA_TABLES)
    there.lake = published.lake
    there.keep_open()
    for table in IN_ORDER:
        if table.name not in LATE:
            publish(table, there, days_between(day_of(0), day_of(LENGTH - 1)), "run")
    publish(configured_graph().table("campaign_purchases"), there, [day_of(1)], "run")
    there.close()
    both = []
    for warehouse in (published, there):
        with warehouse.connect() as con:
            batches = con.con.execute("select asset, batch_date, content, rows_kept, rows_rejected, inputs from quality.batches order by all").fetchall()
            both.append((batches, con.con.execute("from quality.quarantine order by all").fetchall()))
    assert both[0] == both[1]


def test_both_engines_make_the_same_forecasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ..engine.spark.parity import differences

    monkeypatch.setattr(batch_assets.settings.settings, "min_training_days", 30)
    monkeypatch.setattr(batch_assets.settings.settings, "staging", tmp_path / "staging")
    warehouse = warehouse_in(tmp_path)
    warehouse.keep_open()
    days = write_history(Path(warehouse.lake), HISTORY)
    publish_all(warehouse, days[-1], days[-2])
    late = [table for table in IN_ORDER if table.name in LATE and not table.is_generator]
    assert late
    assert not [found for table in late for found in differences(table, warehouse, days[-2:])]


def test_what_is_called_alike_was_compared() -> None:
    from batch_assets.engine.spark.alike import ALIKE
    from batch_assets.engine.spark.ibis_private import operations

    from ..engine.spark.probes import Probes

    probes = Probes()
    probed = operations(probes.table.select(**{f"p{number}": value.to_expr() for number, value in enumerate(probes.of_one_row)}))
    expressions = [table.expression for graph in (configured_graph(), Graph(shop.PACKAGE)) for table in graph.tables() if table.expression is not None]
    assert ALIKE - probed.union(*map(operations, expressions)) == {"InMemoryTable"}
