"""`make parity`: the last published day of each table of a lake, made on both engines, is the same."""

import argparse
import logging
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from batch_assets.errors import EngineError
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.connection import Warehouse

from .parity import differences


def main() -> int:
    """Compare, and print a line for each table; return 0 if nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets_tests.engine.spark", description="Compare what Spark and DuckDB make of a published day.")
    parser.add_argument("--lake", type=Path, default=settings.lake, help="folder of the raw files")
    parser.add_argument("--warehouse", type=Path, default=settings.warehouse, help="the warehouse in which all is published; a copy of it is used")
    parser.add_argument("--tables", nargs="*", help="these tables alone")
    asked = parser.parse_args()
    differ = 0
    with TemporaryDirectory() as folder:
        copy = shutil.copy(asked.warehouse, folder)
        # The copy has none of the published files; that they are written anew is nothing to tell.
        tell = logging.getLogger(__name__).debug
        warehouse = Warehouse(str(copy), str(asked.lake), f"{folder}/published", str(asked.warehouse.parent / "models"), lock_timeout=60, tell=tell)
        warehouse.keep_open()
        for table in configured_graph().in_order():
            if table.is_generator or (asked.tables and table.name not in asked.tables):
                continue
            with warehouse.connect() as con:
                ((last,),) = con.con.execute("select max(batch_date) from quality.batches where asset = ?", [table.asset]).fetchall()
            if last is None:
                print(f"{table.asset}: nothing is published", flush=True)
                continue
            started = time.monotonic()
            try:
                found = list(differences(table, warehouse, [last]))
            except EngineError as error:
                found = [f"cannot be compared; is what it reads up to date? {error}"]
            differ += bool(found)
            print(f"{table.asset}, {last}: {'; '.join(found) if found else 'the same'} ({time.monotonic() - started:.1f} s)", flush=True)
        warehouse.close()
    print(f"{differ} tables differ, or cannot be compared")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
