"""How long batches take is estimated from publications of the ledger, and from nothing else."""

import time
from pathlib import Path

import pytest

from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.pace import Pace, pace
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_days


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A DuckDB file; the ledger has the same columns in both stores."""
    return warehouse_in(tmp_path)


def paced(warehouse: Warehouse, *publications: tuple[int, float | None]) -> Pace | None:
    """Return the pace of a table that had publications of so many batches in so many seconds."""
    with warehouse.connect() as con:
        for number, (batches, seconds) in enumerate(publications):
            for _ in range(batches):
                share = None if seconds is None else seconds / batches
                con.con.execute("insert into quality.ledger (publication, asset, seconds) values (?, 'marts.a', ?)", [number, share])
        con.con.execute("insert into quality.ledger (publication, asset, seconds) values (1000, 'marts.b', 99)")
        return pace(con, "marts.a")


def test_a_publication_takes_so_much_and_each_of_its_batches_so_much(warehouse: Warehouse) -> None:
    found = paced(warehouse, (1, 2.5), (5, 4.5), (11, 7.5), (3, None))
    assert found
    assert found.seconds(2, 10) == pytest.approx(2 * 2.0 + 10 * 0.5)


def test_publications_of_one_size_tell_the_mean(warehouse: Warehouse) -> None:
    assert paced(warehouse, (2, 2.0), (2, 4.0)) == Pace(0.0, 1.5)


def test_nothing_negative_is_expected(warehouse: Warehouse) -> None:
    assert paced(warehouse, (1, 8.0), (10, 2.0)) == Pace(0.0, 10 / 11)


def test_without_history_nothing_is_known(warehouse: Warehouse) -> None:
    assert paced(warehouse, (3, None)) is None


def test_old_publications_do_not_count(warehouse: Warehouse) -> None:
    assert paced(warehouse, *[(1, 99.0)] * 7, *[(1, 2.0)] * 50) == Pace(0.0, 2.0)


def test_the_ledger_has_each_batchs_share_of_the_seconds(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 3)
    started = time.monotonic()
    publish(Graph(PACKAGE).table("shelf_kinds"), warehouse, [day_of(0), day_of(1), day_of(2)], "run")
    took = time.monotonic() - started
    with warehouse.connect() as con:
        shares = con.con.execute("select seconds from quality.batches").fetchall()
    assert len(shares) == 3
    assert len(set(shares)) == 1
    assert 0 < shares[0][0] < took / 2
