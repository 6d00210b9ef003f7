"""The temporary tables between computing rows and publishing them, and how rows get into them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..table.table import PLACE, REJECT

STAGED = "_staged"
"""The rows that a table's function returned, kept and rejected."""
DAYS = "_days"
"""The requested batch days."""
RAW = "_raw"
"""The rows of a raw source, as text."""
KEPT = "_kept"
"""The rows of `STAGED` that are accepted."""
REJECTED = "_rejected"
"""The rows that go to the quarantine."""
ALONE = "_alone"
"""The accepted rows of one day's batch, computed alone for comparison with the range that it is part of."""

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
    """Rows computed by the engine: a query, and its column types by name, in the query's order."""

    sql: str
    types: Mapping[str, str]


def stage(con: Backend, schema: pa.Schema, rows: Query | Iterator[pa.RecordBatch], *, raw_rows: bool) -> None:
    """Put rows into `STAGED`, expose the accepted ones as `KEPT`, and add the others to `REJECTED`.

    Args:
        con: the warehouse.
        schema: the columns, for batches that come from Python.
        rows: the rows. If they have a column `REJECT`, it holds the reason why a row is rejected.
        raw_rows: whether the rows come from `RAW`. If so, the raw record of a rejected row is kept verbatim, next to the
            lines rejected on reading; if not, the row is kept as the function returned it, with its place if it has one.
    """
    columns = _put(con, STAGED, schema, rows)
    if REJECT not in columns:
        con.con.execute(f"alter table {STAGED} add column {REJECT} varchar")
    con.con.execute(f"create or replace temp view {KEPT} as select * exclude ({REJECT}) from {STAGED} where {REJECT} is null")
    _stage_rejected(con, rejected_of(STAGED, columns), raw_rows=raw_rows)


def rejected_of(relation: str, columns: Collection[str]) -> str:
    """Return the query of the rejected rows of a relation with these columns, kept as the function returned them."""
    file, line = PLACE if set(PLACE) <= set(columns) else ("null", "null")
    return (
        f"select batch_date, {file}::varchar as source_file, {line}::bigint as source_line, {REJECT} as reason, to_json(s) as raw "
        f"from {relation} s where {REJECT} is not null"
    )


def stage_written(con: Backend, kept: str, rejected: str, *, raw_rows: bool) -> None:
    """Expose rows that are in files as `KEPT`, and add those that were rejected to `REJECTED`, as `stage` does.

    Args:
        con: the warehouse.
        kept: the accepted rows, as SQL.
        rejected: what `rejected_of` makes of the others, as SQL.
        raw_rows: whether the rows come from `RAW`.
    """
    con.con.execute(f"create or replace temp view {KEPT} as from {kept}")
    _stage_rejected(con, rejected, raw_rows=raw_rows)


def _stage_rejected(con: Backend, rejected: str, *, raw_rows: bool) -> None:
    """Add rows that `rejected_of` makes to `REJECTED`; what comes from `RAW` with its raw record."""
    if raw_rows:
        con.con.execute(f"""
            insert into {REJECTED} select batch_date, source_file, source_line, s.reason, to_json(r)
            from ({rejected}) s join {RAW} r using (batch_date, source_file, source_line)""")
    else:
        con.con.execute(f"create or replace temp table {REJECTED} as {rejected}")


def stage_alone(con: Backend, schema: pa.Schema, rows: Query | Iterator[pa.RecordBatch]) -> None:
    """Make rows `ALONE`, those of them that are accepted; what `stage` made stays as it is."""
    if REJECT in _put(con, ALONE, schema, rows):
        con.con.execute(f"delete from {ALONE} where {REJECT} is not null; alter table {ALONE} drop column {REJECT}")


def _put(con: Backend, table: str, schema: pa.Schema, rows: Query | Iterator[pa.RecordBatch]) -> set[str]:
    """Put rows into a temporary table; return the names of its columns."""
    if isinstance(rows, Query):
        _make(con, table, rows)
        return set(rows.types)
    load(con, table, schema, rows)
    return set(schema.names)


def load(con: Backend, table: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Stream Arrow batches into a temporary table, one batch at a time.

    Raises:
        Exception: whatever `batches` raised, and not the error that the engine makes of it.
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
    """Run a query into a temporary table whose columns have the query's types."""
    types = ", ".join(f'"{name}" {kind}' for name, kind in rows.types.items())
    con.con.execute(f"create or replace temp table {table} ({types})")
    con.con.execute(f"insert into {table} {rows.sql}")


def schema_of(con: Backend, relation: str) -> ibis.Schema:
    """Return the columns of a table or view. Getting them as Arrow types takes a tenth of the time of asking Ibis."""
    return ibis.Schema.from_pyarrow(con.con.execute(f"from {relation} limit 0").to_arrow_table().schema)
