"""What a Delta table keeps of rows that were replaced goes at once, from files and from its log; all that is in force, or under way, stays."""

import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from batch_assets.warehouse.connection import Warehouse

from ...conftest import DELTA_TABLES, warehouse_in
from ..things import DAY, NEXT, keep_by_deltas_own_means, put, seen

THINGS = "predictions/things"
VALUES = b"minValues"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return warehouse_in(tmp_path / "data", name=DELTA_TABLES)


def fill(warehouse: Warehouse) -> dict[str, Any]:
    """Publish two days, one of them anew, and write the files anew by Delta's own means, whose log quotes rows; return what is to be seen."""
    put(warehouse, 1, 2, 13, days=(DAY, NEXT))
    put(warehouse, 3, 13)
    keep_by_deltas_own_means(f"{warehouse.database}/{THINGS}", "thing")
    put(warehouse, 4, 13)
    return seen(warehouse)


def forget(warehouse: Warehouse, *spared: str) -> dict[str, int]:
    with warehouse.connect() as con:
        return dict(warehouse.store.forget_replaced(con.con, spared))


def files(warehouse: Warehouse) -> list[Path]:
    return sorted((Path(warehouse.database) / THINGS).glob("batch_date=*/*"))


def quoting(folder: Path) -> list[str]:
    """Return the files of a log that quote values of rows."""
    texts = [(path, str(duckdb.read_parquet(str(path)).fetchall()).encode() if path.suffix == ".parquet" else path.read_bytes()) for path in folder.iterdir()]
    return sorted(path.name for path, text in texts if VALUES in text)


def test_only_what_is_in_force_is_left(warehouse: Warehouse) -> None:
    before, log = fill(warehouse), Path(warehouse.database) / THINGS / "_delta_log"
    assert len(files(warehouse)) == 6
    assert quoting(log) == [f"{4:020}.checkpoint.parquet", f"{4:020}.json"]
    commits = sorted(log.glob("*.json"))
    assert forget(warehouse) == {"predictions.things": 4, "quality.quarantine": 2}
    in_force = DeltaTable(f"{warehouse.database}/{THINGS}").file_uris()
    assert [str(path) for path in files(warehouse)] == sorted(in_force)
    assert quoting(log) == [f"{5:020}.checkpoint.parquet"]  # Of a file in force: nobody is in it any more.
    assert sorted(log.glob("*.json")) == commits
    assert seen(warehouse) == before
    assert forget(warehouse) == {}
    put(warehouse, 5)
    with warehouse.connect() as con:
        assert list(warehouse.store.prune(con.con, con.con.execute("select now()").fetchall()[0][0], is_executed=True)) == []
    assert [row[1] for row in seen(warehouse)["predictions.things"]] == [5, 1, 2]


def test_a_table_about_nobody_keeps_what_was_replaced(warehouse: Warehouse) -> None:
    fill(warehouse)
    assert forget(warehouse, "predictions.things") == {"quality.quarantine": 2}
    assert len(files(warehouse)) == 6


def test_what_may_be_under_way_stays_until_it_is_old(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    left = Path(warehouse.database) / THINGS / f"batch_date={DAY}" / "1.parquet"
    left.write_bytes(b"of a writer that commits later")
    assert forget(warehouse) == {}
    old = time.time() - 25 * 3600
    os.utime(left, (old, old))
    assert forget(warehouse) == {"predictions.things": 1}
    assert not left.exists()


def test_a_log_does_not_quote_rows_that_delta_itself_writes(warehouse: Warehouse) -> None:
    put(warehouse, 1, 13, days=(DAY, NEXT))
    for table in (THINGS, "quality/quarantine"):
        DeltaTable(f"{warehouse.database}/{table}").optimize.z_order(["thing" if table == THINGS else "raw"])
    quoted = [path.read_text() for path in Path(warehouse.database).glob("*/*/_delta_log/*2.json")]
    assert ['\\"minValues\\":{}' in text for text in quoted] == [True, True]
