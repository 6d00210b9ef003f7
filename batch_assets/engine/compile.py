"""A table's expression, compiled for DuckDB: SQL over the names of its upstreams, and the types of its columns."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import ibis

from ..table.table import Table
from .ibis_private import has_rows_in_memory, type_name


@dataclass(frozen=True)
class Compiled:
    """A compiled expression over named tables.

    Attributes:
        sql: the query, as DuckDB SQL.
        types: the DuckDB types of its columns, by name.
        in_memory: whether it also reads rows that exist only in this process's memory.
    """

    sql: str
    types: dict[str, str]
    in_memory: bool


@cache
def compiled(table: Table) -> Compiled:
    """Compile a table's expression; the table must not be a generator."""
    expression = table.expression
    assert expression is not None, table.asset
    types = {name: type_name(kind) for name, kind in expression.schema().items()}
    sql: Any = ibis.duckdb.compile(expression)
    return Compiled(str(sql), types, has_rows_in_memory(expression))
