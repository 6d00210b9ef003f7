"""The DuckDB engine: computes the rows of a table's batches into temporary tables on the warehouse's own connection.

Belongs here: how an expression and a map are run by DuckDB. Does not belong here: what is alike on every engine (`making.py`, `scoring.py`).
"""

import datetime as dt
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import cast

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..table.table import Table
from .compile import compiled
from .ibis_private import register_rows_in_memory
from .making import Engine, known_relations, of_days
from .parts import parts
from .quoting import typed
from .scoring import by_models, call, whole_groups
from .staging import Query

SCORED_AT_ONCE = 1 << 13
"""The number of rows that a map receives per call; of one whose rows belong together, about so many."""


class DuckDB(Engine):
    """Computes rows on one connection to the warehouse."""

    def _query(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Return the query of an expression, over views filtered to the days it may see."""
        expression = compiled(table)
        self._show_known(self.con, table, days)
        if expression.in_memory:
            register_rows_in_memory(self.con, cast(ir.Table, table.expression))
        return Query(of_days(expression.sql, days), expression.types)

    def _show_known(self, con: Backend, table: Table, days: Sequence[dt.date]) -> None:
        """Create a view of each upstream of an expression, under the name used in the expression."""
        for name, relation in known_relations(con, table, days):
            con.con.execute(f'create or replace temp view "{name}" as from {relation}')

    def _scored(self, table: Table, days: Sequence[dt.date]) -> Iterator[pa.RecordBatch]:
        """Yield the scored rows of a map, batch by batch, on one thread per CPU."""
        expression, reader = compiled(table), self.reader()
        self._show_known(reader, table, days)
        if expression.in_memory:
            register_rows_in_memory(reader, cast(ir.Table, table.expression))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for its_days, models in by_models(reader, table, days, self.models):
                order = f" order by {', '.join(table.together)}" if table.together else ""
                for part in parts(reader, table, its_days):
                    query = f"select {typed(expression.types)} from ({of_days(expression.sql, its_days)}) where {part}{order}"
                    rows = reader.con.execute(query).to_arrow_reader(SCORED_AT_ONCE)
                    yield from _in_order(pool, partial(call, table, models), whole_groups(rows, table.together) if table.together else rows)


def _in_order(pool: ThreadPoolExecutor, function: Callable[[pa.RecordBatch], pa.RecordBatch], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the function's result for each batch, in order; the number of batches in memory is bounded by the number of threads."""
    under_way: deque[Future[pa.RecordBatch]] = deque()
    for batch in batches:
        under_way.append(pool.submit(function, batch))
        if len(under_way) > (os.cpu_count() or 1):
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
