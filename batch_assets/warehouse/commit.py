"""Commit: audited batches replace the previous ones, with their quarantine, ledger and receipt, in one transaction."""

import datetime as dt
import json
import time
from collections.abc import Sequence

import duckdb

from ..engine.staging import KEPT, REJECTED
from ..errors import BreachError
from .batch import Batch, Receipt, Target
from .receipts import insert, write_receipt
from .transaction import transaction

_LEDGER = "publication, asset, batch_date, rows_in, rows_kept, rows_rejected, content, inputs, code, run_id, seconds"


def next_publication(connection: duckdb.DuckDBPyConnection) -> int:
    """Return a new, unique publication number."""
    ((number,),) = connection.execute("select nextval('quality.publication')").fetchall()
    return int(number)


def commit(connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> None:
    """Replace the batches, all or none.

    Raises:
        BreachError: the table in the warehouse and the contract have different columns. Nothing was changed.
    """
    days, rows_in = [batch.day for batch in batches], receipt.rows_in or {}
    seconds = None if receipt.started is None else (time.monotonic() - receipt.started) / len(batches)
    ledger = [
        (
            publication,
            target.asset,
            batch.day,
            rows_in.get(batch.day),
            batch.kept,
            batch.rejected,
            batch.content,
            json.dumps(receipt.inputs[batch.day], sort_keys=True),
            receipt.code,
            receipt.run_id,
            seconds,
        )
        for batch in batches
    ]
    with transaction(connection):
        _replace_rows(connection, target, days, publication)
        connection.execute("delete from quality.quarantine where asset = ? and batch_date in (select unnest(?::date[]))", [target.asset, days])
        connection.execute(f"insert into quality.quarantine select ?, * from {REJECTED}", [target.asset])
        insert(connection, f"ledger ({_LEDGER}, published_at)", ledger, "now()")
        if receipt.parts:
            new_code = "insert into quality.code select $code, $parts where not exists (from quality.code where code = $code)"
            connection.execute(new_code, {"code": receipt.code, "parts": json.dumps(receipt.parts)})
        write_receipt(connection, target, receipt, publication)


def _replace_rows(connection: duckdb.DuckDBPyConnection, target: Target, days: Sequence[dt.date], publication: int) -> None:
    table = f'{target.layer}."{target.name}"'
    exists = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    is_new = not connection.execute(exists, [target.layer, target.name]).fetchall()
    if is_new:
        connection.execute(f"create schema if not exists {target.layer}")
        connection.execute(f"create table {table} as from {KEPT} limit 0")
        connection.execute("delete from quality.tables where asset = ?", [target.asset])
        connection.execute("insert into quality.tables values (?, ?)", [target.asset, publication])
    elif differing := _columns(connection, table) ^ _columns(connection, KEPT):
        raise BreachError(
            f"the warehouse's table has other columns than its contract: {sorted(differing)}. "
            f"Drop {target.asset} in the warehouse and materialize its batches again."
        )
    connection.execute(f"delete from {table} where batch_date in (select unnest(?::date[]))", [days])
    connection.execute(f"insert into {table} by name from {KEPT}")
    if key := ", ".join(f'"{name}"' for name in target.contract.history()):
        held = f"from {table} where batch_date <= as_of qualify row_number() over (partition by {key} order by batch_date desc) = 1"
        connection.execute(f'create or replace macro {target.layer}."{target.name}_as_of"(as_of) as table {held}')
    if target.files:
        latest = f"select max(batch_date) from quality.batches where asset = '{target.asset}'"
        connection.execute(f'create or replace view {target.layer}."{target.name}_latest" as from {table} where batch_date = ({latest})')


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> set[tuple[str, str]]:
    """Return name and type of each column. The engine's list of all columns would take ten times as long."""
    return {(name, kind) for name, kind, *_ in connection.execute(f"describe {relation}").fetchall()}
