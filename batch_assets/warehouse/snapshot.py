"""The snapshot: a copy of what is published, in one DuckDB file for those who analyse it. It keeps nobody from publishing, and nobody keeps it from being read.

What is private is left out: the columns that contracts say are, and the raw text of what is quarantined. Belongs here: what is in the file, and
putting it in its place whole. Does not belong here: when one is made (`automation/snapshot.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from ..durable import put, unfinished
from ..engine.quoting import quoted, sql_text
from ..table.table import Table
from .connection import Warehouse
from .duckdb_file import log_of, remove
from .permissions import make_folder
from .shown import show

_FILE, _READ_ONLY = "warehouse.duckdb", 0o444
_QUALITY = {"ledger": "*", "batches": "*", "quarantine": "* exclude (raw)", "receipts": "*", "raw_files": "*", "models": "*", "runs": "*"}
"""The warehouse's own tables that are copied, and which of their columns."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that was made: its path, how many tables it has of the graph, and its size in bytes."""

    path: Path
    tables: int
    size: int


def take_snapshot(warehouse: Warehouse, tables: Sequence[Table]) -> Snapshot:
    """Copy what is published of some tables, as it is now, and put the copy in the place of the one before; who reads that one may go on.

    Raises:
        WarehouseError: another process holds the warehouse.
        StorageError: a disk, memory or network error. The snapshot before stays.
    """
    path = _path(warehouse)
    written = unfinished(path)
    make_folder(path.parent)
    remove(written)
    with warehouse.connect() as con:
        copied = _copy(con, written, tables)
    with duckdb.connect(str(written)) as connection:
        for table in copied:
            show(connection, table.layer, table.name, _history(table))
    written.chmod(_READ_ONLY)
    log_of(path).unlink(missing_ok=True)  # Whoever had the right to write into the last one may have left it; it is not of this file.
    put(written, path)
    return Snapshot(path, len(copied), path.stat().st_size)


def renew_snapshot(warehouse: Warehouse, tables: Sequence[Table]) -> Snapshot | None:
    """Make the snapshot anew, if there is one, so that it has nothing that the warehouse has no more; remove what was left of making one."""
    path = _path(warehouse)
    remove(unfinished(path))
    return take_snapshot(warehouse, tables) if path.exists() else None


def _copy(con: Backend, to: Path, tables: Sequence[Table]) -> list[Table]:
    """Copy the rows into a new file; return the tables that were there."""
    found = con.con.execute("select table_schema || '.' || table_name from information_schema.tables where table_catalog = current_database()")
    there = {name for (name,) in found.fetchall()}
    copied = [table for table in tables if table.asset in there]
    con.con.execute(f"attach {sql_text(to)} as snapshot")
    try:
        for schema in sorted({"quality", *(table.layer for table in copied)}):
            con.con.execute(f"create schema snapshot.{schema}")
        for name, columns in _QUALITY.items():
            con.con.execute(f"create table snapshot.quality.{name} as select {columns} from quality.{name}")
        for table in copied:
            private = ", ".join(map(quoted, sorted(table.contract.private())))
            columns = f"* exclude ({private})" if private else "*"
            con.con.execute(f'create table snapshot.{table.layer}."{table.name}" as select {columns} from {table.layer}."{table.name}"')
    finally:
        con.con.execute("detach snapshot")
    return copied


def _history(table: Table) -> list[str]:
    """Return the key of what changes; nothing if a part of it is private, and so not in the snapshot."""
    key = table.contract.history()
    return [] if set(key) & set(table.contract.private()) else key


def _path(warehouse: Warehouse) -> Path:
    return Path(warehouse.published) / _FILE
