"""Reconcile: make the Parquet files match the ledger, whatever a crash or a manual change left behind.

Each file is stamped with its publication, and the ledger says which publication it should be. There is no separate list of
pending work that could be wrong. The rows of the tables are not looked at, except for those that a file is written from.

Belongs here: comparing and repairing. Does not belong here: reading and writing files (`files.py`).
"""

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from ..engine.canonical import content_of
from ..engine.ibis_private import backend_of
from .files import LAYER, BatchFiles, Stamp, copy, put, stamp_of, tables_with_files, write


def reconcile(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[str]:
    """Repair the files of all tables; yield a message for each that did not match the ledger.

    It is idempotent and may be called at any time. What cannot be repaired is reported, and retried the next time.
    """
    expected = _expected(connection)
    for name in sorted({*expected, *tables_with_files(root)}):
        yield from _table(connection, BatchFiles(root, name), expected.get(name, {}))


def settle(connection: duckdb.DuckDBPyConnection, files: BatchFiles, days: Collection[dt.date]) -> Iterator[str]:
    """Move the files of a publication that was just committed into place; yield a message for each that cannot be moved."""
    batches = _batches(connection, files.table)
    for day in days:
        yield from _batch(connection, files, day, batches[day], expected=True)
    yield from _latest(files, batches, expected=True)


def _expected(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[dt.date, Stamp]]:
    """Return the expected stamp of each file, by table and day: one for each batch that the warehouse has."""
    there = "select split_part(asset, '.', 2) from quality.tables where starts_with(asset, ?) order by 1"
    return {name: _batches(connection, name) for (name,) in connection.execute(there, [f"{LAYER}."]).fetchall()}


def _batches(connection: duckdb.DuckDBPyConnection, name: str) -> dict[dt.date, Stamp]:
    rows = connection.execute("select batch_date, publication, content from quality.batches where asset = ?", [f"{LAYER}.{name}"]).fetchall()
    return {day: Stamp(publication, content) for day, publication, content in rows}


def _table(connection: duckdb.DuckDBPyConnection, files: BatchFiles, batches: dict[dt.date, Stamp]) -> Iterator[str]:
    for day, stamp in batches.items():
        if stamp_of(files.final(day)) != stamp:
            yield from _batch(connection, files, day, stamp, expected=False)
    for day in sorted(set(files.days_there()) - set(batches)):
        yield _removed(files.final(day), "the warehouse has no such batch")
    yield from _latest(files, batches, expected=False)
    for path in files.all_staged():
        yield _removed(path, "a publication that was not finished left it")


def _batch(connection: duckdb.DuckDBPyConnection, files: BatchFiles, day: dt.date, stamp: Stamp, *, expected: bool) -> Iterator[str]:
    """Move a batch's staged file into place; if there is none, write it from the warehouse's rows first."""
    staged, final = files.staged(day, stamp.publication), files.final(day)
    try:
        if stamp_of(staged) != stamp:
            if _were_changed(connection, files.table, day, stamp):
                yield _cannot_be_written(final)
                return
            rows = f"{LAYER}.\"{files.table}\" where batch_date = '{day}'"
            write(connection, rows, staged, stamp, _columns(connection, files.table))
        put(staged, final)
    except OSError as error:
        yield (
            f"{final}: the batch is published in the warehouse, but its file cannot be moved here ({error}). "
            "Remove what is in the way; the next run tries again."
        )
    else:
        if not expected:
            yield f"{final}: restored; it did not match the ledger."


def _were_changed(connection: duckdb.DuckDBPyConnection, name: str, day: dt.date, stamp: Stamp) -> bool:
    """Say whether a batch's rows are no longer those that were published."""
    return content_of(backend_of(connection), f'{LAYER}."{name}"', day) != stamp.content


def _cannot_be_written(path: Path) -> str:
    return (
        f"{path}: does not match the ledger, and cannot be written from the table, whose rows of this batch were changed since they were published. "
        "Have the batch made again: python -m batch_assets verify --repair. The next run tries again."
    )


def _latest(files: BatchFiles, batches: dict[dt.date, Stamp], *, expected: bool) -> Iterator[str]:
    if not batches:
        if files.latest.exists():
            yield _removed(files.latest, "the warehouse has no batch of this table")
        return
    newest = max(batches)
    if stamp_of(files.latest) == batches[newest]:
        return
    try:
        copy(files.final(newest), files.latest, batches[newest].publication)
    except OSError as error:
        yield f"{files.latest}: the latest batch, {newest}, cannot be copied here ({error}). Remove what is in the way; the next run tries again."
    else:
        if not expected:
            yield f"{files.latest}: restored; it did not match the ledger."


def _removed(path: Path, why: str) -> str:
    try:
        path.unlink()
    except OSError as error:
        return f"{path}: cannot be removed ({error}), but should be: {why}. The next run tries again."
    return f"{path}: removed; {why}."


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return a table's columns; sorting by all of them makes the order of rows deterministic."""
    query = "select column_name from duckdb_columns() where schema_name = ? and table_name = ? order by column_index"
    return [column for (column,) in connection.execute(query, [LAYER, name]).fetchall()]
