"""Memory of the process that publishes a day of so many rows, made on a cluster: into Delta tables, and into a DuckDB file.

`python -m batch_assets_tests.engine.spark.cluster.memory 100000 2000000` starts a cluster and prints a line for each number of rows and kind of store.
"""

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from batch_assets.settings import settings
from batch_assets.table.contract import Contract, Field
from batch_assets.warehouse.publication import publish

from ....conftest import DELTA_TABLES, DUCKDB_FILE, warehouse_in
from ....shop_lake import write_days
from ...conftest import SHOP, like
from .processes import Cluster

_SIDE = 1000


class Many(Contract):
    """Rows of a day."""

    batch_date: dt.Date = Field(description="day")
    one: dt.Int64 = Field(ge=0, description="a number")
    other: dt.Int64 = Field(ge=0, description="another number")
    text: dt.String = Field(description="a text that is another in each row")

    class Config:
        """One row per day and pair of numbers."""

        unique = ["batch_date", "one", "other"]


def published(address: str, folder: Path, store: str, rows: int, told: Connection) -> None:
    """Publish a day of so many rows on a cluster; tell the peaks of memory before and after, in MB, the seconds, and the content hash."""
    warehouse = warehouse_in(folder, name=store)
    days = write_days(Path(warehouse.lake), 1)
    publish(SHOP.table("shelf_kinds"), warehouse, days, "run")

    def many(shelf_kinds: ir.Table) -> ir.Table:
        day = shelf_kinds.filter(shelf_kinds.shelf == 1).select("batch_date")
        pairs = day.cross_join(ibis.memtable({"one": range(_SIDE)})).cross_join(ibis.memtable({"other": range(rows // _SIDE)}))
        return pairs.mutate(text=(pairs.one * 7919 + pairs.other * 104729).cast("string"))

    settings.engine, settings.spark, settings.staging = "spark", address, folder / "staging"
    from batch_assets.engine.spark.session import session

    session()
    before, started = _peak(), time.monotonic()
    (batch,) = publish(like("kind_counts", many, contract=Many, conserves={}, lookback={}, measure="one"), warehouse, days, "run").batches
    assert batch.kept == rows
    told.send((before, _peak(), time.monotonic() - started, batch.content))
    session().stop()


def _peak() -> int:
    """Return the most memory that this process has had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1000


def main(numbers: list[int]) -> None:
    """Measure."""
    with TemporaryDirectory() as name:
        cluster = Cluster(Path(name))
        try:
            for rows in numbers:
                for store in (DELTA_TABLES, DUCKDB_FILE):
                    mine, its = multiprocessing.Pipe()
                    arguments = cluster.address, Path(name, f"{store}_{rows}"), store, rows, its
                    process = multiprocessing.get_context("spawn").Process(target=published, args=arguments)
                    process.start()
                    its.close()
                    before, after, seconds, content = mine.recv()
                    process.join()
                    print(f"{rows:>11,} rows into {store:<16}: {before} MB before, {after} MB at most, {seconds:.0f} s, content {content}", flush=True)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
