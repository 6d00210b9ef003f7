"""The record of a publication: the rows of the warehouse's own tables that say what was published, and from what.

Its parts are named as the tables of `schema.py`: a row of `ledger` for each batch, `receipts` and `raw_files` for what it was made from, `models`,
and, unless they are known from before, `code` and `runs`. A store that keeps tables of its own enters them there; one that does not
keeps the record with the rows.

Belongs here: what a publication is recorded as. Does not belong here: where (`commit.py`, `delta.py`).
"""

import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence

import duckdb

from .batch import Batch, Receipt, Target
from .receipts import models_of, raw_files_of, receipts_of
from .runs import run_of

Row = Mapping[str, object]
"""A row by column."""

Record = Mapping[str, Sequence[Row]]
"""Rows by table of the schema `quality`."""

_ONCE = {"code": "code", "runs": "run_id"}
"""Tables of which a row is entered once, by its key."""

_ANEW = {"erasures": "erasure"}
"""Tables of which a row replaces the one before, by its key."""


def record_of(connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> Record:
    """Return the record of batches that were staged and audited."""
    return {
        "ledger": _ledger_of(target, batches, receipt, publication),
        "code": [{"code": receipt.code, "parts": json.dumps(receipt.parts)}] if receipt.parts and not _knows(connection, "code", receipt.code) else [],
        "receipts": receipts_of(target, receipt, publication),
        "raw_files": raw_files_of(receipt, publication),
        "models": models_of(connection, target, publication),
        "runs": [] if _knows(connection, "runs", receipt.run_id) else [run_of(receipt.run_id)],
    }


def enter(connection: duckdb.DuckDBPyConnection, record: Record) -> None:
    """Enter a record into the warehouse's own tables, each part in one statement: one for each row takes longer than all else that is written."""
    for table, rows in record.items():
        if not rows:
            continue
        values = ", ".join(f'unnest(${name}) as "{name}"' for name in rows[0])
        new = f" where {key} not in (select {key} from quality.{table})" if (key := _ONCE.get(table)) else ""
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        if key := _ANEW.get(table):
            connection.execute(f"delete from quality.{table} where {key} in (select unnest(?))", [columns[key]])
        connection.execute(f"insert into quality.{table} by name select * from (select {values}){new}", columns)


def _ledger_of(target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> Sequence[Row]:
    rows_in, now = receipt.rows_in or {}, dt.datetime.now(dt.UTC)
    seconds = None if receipt.started is None else (time.monotonic() - receipt.started) / len(batches)
    return [
        {
            "publication": publication,
            "asset": target.asset,
            "batch_date": batch.day,
            "rows_in": rows_in.get(batch.day),
            "rows_kept": batch.kept,
            "rows_rejected": batch.rejected,
            "content": batch.content,
            "inputs": json.dumps(receipt.inputs[batch.day], sort_keys=True),
            "code": receipt.code,
            "run_id": receipt.run_id,
            "seconds": seconds,
            "published_at": now,
        }
        for batch in batches
    ]


def _knows(connection: duckdb.DuckDBPyConnection, table: str, key: str) -> bool:
    return bool(connection.execute(f"select 1 from quality.{table} where {_ONCE[table]} = ?", [key]).fetchall())
