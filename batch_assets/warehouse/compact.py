"""Compacting: the warehouse's file is written anew with what is in its tables, so that nothing is left in it of rows that were deleted.

Deleted rows stay in a DuckDB file until something else is written over them. Belongs here: replacing the file, whole or not at all.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ..durable import put
from ..engine.in_memory import in_memory
from ..engine.quoting import sql_text
from ..errors import WarehouseError
from .connection import Warehouse
from .duckdb_file import DuckDBFile, remove


def compact(warehouse: Warehouse) -> tuple[int, int] | None:
    """Write the warehouse's file anew; return its size before and after, or None if it is no file. Until the new one is complete, the old one stays.

    Raises:
        WarehouseError: another process holds the file, or something in it was not copied.
    """
    if not isinstance(warehouse.store, DuckDBFile):
        return None
    with warehouse.connect() as con:
        con.con.execute("force checkpoint")
    warehouse.let_go()
    path = Path(warehouse.database)
    before, written = path.stat().st_size, path.with_name(f".{path.name}.compacted")
    remove(written)
    with in_memory() as connection:
        # Whoever reads keeps others from writing, so the file is the same when it is replaced; and a reader has no log to write back.
        _attach(connection, path, warehouse.lock_timeout)
        connection.execute(f"attach {sql_text(written)} as new")
        written.chmod(path.stat().st_mode)
        connection.execute("copy from database old to new")
        _check(connection)
        connection.execute("detach new")
        put(written, path)
    return before, path.stat().st_size


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, timeout: float) -> None:
    started = time.monotonic()
    while True:
        try:
            connection.execute(f"attach {sql_text(path)} as old (read_only)")
        except duckdb.IOException as error:
            if time.monotonic() - started > timeout:
                raise WarehouseError(f"{path}: held by another process, so it cannot be compacted. Run this again when that is done.") from error
            time.sleep(0.1)
        else:
            return


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare what is in both files.

    Raises:
        WarehouseError: something was not copied.
    """
    old, new = (list(_things(connection, name)) for name in ("old", "new"))
    if missing := [thing for thing in old if thing not in new]:
        raise WarehouseError(f"the warehouse's file cannot be compacted: {missing[0]} was not copied. Nothing was changed.")


def _things(connection: duckdb.DuckDBPyConnection, database: str) -> Iterator[str]:
    """Yield what is in a file: each table with its number of rows, and each view, macro and sequence."""
    for schema, table in connection.execute("select schema_name, table_name from duckdb_tables() where database_name = ? order by all", [database]).fetchall():
        ((count,),) = connection.execute(f'select count(*) from {database}.{schema}."{table}"').fetchall()
        yield f"{schema}.{table} with {count} rows"
    for kind, name in (("views", "view_name"), ("functions", "function_name"), ("sequences", "sequence_name")):
        named = connection.execute(f"select distinct schema_name, {name} from duckdb_{kind}() where database_name = ? order by all", [database])
        yield from (f"{schema}.{thing}" for schema, thing in named.fetchall())
