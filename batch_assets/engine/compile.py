"""A table's expression as DuckDB takes it: SQL over the names of what it reads, and the types of its columns."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import ibis

from ..table.table import Table
from .ibis_private import has_rows_in_memory, type_name


@dataclass(frozen=True)
class Compiled:
    """An expression over tables that are known by their names.

    Attributes:
        sql: a query, in DuckDB's SQL.
        types: DuckDB's types of its columns, by name.
        in_memory: whether it also reads rows that are in this process's memory alone.
    """

    sql: str
    types: dict[str, str]
    in_memory: bool


@cache
def compiled(table: Table) -> Compiled:
    """Compile the expression of a table that has one."""
    expression = table.expression
    assert expression is not None, table.asset
    types = {name: type_name(kind) for name, kind in expression.schema().items()}
    sql: Any = ibis.duckdb.compile(expression)
    return Compiled(str(sql), types, has_rows_in_memory(expression))
