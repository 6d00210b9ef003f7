"""All uses of Ibis's private API are in this module. `pyproject.toml` pins Ibis to its minor version.

`batch_assets_tests/engine/test_ibis_private.py` shows which of them a new version has broken.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType


def type_name(kind: dt.DataType) -> str:
    """Return a type as DuckDB spells it."""
    return str(DuckDBType.to_string(kind))


def has_rows_in_memory(expression: ir.Table) -> bool:
    """Say whether an expression reads rows that exist only in this process's memory."""
    return bool(expression.op().find(ops.InMemoryTable))


def register_rows_in_memory(con: Backend, expression: ir.Table) -> None:
    """Register the in-memory rows that an expression reads with the engine, under the names used in its SQL."""
    con._run_pre_execute_hooks(expression)


def known_table(con: Backend, name: str, schema: ibis.Schema, layer: str | None = None) -> ir.Table:
    """Return a table with a known schema, without querying the engine for it."""
    return ops.DatabaseTable(name=name, schema=schema, source=con, namespace=ops.Namespace(database=layer)).to_expr()
