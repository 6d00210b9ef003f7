"""What every engine does: a table's rows, made in its form from what it may know, become staged rows on the warehouse's connection.

Tables are filtered to the days a function may see before it gets them, and rows of days that were not requested are dropped.
Generators run here, in the process that publishes, whatever the engine. Belongs here: what engines share. Does not belong here: how one of
them runs an expression or a map (`duckdb.py`, `spark/`), reading raw files (`reading.py`), or what happens to the rows (`warehouse/`).
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _
from ibis.backends.duckdb import Backend

from ..table.model import ModelStore
from ..table.table import Table
from .canonical import contents
from .ibis_private import backend_of, known_table
from .open_store import HandedOver
from .open_store import contents as contents_of_files
from .published import published, without_private
from .quoting import among, between
from .reading import Reading, read_lake
from .staging import ALONE, DAYS, KEPT, RAW, Query, schema_of, stage, stage_alone


class Engine(ABC):
    """Computes the rows of a table's batches, beside one connection to the warehouse."""

    handed: HandedOver | None = None
    """What workers tell of the rows which were staged last, if they wrote them into the store; None if they are in a table of `staging.py`."""

    def __init__(self, con: Backend, lake: Path, models: ModelStore) -> None:
        """Take the inputs: a connection to the warehouse, the lake's folder, and the store of models."""
        self.con, self.lake, self.models = con, lake, models

    def stage(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """Compute the rows of a table's batches, kept and rejected, into the tables of `staging.py`; return what was read from the lake.

        Raises:
            BatchError: a raw file or a model's files are missing or corrupt.
        """
        readings = self.read(table, days)
        stage(self.con, table.contract.arrow_schema(), self._rows(table, days), raw_rows=table.source is not None)
        return readings

    def read(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """Read what a table takes from the lake; return what was read."""
        return read_lake(self.con, table.source, self.lake, days) if table.source else []

    def content(self, day: dt.date) -> str | None:
        """Return the content hash of a day's rows that were staged; None if it has none.

        Raises:
            DefinitionError: a column has a type without a canonical text.
        """
        if self.handed:
            found = contents_of_files(schema_of(self.con, KEPT), self.handed.written).get(day)
        else:
            found = contents(self.con, f"{KEPT} where batch_date = '{day}'").get(day)
        return found[1] if found else None

    def content_alone(self, table: Table, day: dt.date) -> str | None:
        """Make the rows of one of the days that were staged again, by itself; return their content hash. The lake is not read again.

        Raises:
            DefinitionError: a column has a type without a canonical text.
        """
        stage_alone(self.con, table.contract.arrow_schema(), self._rows(table, [day]))
        try:
            found = contents(self.con, ALONE).get(day)
        finally:
            self.con.con.execute(f"drop table {ALONE}")
        return found[1] if found else None

    @abstractmethod
    def _query(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Return a query, in DuckDB's SQL, of an expression's rows."""

    @abstractmethod
    def _scored(self, table: Table, days: Sequence[dt.date]) -> Query | Iterator[pa.RecordBatch]:
        """Return the rows that a map makes."""

    def _rows(self, table: Table, days: Sequence[dt.date]) -> Query | Iterator[pa.RecordBatch]:
        """Return the rows of a table's batches, in the table's form."""
        return self._made(table, days) if table.is_generator else self._scored(table, days) if table.is_map else self._query(table, days)

    def _made(self, table: Table, days: Sequence[dt.date]) -> Iterator[pa.RecordBatch]:
        """Return the rows that a generator yields from tables filtered to the days it may see."""
        reader = self.reader()
        known: dict[str, Any] = {
            name: published(reader, table, name).filter(_.batch_date.between(*upstream.known(days)))
            for name, upstream in zip(table.tables, table.upstreams, strict=True)
        }
        if "artifacts" in table.parameters:
            known = {name: without_private(table, name, rows) for name, rows in known.items()}
        provided: dict[str, Callable[[], Any]] = {
            "days": lambda: _ask(reader, days),
            "ledger": lambda: _ledger(reader, table, days),
            "artifacts": lambda: self.models,
        }
        known |= {name: given() for name, given in provided.items() if name in table.parameters}
        return begun(cast(Iterator[pa.RecordBatch], table.function(**known)))

    def reader(self) -> Backend:
        """Return a second connection to the same warehouse, to read from while the first one takes in the rows."""
        return backend_of(self.con.con.cursor())


def begun(rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return rows of which the first are made now.

    A model is trained before its first row, by queries of the same engine: half of its threads would wait for the row meanwhile.
    """
    first = [*islice(rows, 1)]
    return chain(first, rows)


def known_relations(con: Backend, table: Table, days: Sequence[dt.date]) -> Iterator[tuple[str, str]]:
    """Yield the name that an expression has of each thing that it reads, and what it may know of it, as DuckDB's SQL has it after `from`."""
    for name, upstream in zip(table.tables, table.upstreams, strict=True):
        yield name, f'{table.layers.layer_of(name)}."{name}" where {between(*upstream.known(days))}'
    if table.source:
        yield table.source.name, f"{RAW} where {between(days[0], days[-1])}"
    yield from days_alone(con, table, days)


def days_alone(con: Backend, table: Table, days: Sequence[dt.date]) -> Iterator[tuple[str, str]]:
    """Yield as much of the days that were asked for, if an expression reads them."""
    if "days" in table.parameters:
        _ask(con, days)
        yield "days", DAYS


def of_days(sql: str, days: Sequence[dt.date]) -> str:
    """Return the query of a query's rows that are of some days, in the SQL of either engine."""
    return f"select * from ({sql}) where {among(days)}"


def _ledger(con: Backend, table: Table, days: Sequence[dt.date]) -> ir.Table:
    batches = con.table("batches", database="quality")
    mine = batches.filter(batches.asset.isin([upstream.asset for upstream in table.upstreams]), batches.batch_date <= days[-1])
    return mine.select("asset", "batch_date", "content")


def _ask(con: Backend, days: Sequence[dt.date]) -> ir.Table:
    con.con.execute(f"create or replace temp table {DAYS} as select unnest(?::date[]) as batch_date", [list(days)])
    return known_table(con, DAYS, ibis.schema({"batch_date": "date"}))
