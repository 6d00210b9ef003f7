"""A table's expression as the engine takes it: SQL over the names of what it reads, the types of its columns, and their lineage."""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.sql.datatypes import DuckDBType

from ..table.lineage import Column, column_lineage


@dataclass(frozen=True)
class Compiled:
    """An expression over tables that are known by their names.

    Attributes:
        sql: a query, in DuckDB's SQL.
        types: DuckDB's types of its columns, by name.
        lineage: the columns that each column is computed from.
        in_memory: whether it also reads rows that are in this process's memory alone.
    """

    sql: str
    types: dict[str, str]
    lineage: dict[str, list[Column]]
    in_memory: bool = False


def compile_expression(expression: ir.Table) -> Compiled:
    """Compile an expression over unbound tables."""
    types = {name: DuckDBType.to_string(kind) for name, kind in expression.schema().items()}
    sql: Any = ibis.duckdb.compile(expression)
    return Compiled(str(sql), types, column_lineage(expression), bool(expression.op().find(ops.InMemoryTable)))
