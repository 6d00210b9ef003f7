"""A table's expression, compiled for Spark: SQL over the names of its upstreams. What Spark might make otherwise than DuckDB is refused."""

from functools import cache

import ibis.expr.types as ir

from ...errors import DefinitionError
from ...table.table import Table
from .alike import ALIKE
from .ibis_private import operations, to_sql


@cache
def compiled(table: Table) -> str:
    """Compile a table's expression, of which all is known to be alike on both engines; the table must not be a generator.

    Raises:
        DefinitionError: it has something of which that is not known.
    """
    expression = table.expression
    assert expression is not None, table.asset
    try:
        return sql_of(expression)
    except DefinitionError as error:
        raise DefinitionError(
            f"{table.asset}: cannot be made on Spark, since its expression {error}. Say it in another way, or make the table on DuckDB (setting engine)."
        ) from None


def sql_of(expression: ir.Table) -> str:
    """Return Spark's SQL of an expression.

    Raises:
        DefinitionError: it has an operation of which it was not shown that both engines do the same.
    """
    if unknown := sorted(operations(expression) - ALIKE):
        raise DefinitionError(f"uses {', '.join(unknown)} of Ibis, of which it was not shown that Spark does what DuckDB does")
    return to_sql(expression)
