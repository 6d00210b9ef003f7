"""A compacted warehouse has all that was in it, and nothing of what was deleted."""

import subprocess
import sys
from pathlib import Path

import pytest

from batch_assets.errors import WarehouseError
from batch_assets.warehouse.compact import compact
from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in
from .things import put, seen

CANARY = "zerlina quux"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A DuckDB file, which keeps room that rows have left."""
    return warehouse_in(tmp_path)


def fill(warehouse: Warehouse) -> None:
    """Publish something, and leave a text in the file's free space."""
    put(warehouse, 1, 2)
    with warehouse.connect() as con:
        con.con.execute("create macro predictions.twice(x) as 2 * x; set force_compression = 'uncompressed'")
        for name in ("gone", "kept"):
            con.con.execute(f"create table {name} as select '{CANARY if name == 'gone' else 'somebody'} ' || hash(range) as text from range(99999)")
            con.con.execute("checkpoint")
    with warehouse.connect() as con:
        con.con.execute("drop table gone")


def test_what_was_deleted_is_gone_and_all_else_is_there(warehouse: Warehouse) -> None:
    fill(warehouse)
    before, path = seen(warehouse), Path(warehouse.database)
    assert CANARY.encode() in path.read_bytes()
    mode = path.stat().st_mode
    sizes = compact(warehouse)
    assert CANARY.encode() not in path.read_bytes()
    assert sizes
    assert sizes[0] > sizes[1] == path.stat().st_size
    assert (path.stat().st_mode, list(path.parent.glob(".*"))) == (mode, [])
    assert seen(warehouse) == before
    put(warehouse, 3)
    with warehouse.connect() as con:
        assert con.con.execute("select max(publication), predictions.twice(2) from quality.ledger").fetchall() == [(2, 4)]
        assert con.con.execute("from predictions.things_latest").fetchall() == con.con.execute("from predictions.things").fetchall()


def test_a_file_that_is_held_stays(warehouse: Warehouse) -> None:
    fill(warehouse)
    before = Path(warehouse.database).read_bytes()
    warehouse.lock_timeout = 0.1
    holds = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", holds, warehouse.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseError, match="still held by"):
            compact(warehouse)
        other.communicate()
    assert Path(warehouse.database).read_bytes() == before
