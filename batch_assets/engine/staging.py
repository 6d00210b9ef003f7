"""The temporary tables between reading and publishing, and how rows get into them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
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


def make(con: Backend, table: str, rows: Query) -> None:
    """Make a query's rows a temporary table, whose columns have the query's types."""
    types = ", ".join(f'"{name}" {kind}' for name, kind in rows.types.items())
    con.con.execute(f"create or replace temp table {table} ({types})")
    con.con.execute(f"insert into {table} {rows.sql}")


def schema_of(con: Backend, relation: str) -> ibis.Schema:
    """Return the columns of a table or view. The engine tells them as Arrow types in a tenth of the time that Ibis takes to read their names."""
    return ibis.Schema.from_pyarrow(con.con.execute(f"from {relation} limit 0").to_arrow_table().schema)


def relation(con: Backend, name: str, schema: ibis.Schema, layer: str | None = None) -> ir.Table:
    """Return a table whose columns are known, as Ibis sees it."""
    return ops.DatabaseTable(name=name, schema=schema, source=con, namespace=ops.Namespace(database=layer)).to_expr()
