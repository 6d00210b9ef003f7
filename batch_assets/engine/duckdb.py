"""The DuckDB engine: computes the rows of a table's batches into temporary tables on the warehouse's own connection.

Tables are filtered to the days a function may see before it gets them, and rows of days that were not requested are
dropped. Belongs here: how each of a table's three forms is run. Does not belong here: reading raw files (`reading.py`), or
what happens to the rows (`warehouse/`).
"""

import datetime as dt
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _
from ibis.backends.duckdb import Backend

from ..table.contract import PRIVATE
from ..table.model import FILES, ModelStore, Version
from ..table.table import ROWS, Table
from .compile import compiled
from .ibis_private import backend_of, known_table, register_rows_in_memory
from .reading import Reading, read_lake
from .staging import DAYS, RAW, Query, stage, stage_alone

SCORED_AT_ONCE = 1 << 13
"""The number of rows that a map receives per call; of one whose rows belong together, about so many."""


class DuckDB:
    """Computes rows on one connection to the warehouse."""

    def __init__(self, con: Backend, lake: Path, models: ModelStore) -> None:
        """Take the inputs: a connection to the warehouse, the lake's folder, and the store of models."""
        self._con, self._lake, self._models = con, lake, models

    def stage(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """Compute the rows of a table's batches, kept and rejected, into the tables of `staging.py`; return what was read from the lake.

        Raises:
            BatchError: a raw file or a model's files are missing or corrupt.
        """
        readings = read_lake(self._con, table.source, self._lake, days) if table.source else []
        stage(self._con, table.contract.arrow_schema(), self._rows(table, days), raw_rows=table.source is not None)
        return readings

    def stage_alone(self, table: Table, day: dt.date) -> None:
        """Make the rows of one of the days that were staged again, by itself, in `ALONE` of `staging.py`. The lake is not read again."""
        stage_alone(self._con, table.contract.arrow_schema(), self._rows(table, [day]))

    def _rows(self, table: Table, days: Sequence[dt.date]) -> Query | Iterator[pa.RecordBatch]:
        """Return the rows of a table's batches, in the table's form."""
        return self._made(table, days) if table.is_generator else self._scored(table, days) if table.is_map else self._query(table, days)

    def _query(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Return the query of an expression, over views filtered to the days it may see."""
        expression = compiled(table)
        self._show_known(self._con, table, days)
        if expression.in_memory:
            register_rows_in_memory(self._con, cast(ir.Table, table.expression))
        return Query(_of_days(expression.sql, days), expression.types)

    def _show_known(self, con: Backend, table: Table, days: Sequence[dt.date]) -> None:
        """Create a view of each upstream of an expression, under the name used in the expression."""
        for name, upstream in zip(table.tables, table.upstreams, strict=True):
            first, last = upstream.known(days)
            _view(con, name, f"{table.layers.layer_of(name)}.\"{name}\" where batch_date between date '{first}' and date '{last}'")
        if table.source:
            _view(con, table.source.name, f"{RAW} where batch_date between date '{days[0]}' and date '{days[-1]}'")
        if "days" in table.parameters:
            _ask(con, days)
            _view(con, "days", DAYS)

    def _made(self, table: Table, days: Sequence[dt.date]) -> Iterator[pa.RecordBatch]:
        """Return the rows that a generator yields from tables filtered to the days it may see."""
        reader = self._reader()
        known: dict[str, Any] = {
            name: published(reader, table, name).filter(_.batch_date.between(*upstream.known(days)))
            for name, upstream in zip(table.tables, table.upstreams, strict=True)
        }
        if "artifacts" in table.parameters:
            known = {name: without_private(table, name, rows) for name, rows in known.items()}
        provided: dict[str, Callable[[], Any]] = {
            "days": lambda: _ask(reader, days),
            "ledger": lambda: _ledger(reader, table, days),
            "artifacts": lambda: self._models,
        }
        known |= {name: given() for name, given in provided.items() if name in table.parameters}
        return cast(Iterator[pa.RecordBatch], table.function(**known))

    def _scored(self, table: Table, days: Sequence[dt.date]) -> Iterator[pa.RecordBatch]:
        """Yield the scored rows of a map, batch by batch, on one thread per CPU."""
        expression, reader = compiled(table), self._reader()
        self._show_known(reader, table, days)
        if expression.in_memory:
            register_rows_in_memory(reader, cast(ir.Table, table.expression))
        in_force = {name: _in_force(reader, table, name, days) for name in table.models}

        def models_of(day: dt.date) -> list[tuple[str, str]]:
            rows = [in_force[name][day] for name in table.models]
            return [(row["version"], row.get(FILES) or "") for row in rows]

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for versions, alike in groupby(sorted(days, key=models_of), key=models_of):
                its_days = list(alike)
                models = {
                    name: Version(name, version, in_force[name][its_days[0]], self._models.all(name, version, files or None), files or None)
                    for name, (version, files) in zip(table.models, versions, strict=True)
                }
                typed = ", ".join(f'"{column}"::{kind} as "{column}"' for column, kind in expression.types.items())
                order = f" order by {', '.join(table.together)}" if table.together else ""
                rows = reader.con.execute(f"select {typed} from ({_of_days(expression.sql, its_days)}){order}").to_arrow_reader(SCORED_AT_ONCE)
                yield from _in_order(pool, partial(_call, table, models), _whole_groups(rows, table.together) if table.together else rows)

    def _reader(self) -> Backend:
        """Return a second connection to the same warehouse, to read from while the first one takes in the rows."""
        return backend_of(self._con.con.cursor())


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


def _in_force(con: Backend, table: Table, model: str, days: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """Return the row of a model's table for each day."""
    query = f'select * from {table.layers.layer_of(model)}."{model}" where batch_date in (select unnest(?::date[]))'
    rows = con.con.execute(query, [list(days)]).to_arrow_table().to_pylist()
    return {row.pop("batch_date"): row for row in rows}


def _call(table: Table, models: dict[str, Version], rows: pa.RecordBatch) -> pa.RecordBatch:
    return cast(pa.RecordBatch, table.function(**{ROWS: rows}, **models))


def _in_order(pool: ThreadPoolExecutor, function: Callable[[pa.RecordBatch], pa.RecordBatch], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the function's result for each batch, in order; the number of batches in memory is bounded by the number of threads."""
    under_way: deque[Future[pa.RecordBatch]] = deque()
    for batch in batches:
        under_way.append(pool.submit(function, batch))
        if len(under_way) > (os.cpu_count() or 1):
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _whole_groups(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Cut ordered rows between groups alone: the last group of each batch waits for the next one."""
    waiting: pa.RecordBatch | None = None
    for batch in batches:
        rows = batch if waiting is None else pa.concat_batches([waiting, batch])
        cut = _begin_of_last_group(rows, columns)
        if cut:
            yield rows.slice(0, cut)
        waiting = rows.slice(cut)
    if waiting is not None and waiting.num_rows:
        yield waiting


def _begin_of_last_group(rows: pa.RecordBatch, columns: Sequence[str]) -> int:
    """Return the number of the first row of the last group."""
    last, first = rows.num_rows - 1, 0
    while first < last:
        middle = (first + last) // 2
        if all(rows[name][middle] == rows[name][rows.num_rows - 1] for name in columns):
            last = middle
        else:
            first = middle + 1
    return max(first, 0)


def _of_days(sql: str, days: Sequence[dt.date]) -> str:
    asked = ", ".join(f"date '{day}'" for day in days)
    return f"select * from ({sql}) where batch_date in ({asked})"


def _ledger(con: Backend, table: Table, days: Sequence[dt.date]) -> ir.Table:
    batches = con.table("batches", database="quality")
    mine = batches.filter(batches.asset.isin([upstream.asset for upstream in table.upstreams]), batches.batch_date <= days[-1])
    return mine.select("asset", "batch_date", "content")


def _ask(con: Backend, days: Sequence[dt.date]) -> ir.Table:
    con.con.execute(f"create or replace temp table {DAYS} as select unnest(?::date[]) as batch_date", [list(days)])
    return known_table(con, DAYS, ibis.schema({"batch_date": "date"}))


def _view(con: Backend, name: str, relation: str) -> None:
    con.con.execute(f'create or replace temp view "{name}" as from {relation}')
