"""Which batches are no longer what their inputs and their code make: each reason by itself, and nothing else."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from batch_assets.errors import MissingBatchError
from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.plan import stale_days
from batch_assets.warehouse.publication import publish

from ..conftest import copied, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_day, write_days
from .things import STORES, by_hand

SHOP = Graph(PACKAGE)
DAYS = [day_of(n) for n in range(6)]


@pytest.fixture(scope="module", params=STORES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with marts and a feature of six days, which no test changes."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("template"), name=request.param)
    warehouse.keep_open()
    write_days(Path(warehouse.lake), len(DAYS))
    for name in ("shelf_counts", "shelf_kinds", "kind_counts", "recent_counts"):
        publish(SHOP.table(name), warehouse, DAYS, "run")
    warehouse.close()
    return warehouse


@pytest.fixture
def shop(template: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    return copied(template, tmp_path)


def stale(warehouse: Warehouse, name: str) -> list[dt.date]:
    """Return the days of a table that have to be made again; none of them is refused."""
    with warehouse.connect() as con:
        days, refused = stale_days(con, SHOP.table(name), DAYS, Path(warehouse.lake))
    assert refused == []
    return days


@pytest.mark.parametrize("name", ["shelf_counts", "kind_counts", "recent_counts"])
def test_nothing_is_stale_until_something_changes(shop: Warehouse, name: str) -> None:
    assert stale(shop, name) == []


@pytest.mark.parametrize("name", ["shelf_counts", "kind_counts", "recent_counts"])
def test_other_code_makes_every_batch_stale(shop: Warehouse, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "code", property(lambda table: "other code"))
    assert stale(shop, name) == DAYS


def test_another_raw_file_makes_its_own_batch_stale(shop: Warehouse) -> None:
    write_day(Path(shop.lake), DAYS[1], ["1,99,", "2,5,"], [])
    assert stale(shop, "shelf_counts") == DAYS[1:2]
    assert stale(shop, "kind_counts") == []


def test_another_batch_makes_those_stale_that_look_back_on_it(shop: Warehouse) -> None:
    write_day(Path(shop.lake), DAYS[1], ["1,99,", "2,5,"], [])
    publish(SHOP.table("shelf_counts"), shop, DAYS[1:2], "run")
    assert stale(shop, "kind_counts") == DAYS[1:2]
    publish(SHOP.table("kind_counts"), shop, DAYS[1:2], "run")
    assert stale(shop, "recent_counts") == DAYS[1:5]


def test_a_batch_that_was_published_again_as_it_was_makes_nothing_stale(shop: Warehouse) -> None:
    publish(SHOP.table("kind_counts"), shop, DAYS, "run")
    assert stale(shop, "recent_counts") == []


def test_every_batch_of_a_table_that_was_dropped_is_stale_until_it_is_made_anew(shop: Warehouse) -> None:
    by_hand(shop, "drop table marts.kind_counts")
    assert stale(shop, "kind_counts") == DAYS
    publish(SHOP.table("kind_counts"), shop, DAYS[2:3], "run")
    assert stale(shop, "kind_counts") == DAYS[:2] + DAYS[3:]
    with pytest.raises(MissingBatchError, match=r"2017-01-01\.\.2017-01-02 are not published"):
        publish(SHOP.table("recent_counts"), shop, DAYS[2:3], "run")
    publish(SHOP.table("kind_counts"), shop, DAYS, "run")
    assert stale(shop, "kind_counts") == stale(shop, "recent_counts") == []


def test_a_table_that_reads_more_makes_every_batch_stale(shop: Warehouse) -> None:
    table = SHOP.table("recent_counts")
    with shop.connect() as con:
        days, _ = stale_days(con, dataclasses.replace(table, lookback={"kind_counts": 4}), DAYS, Path(shop.lake))
    assert days == DAYS[4:]
