"""The snapshot: a copy of what is published, in one DuckDB file for those who analyse it. It keeps nobody from publishing, and nobody keeps it from being read.

What is private is left out: the columns that contracts say are, and the raw text of what is quarantined. Belongs here: what is in the file, and
putting it in its place whole. Does not belong here: when one is made (`automation/snapshot.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from ..durable import put
from ..engine.quoting import sql_text
from ..table.table import Table
from .connection import Warehouse
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
    unfinished = _unfinished(path)
    make_folder(path.parent)
    _remove(unfinished)
    with warehouse.connect() as con:
        copied = _copy(con, unfinished, tables)
    with duckdb.connect(str(unfinished)) as connection:
        for table in copied:
            show(connection, table.layer, table.name, _history(table))
    unfinished.chmod(_READ_ONLY)
    _log_of(path).unlink(missing_ok=True)  # Whoever had the right to write into the last one may have left it; it is not of this file.
    put(unfinished, path)
    return Snapshot(path, len(copied), path.stat().st_size)


def renew_snapshot(warehouse: Warehouse, tables: Sequence[Table]) -> Snapshot | None:
    """Make the snapshot anew, if there is one, so that it has nothing that the warehouse has no more; remove what was left of making one."""
    path = _path(warehouse)
    _remove(_unfinished(path))
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
            private = ", ".join(f'"{column}"' for column in sorted(table.contract.private()))
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


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _remove(path: Path) -> None:
    for left in (path, _log_of(path)):
        left.unlink(missing_ok=True)
