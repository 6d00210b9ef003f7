"""The temporary tables between reading and publishing, and how Arrow batches get into them."""

from collections.abc import Iterator

import pyarrow as pa
from ibis.backends.duckdb import Backend

STAGED = "_staged"
"""The rows that a table's function made, kept and rejected."""
RAW = "_raw"
"""The rows of a raw source, as text."""
KEPT = "_kept"
"""The rows of `STAGED` that are accepted."""
REJECTED = "_rejected"
"""What goes to the quarantine."""
REJECT = "reject_reason"
"""The column of `STAGED` that says why a row is not accepted; null if it is."""

REJECTED_SCHEMA = pa.schema(
    [
        ("batch_date", pa.date32()),
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        ("reason", pa.string()),
        ("raw", pa.string()),
    ]
)


def load(con: Backend, table: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Stream Arrow batches into a temporary table, a batch at a time.

    Raises:
        Exception: what `batches` raised, itself, and not the engine's account of it.
    """
    raised: list[BaseException] = []

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as error:
            raised.append(error)
            raise

    con.con.register("_arriving", pa.RecordBatchReader.from_batches(schema, watched()))
    try:
        con.con.execute(f"create or replace temp table {table} as from _arriving")
    except BaseException as error:
        raise (raised[0] if raised else error) from None
    finally:
        con.con.unregister("_arriving")
