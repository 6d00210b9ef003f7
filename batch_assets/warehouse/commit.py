"""Commit to a DuckDB file: audited batches replace the previous ones, with their quarantine and record, in one transaction.

Belongs here: what a file's tables become. Does not belong here: what a publication is recorded as (`record.py`), and Delta tables (`delta.py`).
"""

import datetime as dt
from collections.abc import Sequence

import duckdb

from ..engine.staging import KEPT, REJECTED
from ..errors import BreachError
from .batch import Batch, Receipt, Target
from .record import enter, record_of
from .shown import show
from .transaction import transaction


def next_publication(connection: duckdb.DuckDBPyConnection) -> int:
    """Return a new, unique publication number."""
    ((number,),) = connection.execute("select nextval('quality.publication')").fetchall()
    return int(number)


def commit(connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> None:
    """Replace the batches, all or none. Rows come from tables that are staged: nobody else can write into the file.

    Raises:
        BreachError: the table in the warehouse and the contract have different columns. Nothing was changed.
    """
    days = [batch.day for batch in batches]
    with transaction(connection):
        _replace_rows(connection, target, days, publication)
        connection.execute("delete from quality.quarantine where asset = ? and batch_date in (select unnest(?::date[]))", [target.asset, days])
        connection.execute(f"insert into quality.quarantine select ?, * from {REJECTED}", [target.asset])
        enter(connection, record_of(connection, target, batches, receipt, publication))


def _replace_rows(connection: duckdb.DuckDBPyConnection, target: Target, days: Sequence[dt.date], publication: int) -> None:
    table = f'{target.layer}."{target.name}"'
    exists = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    is_new = not connection.execute(exists, [target.layer, target.name]).fetchall()
    if is_new:
        connection.execute(f"create schema if not exists {target.layer}")
        connection.execute(f"create table {table} as from {KEPT} limit 0")
        connection.execute("delete from quality.tables where asset = ?", [target.asset])
        connection.execute("insert into quality.tables values (?, ?)", [target.asset, publication])
    else:
        check_columns(connection, target)
    connection.execute(f"delete from {table} where batch_date in (select unnest(?::date[]))", [days])
    connection.execute(f"insert into {table} by name from {KEPT}")
    show(connection, target.layer, target.name, target.contract.history())


def check_columns(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    """Check that a table has the columns of the rows that are to be published in it.

    Raises:
        BreachError: it has others.
    """
    if differing := _columns(connection, f'{target.layer}."{target.name}"') ^ _columns(connection, KEPT):
        raise BreachError(
            f"the warehouse's table has other columns than its contract: {sorted(differing)}. "
            f"Drop {target.asset} in the warehouse, or move the folder of its Delta table away, and materialize its batches again."
        )


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> set[tuple[str, str]]:
    """Return name and type of each column. The engine's list of all columns would take ten times as long."""
    return {(name, kind) for name, kind, *_ in connection.execute(f"describe {relation}").fetchall()}
