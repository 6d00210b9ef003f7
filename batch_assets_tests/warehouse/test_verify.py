"""Verify finds each row and each file that is not as the ledger says, and nothing else."""

from pathlib import Path

import pytest

from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish
from batch_assets.warehouse.verify import differences

from ..shop import PACKAGE
from ..shop_lake import day_of, write_days

DAYS = days_between(day_of(0), day_of(2))
FILE = "expected_counts/2017-01-02.parquet"


@pytest.fixture
def published(warehouse: Warehouse) -> Warehouse:
    """Three days of every table of the shop."""
    write_days(Path(warehouse.lake), len(DAYS))
    for table in Graph(PACKAGE).in_order():
        publish(table, warehouse, DAYS, "run")
    return warehouse


def found(warehouse: Warehouse) -> list[str]:
    """Return what differs, without the folder of the files."""
    with warehouse.connect() as con:
        return [difference.reason.replace(f"{warehouse.published}/", "") for difference in differences(con, Path(warehouse.published))]


def test_what_was_published_is_as_the_ledger_says(published: Warehouse) -> None:
    assert found(published) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "update marts.kind_counts set pieces = pieces + 1 where batch_date = '2017-01-02' and kind = 'tea'",
            "marts.kind_counts, batch 2017-01-02: rows of the table were changed since they were published",
        ),
        (
            "delete from features.recent_counts where batch_date = '2017-01-03' and kind = 'tea'",
            "features.recent_counts, batch 2017-01-03: the table has 2 rows, the ledger 3",
        ),
        (
            "insert into marts.shelf_kinds select date '2016-12-31', shelf, kind, source_file, source_line from marts.shelf_kinds",
            "marts.shelf_kinds, batch 2016-12-31: the table has 2 rows of a batch that was never published",
        ),
        (
            "update predictions.expected_counts set reasons = [] where batch_date = '2017-01-01' and kind = 'rice' and ahead = 1",
            "predictions.expected_counts, batch 2017-01-01: rows of the table were changed since they were published",
        ),
    ],
)
def test_rows_that_were_changed_by_hand_are_found(published: Warehouse, statement: str, told: str) -> None:
    with published.connect() as con:
        con.con.execute(statement)
    assert found(published) == [told]


def test_a_table_that_was_dropped_is_found(published: Warehouse) -> None:
    with published.connect() as con:
        con.con.execute("drop table features.next_days")
    assert found(published) == [f"features.next_days, batch {day}: the table has 0 rows, the ledger 2" for day in DAYS]


def test_a_file_of_other_rows_is_found_whatever_it_says_of_itself(published: Warehouse) -> None:
    with published.connect() as con:
        stamps = con.con.execute(f"select decode(key), decode(value) from parquet_kv_metadata('{published.published}/{FILE}')").fetchall()
        stamped = ", ".join(f"{key}: '{value}'" for key, value in stamps if key in ("publication", "content"))
        rows = "select * replace (pieces + 1 as pieces) from predictions.expected_counts where batch_date = '2017-01-02'"
        con.con.execute(f"copy ({rows}) to '{published.published}/{FILE}' (format parquet, kv_metadata {{{stamped}}})")
    assert found(published) == [f"{FILE}: its rows are not those that were published"]


def test_a_damaged_file_is_found(published: Warehouse) -> None:
    path = Path(published.published) / FILE
    published.keep_open()
    with published.connect():
        path.write_bytes(path.read_bytes()[:-20])
    assert found(published) == [f"{FILE}: is missing or damaged"]
