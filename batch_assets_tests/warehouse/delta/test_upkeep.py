"""Upkeep: files that nothing in force needs go, when they are old enough; all that can be read, traced and made again before, can be afterwards."""

import datetime as dt
import os
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable

from batch_assets.errors import StorageError
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ...conftest import DELTA_TABLES, warehouse_in
from ...shop import PACKAGE
from ...shop_lake import day_of, write_counts, write_days
from ..things import DAY, NEXT, put, seen


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return warehouse_in(tmp_path / "data", name=DELTA_TABLES)


def files(warehouse: Warehouse) -> list[str]:
    root = Path(warehouse.database)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.parquet") if "_delta_log" not in path.parts)


def pruned(warehouse: Warehouse, *, is_executed: bool) -> list[str]:
    """Prune the store of rows alone, of whatever may go now."""
    with warehouse.connect() as con:
        return list(warehouse.store.prune(con.con, dt.datetime.now(dt.UTC), is_executed=is_executed))


def test_what_was_left_by_a_writer_that_was_killed_goes_when_it_is_old(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2)
    left = Path(warehouse.database) / "predictions" / "things" / f"batch_date={DAY}" / "1.parquet"
    left.write_bytes(b"half of a file")
    assert pruned(warehouse, is_executed=True) == []
    assert left.exists()
    old = time.time() - 48 * 3600
    os.utime(left, (old, old))
    (can,) = pruned(warehouse, is_executed=False)
    assert can.endswith("/predictions/things: files can go: 1; no batch in force is in them, or was made from them")
    assert left.exists()
    (did,) = pruned(warehouse, is_executed=True)
    assert "files removed: 1" in did
    assert not left.exists()
    assert seen(warehouse)["predictions.things"] == [(DAY, 1), (DAY, 2)]


def test_what_was_replaced_goes_unless_something_in_force_was_made_from_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    days = write_days(Path(warehouse.lake), 3)
    graph = Graph(PACKAGE)
    for table in graph.in_order():
        publish(table, warehouse, days, "run")
    for pieces in (7, 8):
        write_counts(Path(warehouse.lake), day_of(0), {"anna.csv": [f"1,{pieces},"], "ben.csv": ["2,0,"]})
        publish(graph.table("shelf_counts"), warehouse, days[:1], "again")
    before = files(warehouse)
    # Delta takes the time of a removal from the log, so the retention is what is moved.
    monkeypatch.setattr("batch_assets.warehouse.delta.upkeep.HOURS_UNDER_WAY", 0)
    (line,) = pruned(warehouse, is_executed=True)
    assert line.startswith(f"{warehouse.database}/marts/shelf_counts: files removed: 1;")
    gone = sorted(set(before) - set(files(warehouse)))
    with warehouse.connect() as con:
        numbers = con.con.execute(
            "select publication from quality.ledger where asset = 'marts.shelf_counts' and batch_date = ? order by 1", [day_of(0)]
        ).fetchall()
        assert con.con.execute("select sum(pieces) from marts.shelf_counts where batch_date = ?", [day_of(0)]).fetchall() == [(8,)]
    assert gone == [f"marts/shelf_counts/batch_date={day_of(0)}/{numbers[1][0]}.parquet"]
    # What the tables in force were made from can still be read, at its version.
    made_from = DeltaTable(f"{warehouse.database}/marts/shelf_counts", version=1).to_pyarrow_table()
    assert made_from.num_rows > 0


def test_a_log_gets_a_checkpoint_and_stays_whole(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    put(warehouse, 2, days=(DAY, NEXT))
    before = seen(warehouse)
    pruned(warehouse, is_executed=True)
    log = Path(warehouse.database) / "predictions" / "things" / "_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    assert sorted(int(path.stem) for path in log.glob("*.json"))[:3] == [0, 1, 2]
    assert seen(warehouse) == before
    put(warehouse, 3)
    assert [row[1] for row in seen(warehouse)["predictions.things"]] == [3, 2]


def test_rejected_rows_go_that_were_replaced_and_when_they_are_old_those_that_no_ledger_names(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1, 13, days=(DAY, NEXT))
    put(warehouse, 2, 13)
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.delta.tables.DeltaTables._committed", lambda *_: (_ for _ in ()).throw(StorageError("full")))
        with pytest.raises(StorageError, match="full"):
            put(warehouse, 3, 13)
    quarantine = f"{warehouse.database}/quality/quarantine"
    before = seen(warehouse)
    assert DeltaTable(quarantine).to_pyarrow_table().num_rows == 4
    pruned(warehouse, is_executed=True)
    assert DeltaTable(quarantine).to_pyarrow_table().num_rows == 3
    monkeypatch.setattr("batch_assets.warehouse.delta.tables._UNDER_WAY", 0)
    pruned(warehouse, is_executed=True)
    assert DeltaTable(quarantine).to_pyarrow_table().num_rows == 2
    assert seen(warehouse) == before
