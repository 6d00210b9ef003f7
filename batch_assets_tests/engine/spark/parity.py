"""The parity gate: a table's batches, made on both engines, are the same, with their rejected rows and their hash as Spark computes it.

Belongs here: what is compared. Does not belong here: which lake (`batch_assets_tests/lake/`, and `__main__.py` for the demo's).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from batch_assets.engine.canonical import contents
from batch_assets.engine.duckdb import DuckDB
from batch_assets.engine.spark import canonical
from batch_assets.engine.spark.engine import Spark
from batch_assets.engine.spark.session import session
from batch_assets.engine.staging import KEPT, REJECTED, schema_of
from batch_assets.table.table import Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse

_REJECTS = "batch_date, source_file, source_line, reason, raw"


def differences(table: Table, warehouse: Warehouse, days: Sequence[dt.date]) -> Iterator[str]:
    """Make batches on both engines, from what is published, and yield what differs: rows, rejected rows, or the hash that Spark computes."""
    with warehouse.connect() as con:
        inputs = con, Path(warehouse.lake), Artifacts(Path(warehouse.models))
        DuckDB(*inputs).stage(table, days)
        on_duckdb = contents(con, KEPT)
        con.con.execute(f"create or replace temp table _rejected_by_duckdb as select {_REJECTS} from {REJECTED}")
        Spark(*inputs).stage(table, days)
        if (made := contents(con, KEPT)) != on_duckdb:
            yield f"rows: DuckDB {on_duckdb}, Spark {made}"
        sides = f"select {_REJECTS} from {REJECTED}", "from _rejected_by_duckdb"
        for one, other in (sides, sides[::-1]):
            if lines := con.con.execute(f"select source_file, source_line, reason from ({one} except all {other}) limit 3").fetchall():
                yield f"rejected rows: {lines}"
        with TemporaryDirectory() as folder:
            con.con.execute(f"copy (from {KEPT}) to '{folder}/kept.parquet' (format parquet)")
            hashed = canonical.contents(session().read.parquet(f"{folder}/kept.parquet"), schema_of(con, KEPT))
        if hashed != {day: (count, content) for day, (count, content, _) in made.items()}:
            yield f"hash: DuckDB {made}, Spark {hashed}"
