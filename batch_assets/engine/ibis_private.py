"""The parts of Ibis that it does not promise to keep; nothing else here uses any. `pyproject.toml` pins Ibis to its minor version.

`batch_assets_tests/engine/test_ibis_private.py` says which of them a new version has broken.
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
    """Say whether an expression reads rows that are in this process's memory alone."""
    return bool(expression.op().find(ops.InMemoryTable))


def register_rows_in_memory(con: Backend, expression: ir.Table) -> None:
    """Let the engine see the rows in memory that an expression reads, by the names that its SQL has for them."""
    con._run_pre_execute_hooks(expression)


def known_table(con: Backend, name: str, schema: ibis.Schema, layer: str | None = None) -> ir.Table:
    """Return a table whose columns are known, without asking the engine for them."""
    return ops.DatabaseTable(name=name, schema=schema, source=con, namespace=ops.Namespace(database=layer)).to_expr()
