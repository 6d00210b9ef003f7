"""Receipts: what each published batch was made from, as rows of its publication's record.

A receipt names the days that were read of each upstream, and the hash of their contents together. Which publication of each
of these days was in force is in the ledger, so a look-back over a year takes one row, and not hundreds. Of raw files it has
the hash of each, and of a model's batch the version and the hash of its files.

Belongs here: what receipts say. Does not belong here: reading them (`trace.py`).
"""

from collections.abc import Mapping, Sequence

import duckdb

from ..engine.staging import KEPT
from ..partitions import window
from ..table.model import FILES, VERSION
from .batch import Receipt, Target

MODELS = "models"
"""The layer whose rows name versions."""


def receipts_of(target: Target, receipt: Receipt, publication: int) -> Sequence[Mapping[str, object]]:
    """Return a row for each batch and table that it was made from."""
    return [
        {
            "publication": publication,
            "asset": target.asset,
            "batch_date": day,
            "upstream": upstream.asset,
            "first_day": window(day, upstream.look_back)[0],
            "last_day": day,
            "content": inputs[upstream.asset],
        }
        for day, inputs in receipt.inputs.items()
        for upstream in receipt.upstreams
    ]


def raw_files_of(receipt: Receipt, publication: int) -> Sequence[Mapping[str, object]]:
    """Return a row for each raw file that was read."""
    return [
        {"publication": publication, "batch_date": reading.day, "source": reading.source, "file": file.name, "hash": file.version, "bytes": file.size}
        for reading in receipt.readings
        for file in reading.files
    ]


def models_of(connection: duckdb.DuckDBPyConnection, target: Target, publication: int) -> Sequence[Mapping[str, object]]:
    """Return a row for each batch of a model that is staged, with the version in force and the hash of its files."""
    if target.layer != MODELS or VERSION not in target.contract.columns():
        return []
    files = FILES if FILES in target.contract.columns() else "null"
    rows = connection.execute(f"select distinct batch_date, {VERSION}, {files}::varchar from {KEPT} order by batch_date").fetchall()
    return [{"publication": publication, "asset": target.asset, "batch_date": day, "version": version, "files": its} for day, version, its in rows]
