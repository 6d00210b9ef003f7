"""A table's expression, compiled for DuckDB: SQL over the names of its upstreams, and the types of its columns.

Compiling takes longer than building the expression, so the SQL is remembered from one process to the next, by the expression itself: whatever
an expression is made from, a data file, a clock or the time zone database, another expression has other SQL.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import ibis.expr.types as ir

from ..table.remembered import remembered
from ..table.table import Table
from .ibis_private import has_rows_in_memory, to_sql, type_name, written


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
    in_memory = has_rows_in_memory(expression)
    sql = to_sql(expression) if in_memory else _sql_of(expression, table.layers.package.split(".")[0])
    return Compiled(sql, types, in_memory)


def _sql_of(expression: ir.Table, package: str) -> str:
    """Return an expression's SQL, remembered if all of the expression can be written."""
    whole = written(expression)
    if whole is None:
        return to_sql(expression)
    return str(remembered(f"SQL of {sha256(whole).hexdigest()}", package, lambda: to_sql(expression), may_be_kept=lambda: True))
