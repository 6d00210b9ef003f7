"""A snapshot has what is published but what is private, is there whole or not at all, and stands in nobody's way."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from batch_assets.table.graph import Graph
from batch_assets.warehouse import snapshot
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.snapshot import renew_snapshot, take_snapshot

from ..shop import PACKAGE
from ..shop_lake import day_of, write_day
from .things import by_hand

CANARY = "Zerlina7"
TABLES = Graph(PACKAGE).in_order()
PUBLISHED = [table for table in TABLES if table.layer in ("marts", "features")]


def published(warehouse: Warehouse) -> Warehouse:
    """Publish a day with private words, of which one is in a rejected row."""
    write_day(Path(warehouse.lake), day_of(0), [f"1,10,{CANARY}", f"2,20,a {CANARY}", f"x,1,{CANARY}"])
    for table in PUBLISHED:
        publish(table, warehouse, [day_of(0)], "run")
    return warehouse


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """A published day."""
    return published(warehouse)


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask a snapshot, as whoever analyses it does."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_it_has_every_row_that_is_published_and_the_ledger(shop: Warehouse) -> None:
    made = take_snapshot(shop, TABLES)
    assert (made.path, made.tables, made.size) == (Path(shop.published) / "warehouse.duckdb", len(PUBLISHED), made.path.stat().st_size)
    with shop.connect() as con:
        for table in PUBLISHED:
            columns = ", ".join(f'"{name}"' for name in table.contract.columns() if name not in table.contract.private())
            query = f"select {columns} from {table.asset} order by all"
            rows = con.con.execute(query).fetchall()
            assert rows
            assert ask(made.path, query) == rows
        for query in ("from quality.ledger order by all", "select asset, batch_date, content from quality.batches order by all"):
            assert ask(made.path, query) == con.con.execute(query).fetchall()


def test_what_is_private_is_not_in_it(shop: Warehouse) -> None:
    path = take_snapshot(shop, TABLES).path
    columns = ask(path, "select table_name, column_name from duckdb_columns() where schema_name in ('marts', 'quality')")
    assert ("shelf_counts", "pieces") in columns
    assert not {("shelf_counts", "words"), ("quarantine", "raw")} & set(columns)
    assert ask(path, "select asset, reason is not null from quality.quarantine") == [("marts.shelf_counts", True)]
    assert CANARY.encode() not in path.read_bytes()


def test_a_reader_and_a_writer_do_not_hinder_each_other(shop: Warehouse) -> None:
    path = take_snapshot(shop, TABLES).path
    with duckdb.connect(str(path), read_only=True) as reader:
        write_day(Path(shop.lake), day_of(0), ["1,11,"])
        publish(PUBLISHED[0], shop, [day_of(0)], "run")
        assert reader.execute("select sum(pieces) from marts.shelf_counts").fetchall() == [(30,)]
        take_snapshot(shop, TABLES)
        assert reader.execute("select sum(pieces) from marts.shelf_counts").fetchall() == [(30,)]
    assert ask(path, "select sum(pieces) from marts.shelf_counts") == [(11,)]
    assert path.stat().st_mode & 0o777 == 0o444


def test_one_that_fails_leaves_the_last_one_and_the_next_removes_what_it_left(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    path = take_snapshot(published(warehouse), TABLES).path
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "show", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take_snapshot(warehouse, TABLES)
    assert path.read_bytes() == before
    left = path.with_name(".warehouse.duckdb.unfinished")
    assert left.exists()
    take_snapshot(warehouse, TABLES)
    assert not left.exists()
    assert ask(path, "select count(*) from marts.shelf_counts") == [(2,)]


def test_what_somebody_wrote_into_the_last_one_is_not_in_the_next(warehouse: Warehouse) -> None:
    path = take_snapshot(published(warehouse), TABLES).path
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown; delete from marts.shelf_counts")
    assert path.with_name("warehouse.duckdb.wal").exists()
    take_snapshot(warehouse, TABLES)
    assert ask(path, "select count(*) from marts.shelf_counts") == [(2,)]


def test_it_is_renewed_only_if_there_is_one_and_what_was_left_goes(warehouse: Warehouse) -> None:
    published(warehouse)
    left = Path(warehouse.published) / ".warehouse.duckdb.unfinished"
    left.touch()
    assert renew_snapshot(warehouse, TABLES) is None
    assert not left.exists()
    first = take_snapshot(warehouse, TABLES)
    by_hand(warehouse, "delete from marts.shelf_counts")
    assert renew_snapshot(warehouse, TABLES)
    assert ask(first.path, "select count(*) from marts.shelf_counts") == [(0,)]
