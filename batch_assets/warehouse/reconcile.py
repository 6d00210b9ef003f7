"""Reconcile: the Parquet files are made to be what the ledger says, whatever a crash or a person left behind.

Each file says which publication it is of, and the ledger says which one it should be: no list of what is to be done is
kept, so none can be wrong. Belongs here: comparing, and putting right. Does not belong here: the files' form (`files.py`).
"""

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from .files import BatchFiles, Stamp, copy, put, stamp_of, tables_with_files, write

LAYER = "predictions"
"""The layer whose tables have files."""


def reconcile(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[str]:
    """Put right the files of all tables; yield a line about each that was not as it should be.

    It may be called at any time and any number of times. What cannot be put right now is told, and is tried again the next time.
    """
    expected = _expected(connection)
    for name in sorted({*expected, *tables_with_files(root)}):
        yield from _table(connection, BatchFiles(root, name), expected.get(name, {}))


def settle(connection: duckdb.DuckDBPyConnection, files: BatchFiles, days: Collection[dt.date]) -> Iterator[str]:
    """Put the files of a publication that was just committed into their places; yield a line about each that cannot be put there."""
    batches = _batches(connection, files.table)
    for day in days:
        yield from _batch(connection, files, day, batches[day], expected=True)
    yield from _latest(files, batches, expected=True)


def _expected(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[dt.date, Stamp]]:
    """Return, by table and day, what each file should say of itself: of all batches in the ledger whose rows are there."""
    there = "select table_name from duckdb_tables() where schema_name = ? and not temporary order by 1"
    return {name: _batches(connection, name) for (name,) in connection.execute(there, [LAYER]).fetchall()}


def _batches(connection: duckdb.DuckDBPyConnection, name: str) -> dict[dt.date, Stamp]:
    rows = connection.execute(
        f"""select batch_date, publication, content from quality.batches
        left join (select batch_date, count(*) as there from {LAYER}."{name}" group by 1) using (batch_date)
        where asset = ? and rows_kept = coalesce(there, 0)""",
        [f"{LAYER}.{name}"],
    ).fetchall()
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
    """Put a batch's file into its place: the staged one, or, if that is not there, one that is written from the warehouse's rows."""
    staged, final = files.staged(day, stamp.publication), files.final(day)
    try:
        if stamp_of(staged) != stamp:
            rows = f"{LAYER}.\"{files.table}\" where batch_date = '{day}'"
            write(connection, rows, staged, stamp, _columns(connection, files.table))
        put(staged, final)
    except OSError as error:
        yield (
            f"{final}: the batch is published in the warehouse, but its file cannot be put into this place ({error}). "
            "Make room for it; the next run puts it there."
        )
    else:
        if not expected:
            yield f"{final}: put into its place; it was not what the ledger says."


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
        yield f"{files.latest}: the latest batch, {newest}, cannot be put into this place ({error}). Make room for it; the next run puts it there."
    else:
        if not expected:
            yield f"{files.latest}: put into its place; it was not what the ledger says."


def _removed(path: Path, why: str) -> str:
    try:
        path.unlink()
    except OSError as error:
        return f"{path}: cannot be removed ({error}), and should be: {why}. The next run tries it again."
    return f"{path}: removed; {why}."


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return a table's columns: rows sorted by all of them are always in the same order."""
    query = "select column_name from duckdb_columns() where schema_name = ? and table_name = ? order by column_index"
    return [column for (column,) in connection.execute(query, [LAYER, name]).fetchall()]
