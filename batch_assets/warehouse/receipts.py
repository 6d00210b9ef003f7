"""Receipts: what each published batch was made from, written in the transaction that publishes it.

A receipt names the days that were read of each upstream, and the hash of their contents together. Which publication of each
of these days was in force is in the ledger, so a look-back over a year takes one row, and not hundreds. Of raw files it has
the hash of each, and of a model's batch the version and the hash of its files.

Belongs here: writing receipts. Does not belong here: reading them (`trace.py`).
"""

from collections.abc import Iterable, Sequence

import duckdb

from ..engine.staging import KEPT
from ..partitions import window
from ..table.model import FILES, VERSION
from .batch import Receipt, Target
from .runs import write_run

MODELS = "models"
"""The layer whose rows name versions."""


def write_receipt(connection: duckdb.DuckDBPyConnection, target: Target, receipt: Receipt, publication: int) -> None:
    """Write what the batches of a publication were made from."""
    insert(
        connection,
        "receipts",
        [
            (publication, target.asset, day, upstream.asset, window(day, upstream.look_back)[0], day, inputs[upstream.asset])
            for day, inputs in receipt.inputs.items()
            for upstream in receipt.upstreams
        ],
    )
    insert(
        connection,
        "raw_files",
        [(publication, reading.day, reading.source, file.name, file.version, file.size) for reading in receipt.readings for file in reading.files],
    )
    if target.layer == MODELS and VERSION in target.contract.columns():
        files = FILES if FILES in target.contract.columns() else "null"
        connection.execute(
            f"insert into quality.models select distinct ?, ?, batch_date, {VERSION}, {files} from {KEPT} order by batch_date", [publication, target.asset]
        )
    write_run(connection, receipt.run_id)


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Iterable[object]], *same: str) -> None:
    """Insert rows in one statement: a statement for each row takes longer than all else that is written of a publication.

    Args:
        connection: the warehouse.
        table: a table of its own, and its columns, if they are in another order.
        rows: the rows.
        same: what all of them have in further columns, as SQL.
    """
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = ", ".join([*("unnest(?)" for _ in columns), *same])
    connection.execute(f"insert into quality.{table} select {values}", columns)
