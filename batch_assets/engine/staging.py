"""The temporary tables between making rows and publishing them, and how rows get into them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

STAGED = "_staged"
"""The rows that a table's function made, kept and rejected."""
DAYS = "_days"
"""The batch days that are asked for."""
RAW = "_raw"
"""The rows of a raw source, as text."""
KEPT = "_kept"
"""The rows of `STAGED` that are accepted."""
REJECTED = "_rejected"
"""What goes to the quarantine."""
ALONE = "_alone"
"""The accepted rows of one day's batch that was made alone, beside a range in which it is made too."""
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


@dataclass(frozen=True)
class Query:
    """Rows that the engine makes: a query, and the types of its columns by name, in the query's order."""

    sql: str
    types: Mapping[str, str]


def stage(con: Backend, schema: pa.Schema, rows: Query | Iterator[pa.RecordBatch], *, raw_rows: bool) -> None:
    """Make rows `STAGED`, those of them that are accepted `KEPT`, and add the others to `REJECTED`.

    Args:
        con: the warehouse.
        schema: columns of batches that come from Python.
        rows: the rows; if they have a column `REJECT`, it says why one is not accepted.
        raw_rows: whether they are made from `RAW`. A rejected one is then kept verbatim, beside the lines that were refused
            before; else as it was made.
    """
    if isinstance(rows, Query):
        _make(con, STAGED, rows)
    else:
        load(con, STAGED, schema, rows)
    if REJECT not in schema_of(con, STAGED):
        con.con.execute(f"alter table {STAGED} add column {REJECT} varchar")
    con.con.execute(f"create or replace temp view {KEPT} as select * exclude ({REJECT}) from {STAGED} where {REJECT} is null")
    if raw_rows:
        con.con.execute(f"""
            insert into {REJECTED} select batch_date, source_file, source_line, s.{REJECT}, to_json(r)
            from {STAGED} s join {RAW} r using (batch_date, source_file, source_line) where s.{REJECT} is not null""")
    else:
        con.con.execute(f"""
            create or replace temp table {REJECTED} as
            select batch_date, null::varchar as source_file, null::bigint as source_line, {REJECT} as reason, to_json(s) as raw
            from {STAGED} s where {REJECT} is not null""")


def stage_alone(con: Backend, schema: pa.Schema, rows: Query | Iterator[pa.RecordBatch]) -> None:
    """Make rows `ALONE`, those of them that are accepted; what `stage` made stays as it is."""
    if isinstance(rows, Query):
        _make(con, ALONE, rows)
    else:
        load(con, ALONE, schema, rows)
    if REJECT in schema_of(con, ALONE):
        con.con.execute(f"delete from {ALONE} where {REJECT} is not null; alter table {ALONE} drop column {REJECT}")


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


def _make(con: Backend, table: str, rows: Query) -> None:
    """Make a query's rows a temporary table, whose columns have the query's types."""
    types = ", ".join(f'"{name}" {kind}' for name, kind in rows.types.items())
    con.con.execute(f"create or replace temp table {table} ({types})")
    con.con.execute(f"insert into {table} {rows.sql}")


def schema_of(con: Backend, relation: str) -> ibis.Schema:
    """Return the columns of a table or view. The engine tells them as Arrow types in a tenth of the time that Ibis takes to read their names."""
    return ibis.Schema.from_pyarrow(con.con.execute(f"from {relation} limit 0").to_arrow_table().schema)
