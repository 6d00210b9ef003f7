"""Published tables, for those who read them: whole, without what is private, or the first rows of a batch."""

import datetime as dt

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..table.contract import PRIVATE
from ..table.table import Table
from .ibis_private import known_table


def published(con: Backend, table: Table, name: str) -> ir.Table:
    """Return a published table for another to read; its columns come from its contract."""
    return known_table(con, name, table.schema_of(name), table.layers.layer_of(name))


def without_private(table: Table, name: str, rows: ir.Table) -> ir.Table:
    """Return the rows of something that a table reads, without the columns that have personal data."""
    return rows.drop(*table.layers.find(name).contract.private())


def first_rows(con: Backend, table: Table, day: dt.date, count: int) -> pa.Table:
    """Return the first rows of a batch, ordered by its grain; private values are masked."""
    order = ", ".join(f'"{name}"' for name in table.contract.grain())
    masked = ", ".join(f"'{PRIVATE}' as \"{name}\"" for name in table.contract.private())
    columns = f"* exclude (batch_date){f' replace ({masked})' if masked else ''}"
    query = f'select {columns} from {table.layer}."{table.name}" where batch_date = ? order by {order} limit {count}'
    return con.con.execute(query, [day]).to_arrow_table()
